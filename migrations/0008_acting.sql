-- People act on time: pause and resume a job, skip its next occurrence, end a run, make up for a stretch of the past.
-- Each function is granted to nowd_operator and records who called it.

alter table nowd.job add column resumed_at timestamptz;
comment on column nowd.job.resumed_at is 'When it was last resumed: what fell due up to then is not made up for.';

alter table nowd.occurrence
  add column decided_by  text,
  add column decided_why text,
  add column effects     boolean;
comment on column nowd.occurrence.decided_by  is 'Who asked for it to be skipped, or to be made up for; null = no person did.';
comment on column nowd.occurrence.decided_why is 'Why, in that person''s words.';
comment on column nowd.occurrence.effects     is 'Whether its runs may have effects beyond read; null = as usual for its kind.';

-- A word is added to those known, whichever they are.
do $$
declare
  known text;
begin
  select pg_get_expr(c.conbin, c.conrelid) into strict known
  from pg_constraint c where c.conrelid = 'nowd.occurrence'::regclass and c.conname = 'occurrence_reason_known';
  if position('''asked''' in known) = 0 then
    alter table nowd.occurrence drop constraint occurrence_reason_known;
    execute format('alter table nowd.occurrence add constraint occurrence_reason_known check (%s or reason = ''asked'')', known);
  end if;
end
$$;

alter table nowd.run
  add column cancel_requested_at timestamptz,
  add column cancel_by           text,
  add column cancel_reason       text,
  add constraint run_cancel_says_who_and_why check ((cancel_requested_at is null) = (cancel_by is null) and (cancel_requested_at is null) = (cancel_reason is null));
create index run_to_cancel on nowd.run (node) where cancel_requested_at is not null and state in ('running', 'suspended', 'committing');
comment on column nowd.run.cancel_requested_at is 'When somebody first asked for it to end; how it ended is in state, as always.';
comment on column nowd.run.cancel_by           is 'Who asked.';
comment on column nowd.run.cancel_reason       is 'And why.';
comment on column nowd.inference.state         is 'sending; answered; lost (it was cut, or the daemon ended, before the answer came).';

-- What every one of them asks first. Locks the job's row: two people who act at once take turns.
create function nowd.acted_on(job text) returns nowd.job
language plpgsql set search_path = pg_catalog, nowd as $$
declare
  found_job nowd.job;
begin
  select j.* into found_job from nowd.job j where j.job = acted_on.job for update;
  if not found then
    raise exception 'job %: no such job in this ledger', acted_on.job
      using hint = 'select job from nowd.job lists them; a new file is read on SIGHUP or restart', errcode = 'no_data_found';
  elsif found_job.state = 'retired' then
    raise exception 'job %: retired, it left the job files', acted_on.job
      using hint = 'put its file back and reload nowd', errcode = 'object_not_in_prerequisite_state';
  end if;
  return found_job;
end
$$;
comment on function nowd.acted_on(text) is 'The job that somebody acts on, locked; an error that says what to do if there is none.';

create function nowd.pause(job text, reason text) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, nowd as $$
declare
  known nowd.job := nowd.acted_on(pause.job);
  paused timestamptz := clock_timestamp();
begin
  if coalesce(btrim(pause.reason), '') = '' then
    raise exception 'job %: the reason is empty', pause.job
      using hint = 'say why, for whoever finds it paused', errcode = 'invalid_parameter_value';
  elsif known.paused_at is not null then
    raise exception 'job %: paused already, by %: %', pause.job, known.paused_by, known.paused_reason
      using hint = 'resume it first to pause it for another reason', errcode = 'object_not_in_prerequisite_state';
  end if;
  update nowd.job j set paused_at = paused, paused_by = session_user, paused_reason = pause.reason where j.job = pause.job;
  perform pg_notify('nowd', 'pause');
  return paused;
end
$$;
comment on function nowd.pause(text, text) is 'Pauses a job until nowd.resume: nothing of it starts, a run under way goes on. It outlives restarts and edits of the job''s file. Returns since when.';

-- Nothing fires for the time of the pause.
create function nowd.resume(job text) returns bigint
language plpgsql security definer set search_path = pg_catalog, nowd as $$
declare
  known nowd.job := nowd.acted_on(resume.job);
  resumed timestamptz := clock_timestamp();
  skipped bigint;
begin
  if known.paused_at is null then
    raise exception 'job %: it is not paused', resume.job
      using hint = 'select job, paused_reason from nowd.jobs shows which are', errcode = 'object_not_in_prerequisite_state';
  end if;
  update nowd.job j set paused_at = null, paused_by = null, paused_reason = null, resumed_at = resumed where j.job = resume.job;
  update nowd.occurrence o set state = 'skipped', reason = 'paused', judged_at = resumed
  where o.job = resume.job and o.state = 'planned' and o.kind <> 'backfill' and o.due_at <= resumed;
  get diagnostics skipped = row_count;
  perform pg_notify('nowd', 'resume');
  return skipped;
end
$$;
comment on function nowd.resume(text) is 'Ends a pause, and fires nothing: what fell due and still waited is skipped (paused). Returns how many those were. Runs and backfills that were asked for start now.';

-- Occurrences that fell due in a pause, and get their row only after it (no daemon was there to plan them).
create function nowd.skip_paused() returns trigger language plpgsql as $$
begin
  if exists (select from nowd.job j where j.job = new.job and j.resumed_at >= new.due_at) then
    new.state := 'skipped';
    new.reason := 'paused';
    new.judged_at := clock_timestamp();
  end if;
  return new;
end
$$;
comment on function nowd.skip_paused() is 'Closes occurrences that fell due before their job was last resumed: resuming fires nothing.';
create trigger occurrence_of_a_pause before insert on nowd.occurrence for each row
  when (new.state = 'planned' and new.kind <> 'backfill') execute function nowd.skip_paused();

-- Occurrences as nowctl computes them from the schedule: rows of nowd.occurrence, as JSON. They are refused if the schedule
-- is another one by now.
create function nowd.computed(job text, occurrences jsonb) returns setof nowd.occurrence
language plpgsql set search_path = pg_catalog, nowd as $$
begin
  if exists (select from jsonb_populate_recordset(null::nowd.occurrence, occurrences) o
             where o.schedule_revision is distinct from (select c.schedule_revision from nowd.job_cursor c where c.job = computed.job)) then
    raise exception 'job %: its schedule was changed meanwhile', computed.job
      using hint = 'ask again', errcode = 'object_not_in_prerequisite_state';
  end if;
  return query select * from jsonb_populate_recordset(null::nowd.occurrence, occurrences);
end
$$;
comment on function nowd.computed(text, jsonb) is 'Rows given as JSON, if they are of the schedule in force.';

create function nowd.skip_next(job text, reason text default null, candidates jsonb default null) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, nowd as $$
declare
  known nowd.job := nowd.acted_on(skip_next.job);
  asked_at constant timestamptz := clock_timestamp();
  skipped timestamptz;
begin
  -- The lock under which occurrences are planned.
  perform from nowd.job_cursor c where c.job = skip_next.job for update;
  update nowd.occurrence o set state = 'skipped', reason = 'asked', judged_at = asked_at, decided_by = session_user, decided_why = skip_next.reason
  where o.job = skip_next.job and o.state = 'planned' and o.scheduled_at = (
    select p.scheduled_at from nowd.occurrence p
    where p.job = skip_next.job and p.state = 'planned' and p.kind = 'scheduled' and p.attempts = 0 and p.due_at > asked_at
    order by p.scheduled_at limit 1 for update)
  returning o.scheduled_at into skipped;
  if skipped is null then
    -- It has no row yet. It gets one, and planning leaves it as it is.
    insert into nowd.occurrence (job, scheduled_at, state, reason, judged_at, decided_by, decided_why, due_at, window_start, window_end,
                                 slot, zone, utc_offset, slot_kind, merged_slots, tzdata, schedule_revision)
    select c.job, n.scheduled_at, 'skipped', 'asked', asked_at, session_user, skip_next.reason, n.due_at, n.window_start, n.scheduled_at,
           n.slot, c.zone, n.utc_offset, n.slot_kind, coalesce(n.merged_slots, '{}'), n.tzdata, c.schedule_revision
    from nowd.job_cursor c, lateral (
      select g.scheduled_at, g.due_at, g.window_start, g.slot, g.utc_offset, g.slot_kind, g.merged_slots, g.tzdata
      from nowd.computed(skip_next.job, candidates) g
      union all
      select c.next_at, c.next_at, least(c.materialised_through, c.next_at), c.next_local, c.next_local - (c.next_at at time zone 'UTC'), 'plain', null, 'unknown'
      where candidates is null and c.next_at is not null) n
    where c.job = skip_next.job and n.due_at > asked_at
      and not exists (select from nowd.occurrence o where o.job = c.job and o.scheduled_at = n.scheduled_at and o.state <> 'withdrawn')
    order by n.scheduled_at limit 1
    on conflict on constraint occurrence_pkey do update set state = 'skipped', reason = 'asked', judged_at = excluded.judged_at,
      decided_by = excluded.decided_by, decided_why = excluded.decided_why
    returning scheduled_at into skipped;
  end if;
  if skipped is null then
    raise exception 'job %: there is no next occurrence to skip', skip_next.job
      using hint = 'select * from nowd.upcoming shows what comes next', errcode = 'object_not_in_prerequisite_state';
  end if;
  perform pg_notify('nowd', 'skip');
  return skipped;
end
$$;
comment on function nowd.skip_next(text, text, jsonb) is 'Skips the first occurrence of a job that is still to come and not skipped yet; returns which: select nowd.skip_next(''standup'', ''public holiday''). candidates: what comes next, as nowctl computes it; without them only the very next one is known.';

create function nowd.cancel(run bigint, reason text default null) returns text
language plpgsql security definer set search_path = pg_catalog, nowd as $$
declare
  known nowd.run;
begin
  select r.* into known from nowd.run r where r.run = cancel.run for update;
  if not found then
    raise exception 'run %: no such run in this ledger', cancel.run
      using hint = 'select run, job, state from nowd.runs lists them', errcode = 'no_data_found';
  elsif known.ended_at is not null then
    raise exception 'run %: it has ended (%), there is nothing to stop', cancel.run, known.state
      using hint = 'select run, job from nowd.runs where ended_at is null lists the live ones', errcode = 'object_not_in_prerequisite_state';
  end if;
  if known.cancel_requested_at is null then
    update nowd.run r set cancel_requested_at = clock_timestamp(), cancel_by = session_user,
      cancel_reason = coalesce(nullif(btrim(cancel.reason), ''), 'no reason given')
    where r.run = cancel.run;
  end if;
  perform pg_notify('nowd', 'cancel');
  return known.job;
end
$$;
comment on function nowd.cancel(bigint, text) is 'Asks for a live run to end; its daemon cuts what is under way. Returns its job. A run that made an effect ends aborted_partial, one whose effect was cut interrupted: never cancelled.';

create function nowd.backfill(job text, occurrences jsonb, effects boolean default false, dry_run boolean default false)
returns table (scheduled_at timestamptz, what text, was text)
language plpgsql security definer set search_path = pg_catalog, nowd as $$
#variable_conflict use_column
declare
  known nowd.job := nowd.acted_on(backfill.job);
  given constant bigint := jsonb_array_length(backfill.occurrences);
  ahead timestamptz;
begin
  if given > 10000 then
    raise exception 'job %: % occurrences, at most 10000 are made up for in one call', backfill.job, given
      using hint = 'take a shorter stretch', errcode = 'program_limit_exceeded';
  end if;
  select max(g.scheduled_at) into ahead from nowd.computed(backfill.job, backfill.occurrences) g;
  if ahead > clock_timestamp() then
    raise exception 'job %: % lies ahead', backfill.job, ahead
      using hint = 'the schedule serves what is to come; end the stretch in the past', errcode = 'invalid_parameter_value';
  end if;
  if not dry_run then
    perform pg_notify('nowd', 'backfill');
  end if;
  perform from nowd.job_cursor c where c.job = backfill.job for update;
  -- Locked: what a daemon has taken meanwhile is left alone.
  return query
  with g as materialized (select * from nowd.computed(backfill.job, backfill.occurrences)),
  before as materialized (
    select o.scheduled_at, o.state, o.reason from nowd.occurrence o
    where o.job = backfill.job and o.scheduled_at in (select g.scheduled_at from g) order by o.scheduled_at for update),
  verdict as materialized (
    select g.scheduled_at,
           case when b.state is null then 'new'
                when b.state in ('skipped', 'missed', 'coalesced', 'superseded', 'withdrawn') and b.reason is distinct from 'nothing_to_do' then 'again'
                else 'left alone' end as what,
           b.state || coalesce(' (' || b.reason || ')', '') as was
    from g left join before b on b.scheduled_at = g.scheduled_at),
  made as (
    insert into nowd.occurrence (job, scheduled_at, kind, effects, decided_by, due_at, window_start, window_end,
                                 slot, zone, utc_offset, slot_kind, merged_slots, tzdata, schedule_revision)
    select backfill.job, g.scheduled_at, 'backfill', backfill.effects, session_user, g.scheduled_at, g.window_start, g.scheduled_at,
           g.slot, g.zone, g.utc_offset, g.slot_kind, coalesce(g.merged_slots, '{}'), g.tzdata, g.schedule_revision
    from g join verdict v on v.scheduled_at = g.scheduled_at
    where v.what <> 'left alone' and not backfill.dry_run
    on conflict on constraint occurrence_pkey do update set kind = 'backfill', state = 'planned', reason = null, judged_at = null, coalesced_into = null,
      effects = excluded.effects, decided_by = excluded.decided_by, decided_why = null, due_at = excluded.due_at, window_start = excluded.window_start
    returning 1)
  select v.scheduled_at, v.what, v.was from verdict v order by v.scheduled_at;
end
$$;
comment on function nowd.backfill(text, jsonb, boolean, boolean) is 'Makes up for past occurrences, given as nowctl computes them, with the identities of the schedule. Says of each what became of it: new (it had no row), again (it had not run: see was), left alone (it ran, or is about to). dry_run: says so, and changes nothing.';

create or replace view nowd.jobs as
select j.job, case when j.state = 'active' and not v.spec -> 'schedule' ? 'manual' and next.at is null then 'finished' else j.state end as state,
       v.schedule, next.at as next_at, last.run as last_run, last.state as last_state, last.scheduled_at as last_scheduled_at,
       last.verdict as last_verdict, j.paused_reason, v.source, j.paused_by, j.paused_at
from nowd.job j
join nowd.job_revision v using (job, revision)
left join lateral (select min(u.scheduled_at) as at from nowd.upcoming u where u.job = j.job) next on true
left join lateral (select r.run, r.state, r.scheduled_at, r.verdict from nowd.run r where r.job = j.job order by r.run desc limit 1) last on true;

create or replace view nowd.upcoming as
select o.job, o.scheduled_at, o.slot as local_time, o.zone, o.due_at, o.slot_kind, o.state
from nowd.occurrence o where o.state = 'planned'
union all
select c.job, c.next_at, c.next_local, c.zone, c.next_at, 'plain',
       case when exists (select from nowd.occurrence o where o.job = c.job and o.scheduled_at = c.next_at and o.state = 'skipped') then 'skipped' else 'not yet planned' end
from nowd.job_cursor c join nowd.job j using (job)
where c.next_at is not null and j.state = 'active';
comment on view nowd.upcoming is 'What comes next: occurrences already planned, and the first one beyond for each job (skipped: somebody asked for that).';
