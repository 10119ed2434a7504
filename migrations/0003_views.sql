-- The questions of the README.

create view nowd.runs as
select r.run, r.job, r.kind, r.state, r.reason, r.scheduled_at, r.dispatched_at, r.ended_at, r.attempt, r.duration,
       r.dispatched_at - r.due_at as late, r.verdict, r.model_calls, r.tool_calls, r.input_tokens, r.output_tokens, r.detail
from nowd.run r;
comment on view nowd.runs is 'Runs, readable. Newest first: select * from nowd.runs order by run desc limit 20.';

create view nowd.run_clocks as
select r.run, r.job, r.kind, r.state, r.scheduled_at, r.dispatched_at,
       first_call.sent_at as inferred_at, first_call.injected_now, stated.model_as_of, effect.started_at as effect_at,
       r.dispatched_at - r.scheduled_at as dispatch_lag,
       first_call.sent_at - r.scheduled_at as inference_lag,
       effect.started_at - r.scheduled_at as effect_lag,
       data.oldest as data_oldest, data.newest as data_newest, r.verdict, r.verdicts
from nowd.run r
left join lateral (select i.sent_at, i.injected_now from nowd.inference i where i.run = r.run and i.injected_now is not null order by i.seq limit 1) first_call on true
left join lateral (select i.model_as_of from nowd.inference i where i.run = r.run and i.model_as_of is not null order by i.seq desc limit 1) stated on true
left join lateral (select min(t.started_at) as started_at from nowd.tool_call t where t.run = r.run and t.effect <> 'read') effect on true
left join lateral (select min(t.data_oldest) as oldest, max(t.data_newest) as newest from nowd.tool_call t where t.run = r.run) data on true;
comment on view nowd.run_clocks is 'One row per run with its four clocks side by side (scheduled, dispatch, inference, tool), data time, their distances from scheduled_at, and the verdict.';

create view nowd.upcoming as
select o.job, o.scheduled_at, o.slot as local_time, o.zone, o.due_at, o.slot_kind, o.state
from nowd.occurrence o where o.state = 'planned'
union all
select c.job, c.next_at, c.next_local, c.zone, c.next_at, 'plain', 'not yet planned'
from nowd.job_cursor c join nowd.job j using (job)
where c.next_at is not null and j.state = 'active';
comment on view nowd.upcoming is 'What comes next: occurrences already planned, and the first one beyond for each job.';

create view nowd.occurrence_fate as
select o.job, o.scheduled_at, o.scheduled_at as until_at, 1::bigint as count, o.kind, o.state, o.reason, o.due_at, o.attempts,
       r.run, r.state as run_state, r.dispatched_at, r.ended_at, r.verdict, o.coalesced_into, o.judged_at
from nowd.occurrence o
left join lateral (select * from nowd.run r where r.job = o.job and r.scheduled_at = o.scheduled_at and r.request is null
                   order by r.attempt desc limit 1) r on true
union all
select g.job, g.first_at, g.last_at, g.count, 'scheduled', g.state, g.reason, g.first_at, 0,
       null, null, null, null, null, null, g.recorded_at
from nowd.occurrence_range g;
comment on view nowd.occurrence_fate is 'What became of every occurrence, and why. A row with count > 1 stands for a run of them, from scheduled_at to until_at.';

create view nowd.jobs as
select j.job, case when j.state = 'active' and not v.spec -> 'schedule' ? 'manual' and next.at is null then 'finished' else j.state end as state,
       v.schedule, next.at as next_at, last.run as last_run, last.state as last_state, last.scheduled_at as last_scheduled_at,
       last.verdict as last_verdict, j.paused_reason, v.source
from nowd.job j
join nowd.job_revision v using (job, revision)
left join lateral (select min(u.scheduled_at) as at from nowd.upcoming u where u.job = j.job) next on true
left join lateral (select r.run, r.state, r.scheduled_at, r.verdict from nowd.run r where r.job = j.job order by r.run desc limit 1) last on true;
comment on view nowd.jobs is 'Jobs with their schedule, next occurrence and last run. State: active, finished (its schedule is over), retired.';
create index run_of_job on nowd.run (job, run);

create view nowd.effects_in_doubt as
select t.run, t.seq, r.job, r.scheduled_at, t.tool, t.effect, t.state, t.arguments, t.idempotency_key, t.intent_at, t.error
from nowd.tool_call t join nowd.run r using (run)
where t.effect <> 'read' and t.state in ('intent', 'unknown');
comment on view nowd.effects_in_doubt is 'Effects that may or may not have happened: nowd does not repeat them, a person looks.';
create index tool_call_in_doubt on nowd.tool_call (run) where effect <> 'read' and state in ('intent', 'unknown');

create view nowd.job_standing as
select j.job, j.revision,
       exists (select from nowd.run r where r.job = j.job and r.state in ('running', 'suspended', 'committing')) as busy,
       last.window_end as succeeded_through, last.ended_at as succeeded_at
from nowd.job j
left join lateral (select r.window_end, r.ended_at from nowd.run r where r.job = j.job and r.state = 'succeeded' and r.kind <> 'backfill'
                   order by r.window_end desc limit 1) last on true
where j.state <> 'retired' and j.paused_at is null;
comment on view nowd.job_standing is 'What a claim needs to know of a job: whether a run of it is live, and how far its successful runs reach. Retired and paused jobs are absent.';
