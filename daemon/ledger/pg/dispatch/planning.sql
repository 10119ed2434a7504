-- Statements of planning: jobs, their revisions and cursors, and the occurrences to come. Written for planning.cpp.

-- name: insert_revisions
-- Records revisions that the ledger does not have yet.
-- $1 text[] jobs, $2 text[] revisions, $3 jsonb[] canonical forms, $4 text[] schedule texts, $5 text[] schedule
-- revisions, $6 text[] sources.
insert into nowd.job_revision (job, revision, spec, schedule, schedule_revision, source)
select *
from unnest($1::text[], $2::text[], $3::jsonb[], $4::text[], $5::text[], $6::text[])
on conflict do nothing;

-- name: upsert_jobs
-- Puts these revisions in force; retired jobs become active again.
-- $1 text[] jobs, $2 text[] revisions, $3 text[] descriptions, $4 text[] lanes.
insert into nowd.job as j (job, revision, description, lane)
select *
from unnest($1::text[], $2::text[], $3::text[], $4::text[])
on conflict (job) do update
set revision = excluded.revision, description = excluded.description, state = 'active', lane = excluded.lane,
  changed_at = clock_timestamp()
where (j.revision, j.state) is distinct from (excluded.revision, 'active');

-- name: insert_cursors
-- Cursors of jobs that have none yet: they plan from now on.
-- $1 text[] jobs, $2 text[] schedule revisions, $3 text[] zones, $4 timestamptz now.
insert into nowd.job_cursor (job, schedule_revision, planned_from, materialised_through, zone)
select job, revision, $4, $4, zone
from unnest($1::text[], $2::text[], $3::text[]) as c(job, revision, zone)
on conflict do nothing;

-- name: move_cursors
-- A changed schedule, or the schedule of a job that was retired, starts now: no occurrence before now fires, and
-- planned occurrences after now are withdrawn.
-- $1 text[] jobs, $2 text[] schedule revisions, $3 text[] zones, $4 timestamptz now.
with c as (
  update nowd.job_cursor c
  set schedule_revision = n.revision, zone = n.zone, planned_from = $4, materialised_through = $4,
    next_at = null, next_local = null
  from unnest($1::text[], $2::text[], $3::text[]) as n(job, revision, zone)
    join nowd.job j using (job)
  where c.job = n.job and (c.schedule_revision <> n.revision or j.state = 'retired')
  returning c.job
),
o as (
  update nowd.occurrence o
  set state = 'withdrawn', reason = 'rescheduled', judged_at = clock_timestamp()
  from c
  where o.job = c.job and o.state = 'planned' and o.scheduled_at > $4
)
select job from c;

-- name: lock_occurrences_of_old_schedule
-- Occurrences of the schedule before the change that no run was started for: they wait for their jitter or a lane, or
-- no claim has seen them.
-- $1 text[] jobs, $2 timestamptz now.
select o.job, o.scheduled_at
from nowd.occurrence o
where o.job = any($1::text[])
  and o.state = 'planned'
  and o.kind <> 'backfill'
  and o.attempts = 0
  and o.scheduled_at <= $2
order by o.job, o.scheduled_at
for update;

-- name: refuse_requests_of_old_leaders
-- Refuses requests of jobs that no longer run after the job which asked for them.
-- $1 text[] jobs, $2 text[] jobs that they run after.
update nowd.request q
set state = 'refused', reason = 'rescheduled'
from unnest($1::text[], $2::text[]) as n(job, leader), nowd.run r
where q.job = n.job and q.state = 'planned' and r.run = q.after_run and r.job is distinct from n.leader;

-- name: accepted_specs
-- Canonical forms of the revisions in force.
select j.job, v.spec::text
from nowd.job j
  join nowd.job_revision v using (job, revision)
where j.state <> 'retired';

-- name: lock_cursors_for_planning
-- Locks cursors for planning ahead. Cursors that another daemon has locked are left out.
-- $1 text[] jobs.
select c.job, c.materialised_through, c.schedule_revision, j.revision, j.state, j.paused_at is not null,
  j.resumed_at
from nowd.job_cursor c
  join nowd.job j on j.job = c.job
where c.job = any($1::text[])
order by c.job
for update of c skip locked;

-- name: insert_occurrences
-- Plans occurrences. A withdrawn one becomes planned again.
-- $1 text[] jobs, $2 timestamptz[] moments, $3 timestamptz[] due times, $4 timestamptz[] starts of windows, $5
-- timestamp[] slots, $6 text[] zones, $7 interval[] UTC offsets, $8 text[] kinds of slots, $9 text[] merged slots,
-- $10 text[] tzdata versions, $11 text[] schedule revisions, $12 text[] kinds.
insert into nowd.occurrence as o (
  job, scheduled_at, due_at, window_start, window_end, slot, zone, utc_offset, slot_kind, merged_slots, tzdata,
  schedule_revision, kind
)
select job, at, due, previous, at, slot, zone, utc_offset, slot_kind, merged::timestamp[], tzdata, revision,
  kind
from unnest(
  $1::text[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::timestamp[], $6::text[],
  $7::interval[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[]
) as n(job, at, due, previous, slot, zone, utc_offset, slot_kind, merged, tzdata, revision, kind)
on conflict (job, scheduled_at) do update
set state = 'planned', reason = null, judged_at = null, due_at = excluded.due_at,
  window_start = excluded.window_start, slot = excluded.slot, zone = excluded.zone,
  utc_offset = excluded.utc_offset, slot_kind = excluded.slot_kind, merged_slots = excluded.merged_slots,
  tzdata = excluded.tzdata, schedule_revision = excluded.schedule_revision
where o.state = 'withdrawn';

-- name: insert_ranges
-- Records long stretches of missed occurrences as one row each.
-- $1 text[] jobs, $2 timestamptz[] first moments, $3 timestamptz[] last moments, $4 bigint[] counts, $5 text[]
-- states, $6 text[] reasons, $7 timestamptz[] moments of the occurrences that serve them, $8 text[] schedule
-- revisions.
insert into nowd.occurrence_range (
  job, first_at, last_at, count, state, reason, coalesced_into, schedule_revision
)
select job, first, last, n, state, nullif(reason, ''), into_at, revision
from unnest(
  $1::text[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::text[], $6::text[], $7::timestamptz[],
  $8::text[]
) as r(job, first, last, n, state, reason, into_at, revision)
on conflict do nothing;

-- name: close_occurrences_of_ranges
-- Closes planned occurrences that belong to an absence as the range is closed, so that one catch-up serves all that
-- the absence missed; its window begins with the earliest. Occurrences of paused jobs are left to the pause. A row
-- within the range was planned ahead of its time (nowd.plan_after).
-- $1 text[] jobs, $2 timestamptz[] last moments, $3 timestamptz[] due before, $4 text[] states, $5 text[] reasons, $6
-- timestamptz[] moments of the occurrences that serve them, $7 timestamptz now.
with s as (
  update nowd.occurrence o
  set state = r.state, reason = nullif(r.reason, ''), coalesced_into = r.into_at, judged_at = $7
  from unnest(
    $1::text[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::text[], $6::timestamptz[]
  ) as r(job, last, late, state, reason, into_at)
  where o.job = r.job
    and o.scheduled_at <= r.last
    and o.due_at < r.late
    and o.state = 'planned'
    and o.kind = 'scheduled'
    and o.attempts = 0
    and not o.buffered
    and not exists (select from nowd.job j where j.job = o.job and j.paused_at is not null)
  returning o.job, o.window_start, o.coalesced_into
)
update nowd.occurrence h
set window_start = least(h.window_start, m.start)
from (select job, coalesced_into, min(window_start) as start from s group by 1, 2) m
where h.job = m.job and h.scheduled_at = m.coalesced_into;

-- name: advance_cursors
-- Moves cursors to the end of what was planned.
-- $1 text[] jobs, $2 timestamptz[] next occurrences, $3 timestamp[] their local times, $4 timestamptz planned until.
update nowd.job_cursor c
set materialised_through = greatest(c.materialised_through, $4), next_at = n.next_at, next_local = n.next_local
from unnest($1::text[], $2::timestamptz[], $3::timestamp[]) as n(job, next_at, next_local)
where c.job = n.job;

-- name: keep_transaction_alive
-- After a long absence planning computes for seconds between two statements. This statement keeps the server from
-- ending the transaction as idle (session.cpp).
select 1;

-- name: allow_long_computation
-- A load may compute for up to a minute between two statements.
select set_config('idle_in_transaction_session_timeout', '60s', true);

-- name: lock_cursors_for_rezoning
-- Locks cursors; waits for other daemons.
-- $1 text[] jobs.
select job, schedule_revision, materialised_through, next_at, next_local
from nowd.job_cursor
where job = any($1::text[])
order by job
for update;

-- name: known_slots
-- The slots that are planned or served, for a comparison with new zone data.
-- $1 text job, $2 timestamptz since.
select o.scheduled_at, o.slot, o.state = 'planned' and o.attempts = 0
from nowd.occurrence o
where o.job = $1 and o.scheduled_at > $2 and o.state <> 'withdrawn' and o.kind <> 'backfill'
order by o.scheduled_at;

-- name: withdraw_occurrences
-- Withdraws planned occurrences that the schedule or the zone data do not name any more.
-- $1 text[] jobs, $2 timestamptz[] moments, $3 timestamptz now.
update nowd.occurrence o
set state = 'withdrawn', reason = 'rescheduled', judged_at = $3
from unnest($1::text[], $2::timestamptz[]) as w(job, at)
where o.job = w.job and o.scheduled_at = w.at and o.state = 'planned' and o.attempts = 0;

-- name: skip_served_occurrences
-- New zone data moved these into the future, but their slots were served before.
-- $1 text[] jobs, $2 timestamptz[] moments, $3 timestamptz now.
update nowd.occurrence o
set state = 'skipped', reason = 'rescheduled', judged_at = $3
from unnest($1::text[], $2::timestamptz[]) as s(job, at)
where o.job = s.job and o.scheduled_at = s.at and o.state = 'planned' and o.attempts = 0;

-- name: set_next_occurrences
-- Corrects the next occurrence of cursors without moving them.
-- $1 text[] jobs, $2 timestamptz[] next occurrences, $3 timestamp[] their local times.
update nowd.job_cursor c
set next_at = n.next_at, next_local = n.next_local
from unnest($1::text[], $2::timestamptz[], $3::timestamp[]) as n(job, next_at, next_local)
where c.job = n.job;
