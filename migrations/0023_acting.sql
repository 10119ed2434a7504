-- People act on time, once more: a pause holds what is asked for, too; a run for another moment keeps quiet unless it is
-- told otherwise; a skip can be undone, a waiting request cancelled; and verify accuses no honest run.

alter table nowd.request
  add column if not exists even_if_paused  boolean not null default false,
  add column if not exists deliver         boolean not null default true,
  add column if not exists start_followers boolean not null default true;
comment on column nowd.request.even_if_paused  is 'It runs although its job is paused.';
comment on column nowd.request.deliver         is 'Whether its run delivers its output and pings the heartbeat.';
comment on column nowd.request.start_followers is 'Whether the success of its run starts the jobs that are after its job.';

alter table nowd.occurrence
  add column if not exists deliver         boolean,
  add column if not exists start_followers boolean;
comment on column nowd.occurrence.deliver         is 'Whether its runs deliver their output and ping the heartbeat; null = as usual for its kind: all but a backfill do.';
comment on column nowd.occurrence.start_followers is 'Whether the success of its run starts the jobs that are after its job; null = as usual for its kind: all but a backfill''s does.';

-- Asking for a run.
drop function nowd.run(text, timestamptz, boolean, jsonb, boolean);
create function nowd.run(job text, as_of timestamptz default null, effects boolean default null, input jsonb default null,
                         dry_run boolean default false, even_if_paused boolean default false, deliver boolean default null,
                         start_followers boolean default null) returns bigint
language plpgsql security definer set search_path = pg_catalog, nowd, pg_temp as $$
declare
  asked_at constant timestamptz := clock_timestamp();
  known nowd.job;
  made bigint;
begin
  select j.* into known from nowd.job j where j.job = run.job;
  if not found then
    raise exception 'job %: no such job in this ledger', run.job
      using hint = 'select job from nowd.job lists them; a new file is read on SIGHUP or restart', errcode = 'no_data_found';
  elsif known.state = 'retired' then
    raise exception 'job %: retired, it left the job files', run.job
      using hint = 'put its file back and reload nowd', errcode = 'object_not_in_prerequisite_state';
  elsif known.paused_at is not null and not coalesce(run.even_if_paused, false) then
    raise exception 'job %: paused by %: %', run.job, known.paused_by, known.paused_reason
      using hint = 'end the pause with nowctl resume, or run it all the same with --even-if-paused (even_if_paused => true)',
            errcode = 'object_not_in_prerequisite_state';
  elsif not isfinite(run.as_of) or run.as_of < timestamptz '1970-01-01 00:00:00+00' then
    raise exception 'job %: as_of % is no moment that a run can be for', run.job, run.as_of
      using hint = 'give a moment from 1970 until now', errcode = 'invalid_parameter_value';
  elsif run.as_of > asked_at then
    raise exception 'job %: as_of % lies ahead', run.job, run.as_of
      using hint = 'a run is for now or for the past; the schedule serves what is to come', errcode = 'invalid_parameter_value';
  elsif octet_length(run.input::text) > 1048576 then
    raise exception 'job %: the input has % bytes, at most 1048576 (1 MiB) are taken', run.job, octet_length(run.input::text)
      using hint = 'give a reference, and let the job fetch the rest under inputs:', errcode = 'program_limit_exceeded';
  end if;
  insert into nowd.request (job, scheduled_at, as_of_given, effects, input, dry_run, even_if_paused, deliver, start_followers,
                            requested_by, requested_at)
  values (run.job, coalesce(run.as_of, asked_at), run.as_of is not null, coalesce(run.effects, run.as_of is null), run.input,
          coalesce(run.dry_run, false), coalesce(run.even_if_paused, false), coalesce(run.deliver, run.as_of is null),
          coalesce(run.start_followers, run.as_of is null), session_user, asked_at)
  returning request into made;
  perform pg_notify('nowd', 'request');
  return made;
end
$$;
comment on function nowd.run(text, timestamptz, boolean, jsonb, boolean, boolean, boolean, boolean) is 'Asks for a run of a job: select nowd.run(''standup''), or select nowd.run(''triage'', input => ''{"ticket": 7}''), which the prompt gets as {{input}}. With as_of, a moment of the past, it makes no effect, delivers nothing and starts no other job unless effects, deliver or start_followers says so. A paused job is refused unless even_if_paused. Returns the number of the request; the run is in nowd.runs as soon as a daemon took it.';

create view nowd.requests as
select q.request, q.job, case when q.after_run is null then 'manual' else 'after' end as kind, q.scheduled_at, q.state, q.reason,
       case when q.state <> 'planned' then null
            when j.state = 'retired' then 'its job is retired'
            when j.paused_at is not null and not q.even_if_paused then 'its job is paused'
            else (select 'run ' || l.run from nowd.run l where l.lane = j.lane and l.state in ('running', 'suspended', 'committing')) end as waits_for,
       q.requested_by, q.requested_at, q.after_run, q.dry_run
from nowd.request q join nowd.job j using (job);
comment on view nowd.requests is 'Runs that were asked for, by people and by other jobs, readable. What waits, and for what: select * from nowd.requests where state = ''planned''.';

create function nowd.cancel_request(request bigint, reason text default null) returns text
language plpgsql security definer set search_path = pg_catalog, nowd, pg_temp as $$
declare
  known nowd.request;
begin
  select q.* into known from nowd.request q where q.request = cancel_request.request for update;
  if not found then
    raise exception 'request %: no such request in this ledger', cancel_request.request
      using hint = 'select * from nowd.requests where state = ''planned'' lists those that wait', errcode = 'no_data_found';
  elsif known.state = 'claimed' then
    raise exception 'request %: run % serves it already', cancel_request.request,
      (select max(r.run) from nowd.run r where r.request = cancel_request.request)
      using hint = 'cancel that run', errcode = 'object_not_in_prerequisite_state';
  elsif known.state <> 'planned' then
    raise exception 'request %: it is over (%), there is nothing to cancel', cancel_request.request, known.state
      using hint = 'select * from nowd.requests where state = ''planned'' lists those that wait', errcode = 'object_not_in_prerequisite_state';
  end if;
  update nowd.request q set state = 'refused',
    reason = 'cancelled by ' || session_user || ': ' || coalesce(nullif(btrim(cancel_request.reason), ''), 'no reason given')
  where q.request = cancel_request.request;
  perform pg_notify('nowd', 'cancel');
  return known.job;
end
$$;
comment on function nowd.cancel_request(bigint, text) is 'Cancels a request that no daemon has taken yet: it ends refused, and never runs. Returns its job.';

comment on function nowd.pause(text, text) is 'Pauses a job until nowd.resume; a run under way goes on. What falls due meanwhile by its schedule or after another job is skipped, a backfill waits, and nowd.run is refused unless even_if_paused. It outlives restarts and edits of the job''s file. Returns since when.';

-- Occurrences as nowctl computes them.
create or replace function nowd.computed(job text, occurrences jsonb) returns setof nowd.occurrence
language plpgsql set search_path = pg_catalog, nowd, pg_temp as $$
declare
  wrong text;
begin
  if jsonb_typeof(occurrences) is distinct from 'array' then
    raise exception 'job %: occurrences are given as an array of rows of nowd.occurrence', computed.job
      using hint = 'nowctl computes them', errcode = 'invalid_parameter_value';
  end if;
  select coalesce(o.scheduled_at::text, 'null') || ' (due at ' || coalesce(o.due_at::text, 'null') || ', window from '
         || coalesce(o.window_start::text, 'null') || ', slot ' || coalesce(o.slot::text, 'null') || ')' into wrong
  from jsonb_populate_recordset(null::nowd.occurrence, occurrences) o
  where (isfinite(o.scheduled_at) and isfinite(o.due_at) and isfinite(o.window_start) and isfinite(o.slot)
         and o.window_start >= timestamptz '1970-01-01 00:00:00+00' and o.window_start <= o.scheduled_at
         and o.scheduled_at <= o.due_at and o.due_at < timestamptz '9999-12-31 00:00:00+00'
         and o.slot between timestamp '1969-12-30' and timestamp '9999-12-31'
         and o.utc_offset between interval '-26 hours' and interval '26 hours'
         and o.zone is not null and o.tzdata is not null and o.schedule_revision is not null) is not true
  limit 1;
  if found then
    raise exception 'job %: % is no occurrence of a schedule', computed.job, wrong
      using hint = 'its times are finite, in order, and within the years 1970 to 9998', errcode = 'invalid_parameter_value';
  elsif exists (select from jsonb_populate_recordset(null::nowd.occurrence, occurrences) o
                where o.schedule_revision is distinct from (select c.schedule_revision from nowd.job_cursor c where c.job = computed.job)) then
    raise exception 'job %: its schedule was changed meanwhile', computed.job
      using hint = 'ask again', errcode = 'object_not_in_prerequisite_state';
  end if;
  return query select distinct on (o.scheduled_at) o.* from jsonb_populate_recordset(null::nowd.occurrence, occurrences) o
               order by o.scheduled_at;
end
$$;
comment on function nowd.computed(text, jsonb) is 'Rows given as JSON, each once, if they are possible occurrences of the schedule in force.';

-- Skipping. Where the occurrence after the skipped one is given, it gets its row at once, so that the ledger knows which
-- one comes next.
create index occurrence_skipped_as_asked on nowd.occurrence (job, scheduled_at) where state = 'skipped' and reason = 'asked';

create function nowd.plan_after(job text, skipped timestamptz, asked_at timestamptz, candidates jsonb) returns void
language sql set search_path = pg_catalog, nowd, pg_temp as $$
insert into nowd.occurrence (job, scheduled_at, due_at, window_start, window_end, slot, zone, utc_offset, slot_kind, merged_slots,
                             tzdata, schedule_revision)
select plan_after.job, n.scheduled_at, n.due_at, n.window_start, n.scheduled_at, n.slot, n.zone, n.utc_offset, n.slot_kind,
       coalesce(n.merged_slots, '{}'), n.tzdata, n.schedule_revision
from nowd.computed(plan_after.job, plan_after.candidates) n
where n.scheduled_at > plan_after.skipped and n.due_at > plan_after.asked_at
  and not exists (select from nowd.occurrence o where o.job = plan_after.job and o.scheduled_at > plan_after.skipped
                  and o.state = 'planned' and o.kind = 'scheduled')
  and not exists (select from nowd.occurrence o where o.job = plan_after.job and o.scheduled_at = n.scheduled_at and o.state <> 'withdrawn')
order by n.scheduled_at limit 1
on conflict on constraint occurrence_pkey do update set state = 'planned', reason = null, judged_at = null, decided_by = null,
  decided_why = null, due_at = excluded.due_at, window_start = excluded.window_start, slot = excluded.slot, zone = excluded.zone,
  utc_offset = excluded.utc_offset, slot_kind = excluded.slot_kind, merged_slots = excluded.merged_slots, tzdata = excluded.tzdata,
  schedule_revision = excluded.schedule_revision
$$;
comment on function nowd.plan_after(text, timestamptz, timestamptz, jsonb) is 'Plans the first of some candidates after one that was skipped, unless a later one is planned already.';

create or replace function nowd.skip_next(job text, reason text default null, candidates jsonb default null) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, nowd, pg_temp as $$
declare
  known nowd.job := nowd.acted_on(skip_next.job);
  asked_at constant timestamptz := clock_timestamp();
  why constant text := nullif(btrim(skip_next.reason), '');
  skipped timestamptz;
begin
  perform from nowd.computed(skip_next.job, coalesce(candidates, '[]'));  -- whether they are possible at all
  -- The lock under which occurrences are planned.
  perform from nowd.job_cursor c where c.job = skip_next.job for update;
  update nowd.occurrence o set state = 'skipped', reason = 'asked', judged_at = asked_at, decided_by = session_user, decided_why = why
  where o.job = skip_next.job and o.state = 'planned' and o.scheduled_at = (
    select p.scheduled_at from nowd.occurrence p
    where p.job = skip_next.job and p.state = 'planned' and p.kind = 'scheduled' and p.attempts = 0 and p.due_at > asked_at
    order by p.scheduled_at limit 1 for update)
  returning o.scheduled_at into skipped;
  if skipped is null then
    -- It has no row yet. It gets one, and planning leaves it as it is.
    insert into nowd.occurrence (job, scheduled_at, state, reason, judged_at, decided_by, decided_why, due_at, window_start, window_end,
                                 slot, zone, utc_offset, slot_kind, merged_slots, tzdata, schedule_revision)
    select c.job, n.scheduled_at, 'skipped', 'asked', asked_at, session_user, why, n.due_at, n.window_start, n.scheduled_at,
           n.slot, c.zone, n.utc_offset, n.slot_kind, coalesce(n.merged_slots, '{}'), n.tzdata, c.schedule_revision
    from nowd.job_cursor c, lateral (
      select g.scheduled_at, g.due_at, g.window_start, g.slot, g.utc_offset, g.slot_kind, g.merged_slots, g.tzdata
      from nowd.computed(skip_next.job, coalesce(candidates, '[]')) g
      union all
      select c.next_at, c.next_at, least(c.materialised_through, c.next_at), c.next_local, c.next_local - (c.next_at at time zone 'UTC'), 'plain', null, 'unknown'
      where candidates is null and c.next_at is not null) n
    where c.job = skip_next.job and n.due_at > asked_at
      and not exists (select from nowd.occurrence o where o.job = c.job and o.scheduled_at = n.scheduled_at and o.state <> 'withdrawn')
    order by n.scheduled_at limit 1
    on conflict on constraint occurrence_pkey do update set state = 'skipped', reason = 'asked', judged_at = excluded.judged_at,
      decided_by = excluded.decided_by, decided_why = excluded.decided_why, due_at = excluded.due_at,
      window_start = excluded.window_start, window_end = excluded.window_end, slot = excluded.slot, zone = excluded.zone,
      utc_offset = excluded.utc_offset, slot_kind = excluded.slot_kind, merged_slots = excluded.merged_slots,
      tzdata = excluded.tzdata, schedule_revision = excluded.schedule_revision
    returning scheduled_at into skipped;
  end if;
  if skipped is null then
    raise exception 'job %: there is no next occurrence to skip', skip_next.job
      using hint = 'select * from nowd.upcoming shows what comes next', errcode = 'object_not_in_prerequisite_state';
  end if;
  perform nowd.plan_after(skip_next.job, skipped, asked_at, coalesce(candidates, '[]'));
  perform pg_notify('nowd', 'skip');
  return skipped;
end
$$;
comment on function nowd.skip_next(text, text, jsonb) is 'Skips the first occurrence of a job that is still to come and not skipped yet; returns which: select nowd.skip_next(''standup'', ''public holiday''). Called twice it skips two; nowd.undo_skip takes back the last. candidates: what comes next, as nowctl computes it; without them only the very next one is known.';

create function nowd.undo_skip(job text) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, nowd, pg_temp as $$
declare
  known nowd.job := nowd.acted_on(undo_skip.job);
  undone timestamptz;
begin
  perform from nowd.job_cursor c where c.job = undo_skip.job for update;
  update nowd.occurrence o set state = 'planned', reason = null, judged_at = null, decided_by = null, decided_why = null
  where o.job = undo_skip.job and o.state = 'skipped' and o.scheduled_at = (
    select s.scheduled_at from nowd.occurrence s join nowd.job_cursor c on c.job = s.job and c.schedule_revision = s.schedule_revision
    where s.job = undo_skip.job and s.state = 'skipped' and s.reason = 'asked' and s.due_at > clock_timestamp()
    order by s.scheduled_at desc limit 1)
  returning o.scheduled_at into undone;
  if undone is null then
    raise exception 'job %: no occurrence to come is skipped', undo_skip.job
      using hint = 'what is past stays skipped; nowctl backfill runs it', errcode = 'object_not_in_prerequisite_state';
  end if;
  perform pg_notify('nowd', 'skip');
  return undone;
end
$$;
comment on function nowd.undo_skip(text) is 'Takes back the latest skip of a job whose occurrence is still to come: it runs after all. Returns which: select nowd.undo_skip(''standup'').';

-- Making up for a stretch of the past.
drop function nowd.backfill(text, jsonb, boolean, boolean);
create function nowd.backfill(job text, occurrences jsonb, effects boolean default false, dry_run boolean default false,
                              deliver boolean default false, start_followers boolean default false)
returns table (scheduled_at timestamptz, what text, was text)
language plpgsql security definer set search_path = pg_catalog, nowd, pg_temp as $$
#variable_conflict use_column
declare
  known nowd.job := nowd.acted_on(backfill.job);
  ahead timestamptz;
begin
  if jsonb_typeof(backfill.occurrences) = 'array' and jsonb_array_length(backfill.occurrences) > 10000 then
    raise exception 'job %: % occurrences, at most 10000 are made up for in one call', backfill.job, jsonb_array_length(backfill.occurrences)
      using hint = 'take a shorter stretch', errcode = 'program_limit_exceeded';
  end if;
  select max(g.scheduled_at) into ahead from nowd.computed(backfill.job, backfill.occurrences) g;
  if ahead > clock_timestamp() then
    raise exception 'job %: % lies ahead', backfill.job, ahead
      using hint = 'the schedule serves what is to come; end the stretch in the past', errcode = 'invalid_parameter_value';
  end if;
  if dry_run is not true then
    perform pg_notify('nowd', 'backfill');
  end if;
  perform from nowd.job_cursor c where c.job = backfill.job for update;
  -- Locked: what a daemon has taken meanwhile is left alone.
  return query
  with g as materialized (select * from nowd.computed(backfill.job, backfill.occurrences)),
  before as materialized (
    select o.scheduled_at, o.state, o.reason from nowd.occurrence o
    where o.job = backfill.job and o.scheduled_at in (select g.scheduled_at from g) order by o.scheduled_at for update),
  -- A member of a range has no row of its own.
  in_range as materialized (
    select distinct on (g.scheduled_at) g.scheduled_at, r.state, r.reason
    from g join nowd.occurrence_range r on r.job = backfill.job and r.schedule_revision = g.schedule_revision
                                       and g.scheduled_at between r.first_at and r.last_at
    where not exists (select from before b where b.scheduled_at = g.scheduled_at)
    order by g.scheduled_at, r.first_at desc),
  verdict as materialized (
    select g.scheduled_at,
           case when r.state is not null then 'again'
                when b.state is null then 'new'
                when b.state in ('skipped', 'missed', 'coalesced', 'superseded', 'withdrawn') and b.reason is distinct from 'nothing_to_do' then 'again'
                else 'left alone' end as what,
           coalesce(b.state || coalesce(' (' || b.reason || ')', ''), r.state || coalesce(' (' || r.reason || ')', '')) as was
    from g left join before b on b.scheduled_at = g.scheduled_at left join in_range r on r.scheduled_at = g.scheduled_at),
  made as (
    insert into nowd.occurrence (job, scheduled_at, kind, effects, deliver, start_followers, decided_by, due_at, window_start, window_end,
                                 slot, zone, utc_offset, slot_kind, merged_slots, tzdata, schedule_revision)
    select backfill.job, g.scheduled_at, 'backfill', coalesce(backfill.effects, false), coalesce(backfill.deliver, false),
           coalesce(backfill.start_followers, false), session_user, g.scheduled_at, g.window_start, g.scheduled_at,
           g.slot, g.zone, g.utc_offset, g.slot_kind, coalesce(g.merged_slots, '{}'), g.tzdata, g.schedule_revision
    from g join verdict v on v.scheduled_at = g.scheduled_at
    where v.what <> 'left alone' and backfill.dry_run is not true
    on conflict on constraint occurrence_pkey do update set kind = 'backfill', state = 'planned', reason = null, judged_at = null, coalesced_into = null,
      effects = excluded.effects, deliver = excluded.deliver, start_followers = excluded.start_followers, buffered = false,
      decided_by = excluded.decided_by, decided_why = null, window_start = excluded.window_start
    returning 1)
  select v.scheduled_at, v.what, v.was from verdict v order by v.scheduled_at;
end
$$;
comment on function nowd.backfill(text, jsonb, boolean, boolean, boolean, boolean) is 'Makes up for past occurrences, given as nowctl computes them, with the identities of the schedule. Says of each what became of it: new (neither a row nor a range had it), again (it had not run: see was), left alone (it ran, or is about to). Its runs make no effect, deliver nothing and start no other job unless effects, deliver or start_followers says so. dry_run: says what would run, and changes nothing. Of a paused job they wait for nowd.resume.';

-- What comes next, as it will run.
create or replace view nowd.upcoming as
select o.job, o.scheduled_at, o.slot as local_time, o.zone, o.due_at, o.slot_kind,
       case when j.paused_at is not null then 'paused' else o.state end as state, o.kind
from nowd.occurrence o join nowd.job j using (job) where o.state = 'planned'
union all
select o.job, o.scheduled_at, o.slot, o.zone, o.due_at, o.slot_kind, o.state, o.kind
from nowd.occurrence o where o.state = 'skipped' and o.reason = 'asked' and o.due_at > clock_timestamp()
union all
select c.job, c.next_at, c.next_local, c.zone, c.next_at, 'plain', case when j.paused_at is not null then 'paused' else 'not yet planned' end, 'scheduled'
from nowd.job_cursor c join nowd.job j using (job)
where c.next_at is not null and j.state = 'active'
  and not exists (select from nowd.occurrence o where o.job = c.job and o.scheduled_at = c.next_at and o.state <> 'withdrawn');
comment on view nowd.upcoming is 'What comes next: occurrences already planned, and the first one beyond for each job. State: planned, not yet planned, skipped (somebody asked for that), paused (the job is: it is skipped unless the pause ends before its time; a backfill waits).';

create or replace view nowd.jobs as
select j.job, case when j.state = 'active' and not v.spec -> 'schedule' ? 'manual' and not next.comes then 'finished' else j.state end as state,
       v.schedule, next.at as next_at, last.run as last_run, last.state as last_state, last.scheduled_at as last_scheduled_at,
       last.verdict as last_verdict, j.paused_reason, v.source, j.paused_by, j.paused_at
from nowd.job j
join nowd.job_revision v using (job, revision)
left join lateral (select min(u.scheduled_at) filter (where u.state not in ('skipped', 'paused') and u.kind <> 'backfill') as at,
                          count(*) > 0 as comes
                   from nowd.upcoming u where u.job = j.job) next on true
left join lateral (select r.run, r.state, r.scheduled_at, r.verdict from nowd.run r where r.job = j.job order by r.run desc limit 1) last on true;
comment on view nowd.jobs is 'Jobs with their schedule, the next occurrence that will run, and their last run. State: active, finished (its schedule is over), retired. Nothing comes next while a job is paused.';

-- A member of a range that has a row of its own, from a backfill, is counted there.
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
select g.job, g.first_at, g.last_at, g.count - own.count, 'scheduled'::text, g.state, g.reason, g.first_at, 0,
       null::bigint, null::text, null::timestamptz, null::timestamptz, null::text, g.coalesced_into, g.recorded_at
from nowd.occurrence_range g,
     lateral (select count(*) from nowd.occurrence o where o.job = g.job and o.scheduled_at between g.first_at and g.last_at
              and o.schedule_revision = g.schedule_revision) own
where g.count > own.count;
comment on view nowd.occurrence_fate is 'What became of every occurrence, and why. Each counts once: a row whose until_at is later than its scheduled_at stands for count of them, all between the two that have no row of their own.';

-- What was missed is a trouble of its own. A word is added to those known, whichever they are.
do $$
declare
  known text;
begin
  select pg_get_expr(c.conbin, c.conrelid) into strict known
  from pg_constraint c where c.conrelid = 'nowd.alert'::regclass and c.conname = 'alert_kind_known';
  alter table nowd.alert drop constraint alert_kind_known;
  execute format('alter table nowd.alert add constraint alert_kind_known check (%s or kind = ''missed'')', known);
end
$$;
comment on column nowd.alert.kind is 'run (a job''s runs end badly), missed (occurrences of a job did not run, and it is too late for them), provider (one outage for all its jobs), delivery (a sink does not take messages), held (name: job files, one is broken and its job runs on its last accepted revision, if at all; clock or ledger, dispatch waits for a person; clock of HOST, it is too far off the database''s).';

-- Checks that hold for every ledger that nowd wrote. Instants of one host are compared within its uncertainty; where that
-- is unknown, within a second. A row is a finding.
create or replace function nowd.verify(since timestamptz, of_job text default null)
returns table ("check" text, run bigint, job text, at timestamptz, detail text)
language sql stable set search_path = pg_catalog, nowd, pg_temp as $$
with r as materialized (
  select r.*,
         -- Where the host's clock was set meanwhile, its readings before and after do not compare: clock_event says so.
         case when exists (select from nowd.clock_event e
                           where e.kind = 'step' and e.boot_id = r.boot_id
                             and e.recorded_at >= r.claimed_at - interval '1 minute' - greatest(e.size, -e.size)
                             and e.recorded_at <= r.claimed_at + coalesce(r.duration, interval '1 day') + interval '1 minute' + greatest(e.size, -e.size))
              then interval '1000 years' else coalesce(2 * r.host_uncertainty, interval '1 second') end as slack,
         r.claimed_at >= (select m.applied_at from nowd.migration m where m.name like '%\_guard') as guarded
  from nowd.run r
  where r.claimed_at >= verify.since and (verify.of_job is null or r.job = verify.of_job)
),
i as materialized (select i.*, r.job, r.slack, r.dispatched_at, r.ended_at as run_ended_at, r.duration as run_duration
                   from r join nowd.inference i using (run)),
t as materialized (select t.*, r.job, r.slack, r.dispatched_at, r.ended_at as run_ended_at, r.duration as run_duration, r.effects, r.guarded
                   from r join nowd.tool_call t using (run)),
-- How much a wall clock and the boot clock may differ over a span: half a second, and what slewing adds.
lasted as (
  -- A run that was put aside ended when the next attempt took over; its duration is until it was put aside.
  select run, job, slack, 'the run' as what, dispatched_at as at, ended_at - dispatched_at as wall, duration as boot from r
  where not_before is null
  union all select run, job, slack, 'model call ' || seq, sent_at, ended_at - sent_at, duration from i
  union all select run, job, slack, 'call ' || seq || ' of ' || tool, started_at, ended_at - started_at, duration from t
)
select 'scheduled_before_dispatch', r.run, r.job, r.dispatched_at,
       'dispatched ' || trim_scale(round(extract(epoch from r.scheduled_at - r.dispatched_at), 3)) || ' s before the moment it is for'
-- The database says what is due: so far as this host is known to be behind it, up to what is noticed as remote_skew.
from r where r.kind in ('scheduled', 'catch_up', 'backfill')
  and r.dispatched_at < r.scheduled_at - r.slack - least(greatest(r.claimed_at - r.dispatched_at, interval '0'), interval '2 seconds')
union all
select 'dispatch_before_injected_now', i.run, i.job, i.injected_now,
       'model call ' || i.seq || ' was told a now that is ' || trim_scale(round(extract(epoch from i.dispatched_at - i.injected_now), 3)) || ' s before dispatch'
from i where i.injected_now < i.dispatched_at - i.slack
union all
select 'injected_now_before_response', i.run, i.job, i.injected_now,
       'model call ' || i.seq || ' was told a now that is ' || trim_scale(round(extract(epoch from i.injected_now - coalesce(i.headers_at, i.ended_at)), 3)) || ' s after its answer began'
from i where i.injected_now > coalesce(i.headers_at, i.ended_at) + i.slack
union all
select 'injected_now_grows', n.run, n.job, n.injected_now,
       'model call ' || n.seq || ' was told a now that is ' || trim_scale(round(extract(epoch from n.before - n.injected_now), 3)) || ' s before that of an earlier call'
from (select i.*, max(i.injected_now) over (partition by i.run order by i.seq rows between unbounded preceding and 1 preceding) as before
      from i where i.injected_now is not null) n
where n.injected_now < n.before - n.slack
union all
select 'model_call_inside_its_run', i.run, i.job, i.sent_at, 'model call ' || i.seq || ' lies outside its run'
from i where i.sent_at < i.dispatched_at - i.slack or (i.run_duration is not null and i.ended_at > i.run_ended_at + i.slack)
union all
select 'tool_call_inside_its_run', t.run, t.job, t.started_at, 'call ' || t.seq || ' of ' || t.tool || ' lies outside its run'
from t where t.started_at < t.dispatched_at - t.slack or (t.run_duration is not null and t.ended_at > t.run_ended_at + t.slack)
union all
select 'wall_and_boot_agree', l.run, l.job, l.at,
       l.what || ' lasted ' || trim_scale(round(extract(epoch from l.wall), 3)) || ' s on the wall clock and '
       || trim_scale(round(extract(epoch from l.boot), 3)) || ' s on the boot clock'
from lasted l where l.slack < interval '1 year' and abs(extract(epoch from l.wall - l.boot)) > 0.5 + 0.0005 * extract(epoch from l.boot)
union all
select 'effect_has_an_intent', t.run, t.job, t.started_at, 'call ' || t.seq || ' of ' || t.tool || ' started before its intent was recorded'
from t where t.effect <> 'read' and t.started_at is not null and (t.intent_at is null or t.started_at < t.intent_at - t.slack)
union all
select 'effect_has_a_decision', t.run, t.job, t.started_at, 'call ' || t.seq || ' of ' || t.tool || ' started, and the guard did not allow it'
from t where t.guarded and t.effect <> 'read' and t.started_at is not null
  and not exists (select from nowd.gate_decision g where g.run = t.run and g.call_seq = t.seq and g.verdict = 'allow')
union all
select 'effect_was_allowed', t.run, t.job, t.started_at, 'call ' || t.seq || ' of ' || t.tool || ' started in a run without effects'
from t where not t.effects and t.effect <> 'read' and t.started_at is not null
union all
select 'delivery_has_a_decision', r.run, r.job, a.started_at, 'attempt ' || a.attempt || ' of delivery ' || d.delivery || ' to ' || d.sink || ' started, and the guard did not allow it'
from r join nowd.delivery d using (run) join nowd.delivery_attempt a using (delivery)
where r.guarded and d.purpose = 'output' and a.started_at is not null
  and not exists (select from nowd.gate_decision g where g.delivery = a.delivery and g.attempt = a.attempt and g.verdict = 'allow')
union all
select 'run_has_its_occurrence', r.run, r.job, r.scheduled_at, 'a ' || r.kind || ' run of a moment that was never planned'
from r where r.kind in ('scheduled', 'catch_up', 'backfill')
  and not exists (select from nowd.occurrence o where o.job = r.job and o.scheduled_at = r.scheduled_at)
union all
select 'claimed_occurrence_has_a_live_run', null, o.job, o.scheduled_at, 'claimed, and no run of it is under way'
from nowd.occurrence o
where o.state = 'claimed' and o.scheduled_at >= verify.since and (verify.of_job is null or o.job = verify.of_job)
  and not exists (select from nowd.run l where l.job = o.job and l.scheduled_at = o.scheduled_at and l.state in ('running', 'suspended', 'committing'))
union all
select 'done_occurrence_has_a_run', null, o.job, o.scheduled_at, 'done, and no run of it is in the ledger'
from nowd.occurrence o
where o.state = 'done' and o.scheduled_at >= verify.since and (verify.of_job is null or o.job = verify.of_job)
  and not exists (select from nowd.run d where d.job = o.job and d.scheduled_at = o.scheduled_at)
  -- Retention deletes runs; that of an earlier revision may have.
  and not exists (select from nowd.job_revision v where v.job = o.job and v.spec #> '{retention,runs_ms}' is not null)
union all
select 'coalesced_occurrence_has_its_heir', null, o.job, o.scheduled_at, 'coalesced into ' || o.coalesced_into || ', which was never planned'
from nowd.occurrence o
where o.state = 'coalesced' and o.scheduled_at >= verify.since and (verify.of_job is null or o.job = verify.of_job)
  and not exists (select from nowd.occurrence h where h.job = o.job and h.scheduled_at = o.coalesced_into)
$$;
comment on function nowd.verify(timestamptz, text) is 'Checks over runs claimed, and occurrences planned for, since a moment; of one job, or of all. Each row is a finding: a check that does not hold, where, and by how much. A run during which the clock of its host was set (clock_event) is not held to the order of its clocks, and one that was put aside not to its length: select * from nowd.verify(now() - interval ''7 days'').';
