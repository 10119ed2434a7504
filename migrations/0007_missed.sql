-- Missed and overlapping occurrences: catch-ups, ranges that were coalesced, lanes, buffers.

alter table nowd.occurrence add column buffered boolean not null default false;
comment on column nowd.occurrence.buffered is 'It fell due while the lane of its job was busy, and waits for it.';
drop index nowd.occurrence_due;
create index occurrence_due on nowd.occurrence (due_at) where state = 'planned' and kind = 'scheduled' and not buffered;
create index occurrence_waiting on nowd.occurrence (due_at) where state = 'planned' and (kind <> 'scheduled' or buffered);
create index occurrence_planned on nowd.occurrence (job, due_at) where state = 'planned';
alter table nowd.occurrence drop constraint occurrence_reason_known;
alter table nowd.occurrence add constraint occurrence_reason_known
  check (reason in ('down', 'suspended', 'clock_jump', 'window', 'cutoff', 'frozen', 'paused', 'overlap', 'limit', 'nothing_to_do', 'crash_loop', 'rescheduled', 'retired', 'asked'));

alter table nowd.occurrence_range
  add column coalesced_into timestamptz,
  drop constraint occurrence_range_state_known,
  drop constraint occurrence_range_reason_known,
  alter column reason drop not null;
alter table nowd.occurrence_range
  add constraint occurrence_range_state_known check (state in ('missed', 'skipped', 'coalesced')),
  add constraint occurrence_range_reason_known check (reason in ('down', 'suspended', 'clock_jump', 'window', 'cutoff', 'frozen', 'paused', 'limit')),
  add constraint occurrence_range_no_run_says_why check (state = 'coalesced' or reason is not null),
  add constraint occurrence_range_coalesced_into_exactly_when check ((state = 'coalesced') = (coalesced_into is not null));
comment on column nowd.occurrence_range.state          is 'missed, skipped or coalesced, as in occurrence.';
comment on column nowd.occurrence_range.coalesced_into is 'The later occurrence that served them all.';

-- Runs of one lane are never at once.
alter table nowd.job add column lane text;
update nowd.job set lane = 'job ' || job;
comment on column nowd.job.lane is 'Whose runs are never at once: the job''s own, or its concurrency_key''s; null = its runs may overlap.';
alter table nowd.run add column lane text;
update nowd.run set lane = 'job ' || job where state in ('running', 'suspended', 'committing');
comment on column nowd.run.lane is 'The job''s lane when the run was started.';
drop index nowd.run_one_live_per_job;
create unique index run_one_live_per_lane on nowd.run (lane) where state in ('running', 'suspended', 'committing');
create index run_live_of_job on nowd.run (job) where state in ('running', 'suspended', 'committing');

drop view nowd.job_standing;
create view nowd.job_standing as
select j.job, j.revision, j.lane, j.paused_at is not null as paused,
       exists (select from nowd.run r where r.lane = j.lane and r.state in ('running', 'suspended', 'committing')) as busy,
       last.window_end as succeeded_through, last.ended_at as succeeded_at
from nowd.job j
left join lateral (select r.window_end, r.ended_at from nowd.run r
                   where r.job = j.job and r.state = 'succeeded' and r.kind <> 'backfill' and not r.dry_run
                   order by r.window_end desc limit 1) last on true
where j.state <> 'retired';
comment on view nowd.job_standing is 'What a claim needs to know of a job: its lane and whether a run in it is live, whether it is paused, and how far its successful runs reach. Retired jobs are absent.';

-- The run of an occurrence is its newest attempt, looked up column by column: where nobody asks for runs, none is read.
create or replace view nowd.occurrence_fate as
select o.job, o.scheduled_at, o.scheduled_at as until_at, 1::bigint as count, o.kind, o.state, o.reason, o.due_at, o.attempts,
       (select r.run from nowd.run r where r.job = o.job and r.scheduled_at = o.scheduled_at and r.attempt = o.attempts and coalesce(r.request, 0) = 0) as run,
       (select r.state from nowd.run r where r.job = o.job and r.scheduled_at = o.scheduled_at and r.attempt = o.attempts and coalesce(r.request, 0) = 0) as run_state,
       (select r.dispatched_at from nowd.run r where r.job = o.job and r.scheduled_at = o.scheduled_at and r.attempt = o.attempts and coalesce(r.request, 0) = 0) as dispatched_at,
       (select r.ended_at from nowd.run r where r.job = o.job and r.scheduled_at = o.scheduled_at and r.attempt = o.attempts and coalesce(r.request, 0) = 0) as ended_at,
       (select r.verdict from nowd.run r where r.job = o.job and r.scheduled_at = o.scheduled_at and r.attempt = o.attempts and coalesce(r.request, 0) = 0) as verdict,
       o.coalesced_into, o.judged_at
from nowd.occurrence o
union all
select g.job, g.first_at, g.last_at, g.count, 'scheduled'::text, g.state, g.reason, g.first_at, 0,
       null::bigint, null::text, null::timestamptz, null::timestamptz, null::text, g.coalesced_into, g.recorded_at
from nowd.occurrence_range g;
