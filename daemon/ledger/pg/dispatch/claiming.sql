-- Statements of a claim: find what is due, close what does not run, start runs. Written for due.cpp and claiming.cpp.

-- name: do_not_wait_for_disk
-- The commit of a claim need not wait for the disk: no work of a run starts before its dispatch is committed, and
-- that commit takes the claim to disk too. If the database crashes in between, both are lost and the occurrence is
-- still planned.
select set_config('synchronous_commit', 'off', true);

-- name: due_requests
-- Requests that may be judged now; a person or another job waits for them. w: jobs with requests, one step of an
-- index for each; m: requests by hand that may start now, one per lane; f: other requests, which may be skipped for
-- one another. A request that cannot start does not take the place of one that can.
-- $1 bigint max_rows, $2 text[] jobs of others.
with recursive w as (
  (select q.job from nowd.request q where q.state = 'planned' order by q.job limit 1)
  union all
  select (select q.job from nowd.request q where q.state = 'planned' and q.job > w.job order by q.job limit 1)
  from w
  where w.job is not null
),
j as materialized (
  select j.job, j.lane, j.paused_at is not null as paused,
    exists (
      select from nowd.run r where r.lane = j.lane and r.state in ('running', 'suspended', 'committing')
    ) as busy
  from w
    join nowd.job j on j.job = w.job
  where j.state = 'active' and j.job <> all($2::text[])
),
m as (
  select p.request
  from j
    cross join lateral (
      select q.request
      from nowd.request q
      where q.job = j.job
        and q.state = 'planned'
        and q.by_hand
        and (not j.paused or q.even_if_paused or q.after_run is not null)
      order by q.request
      limit case when j.lane is null then $1::bigint else 1 end
    ) p
  where not j.busy
),
f as (
  select p.request
  from j
    cross join lateral (
      select q.request
      from nowd.request q
      where q.job = j.job and q.state = 'planned' and not q.by_hand
      order by q.request
      limit $1::bigint
    ) p
),
i as (select request from m union all select request from f order by request limit $1::bigint),
c as materialized (
  select q.*
  from i
    join nowd.request q on q.request = i.request
  where q.state = 'planned'
  order by q.request
  for update of q skip locked
)
select c.job, c.scheduled_at, c.requested_at, c.window_start, c.attempts, c.fence,
  case when c.after_run is null then 'manual' else 'after' end, c.request, c.effects, s.live,
  s.succeeded_through, s.succeeded_at, s.revision, c.dry_run, c.input::text, c.after_run, s.paused, false,
  c.even_if_paused, c.by_hand, c.deliver, c.start_followers
from c
  join nowd.job_standing s on s.job = c.job
order by c.request;

-- name: due_occurrences
-- Occurrences that are due on time, or late and not judged yet. Columns: as in due_requests.
-- $1 bigint max_rows, $2 timestamptz now, $3 text[] jobs of others.
with c as materialized (
  select o.*
  from nowd.occurrence o
  where o.state = 'planned'
    and o.due_at <= $2
    and o.job <> all($3::text[])
    and o.kind = 'scheduled'
    and not o.buffered
  order by o.due_at, o.job
  limit $1
  for update skip locked
)
select c.job, c.scheduled_at, c.due_at, c.window_start, c.attempts, c.fence, c.kind, null,
  coalesce(c.effects, c.kind <> 'backfill'), s.live, s.succeeded_through, s.succeeded_at, s.revision, false,
  null, null, s.paused, c.buffered, false, false, coalesce(c.deliver, c.kind <> 'backfill'),
  coalesce(c.start_followers, c.kind <> 'backfill')
from c
  join nowd.job_standing s on s.job = c.job
order by c.due_at, c.job;

-- name: waiting_occurrences
-- Occurrences that wait for a lane, a catch-up slot or a restart, and could start now. b: on time, but their lane was
-- busy; l: catch-ups and backfills. b comes first: live work does not wait behind hours of catch-ups.
-- $1 bigint max_rows, $2 timestamptz now, $3 text[] jobs of others.
with b as materialized (
  select o.*
  from nowd.occurrence o
    join nowd.job_standing s on s.job = o.job
  where o.state = 'planned'
    and o.due_at <= $2
    and o.job <> all($3::text[])
    and (not s.busy or s.paused)
    and o.kind = 'scheduled'
    and o.buffered
  order by o.due_at, o.job
  limit $1
  for update of o skip locked
),
l as materialized (
  select o.*
  from nowd.occurrence o
    join nowd.job_standing s on s.job = o.job
  where o.state = 'planned'
    and o.due_at <= $2
    and o.job <> all($3::text[])
    and (not s.busy or s.paused)
    and o.kind <> 'scheduled'
    and (o.kind <> 'backfill' or not s.paused)
  order by o.due_at, o.job
  limit $1
  for update of o skip locked
),
c as (select 0 as behind, b.* from b union all select 1, l.* from l)
select c.job, c.scheduled_at, c.due_at, c.window_start, c.attempts, c.fence, c.kind, null,
  coalesce(c.effects, c.kind <> 'backfill'), s.live, s.succeeded_through, s.succeeded_at, s.revision, false,
  null, null, s.paused, c.buffered, false, false, coalesce(c.deliver, c.kind <> 'backfill'),
  coalesce(c.start_followers, c.kind <> 'backfill')
from c
  join nowd.job_standing s on s.job = c.job
order by c.behind, c.due_at, c.job;

-- name: due_of_jobs
-- All due occurrences of these jobs: a rule about several occurrences of a job must see all of them.
-- $1 text[] jobs, $2 timestamptz now.
with c as materialized (
  select o.*
  from nowd.occurrence o
  where o.state = 'planned' and o.due_at <= $2 and o.job = any($1::text[])
  order by o.job, o.due_at
  for update skip locked
)
select c.job, c.scheduled_at, c.due_at, c.window_start, c.attempts, c.fence, c.kind, null,
  coalesce(c.effects, c.kind <> 'backfill'), s.live, s.succeeded_through, s.succeeded_at, s.revision, false,
  null, null, s.paused, c.buffered, false, false, coalesce(c.deliver, c.kind <> 'backfill'),
  coalesce(c.start_followers, c.kind <> 'backfill')
from c
  join nowd.job_standing s on s.job = c.job
order by c.job, c.due_at;

-- name: close_unreadable_occurrences
-- Closes occurrences whose rows cannot be read.
-- $1 text[] jobs, $2 timestamptz[] moments.
update nowd.occurrence o
set state = 'missed', reason = 'unreadable', coalesced_into = null, buffered = false,
  judged_at = clock_timestamp()
from unnest($1::text[], $2::timestamptz[]) as u(job, at)
where o.job = u.job and o.scheduled_at = u.at and o.state = 'planned';

-- name: refuse_unreadable_requests
-- Refuses requests whose rows cannot be read.
-- $1 bigint[] requests.
update nowd.request q
set state = 'refused', reason = 'unreadable'
where q.request = any($1::bigint[]) and q.state = 'planned';

-- name: cancel_runs_of_lanes
-- Asks the live runs of these lanes to end (overlap: cancel_running). Their daemons are notified at once; the new run
-- starts only after the old rows are terminal.
-- $1 text[] lanes, $2 timestamptz now.
with r as (
  update nowd.run r
  set cancel_requested_at = $2, cancel_by = 'nowd',
    cancel_reason = 'a newer occurrence takes its place (overlap: cancel_running)'
  where r.lane = any($1::text[])
    and r.state in ('running', 'suspended', 'committing')
    and r.cancel_requested_at is null
  returning r.run
)
select pg_notify('nowd', 'cancel') from r;

-- name: count_catch_ups
-- Counts the catch-ups and backfills under way, for the limit of concurrent ones.
select count(*)
from nowd.run r
where r.kind in ('catch_up', 'backfill') and r.state in ('running', 'committing');

-- name: next_due
-- The earliest planned occurrence after now.
-- $1 timestamptz now, $2 text[] jobs of others.
select min(o.due_at)
from nowd.occurrence o
where o.state = 'planned' and o.due_at > $1 and o.job <> all($2::text[]);

-- name: close_occurrences
-- Closes occurrences without a run. If a coalesced one is a catch-up, the occurrences that it stood for (in its
-- window) now point to the same occurrence as it does.
-- $1 text[] jobs, $2 timestamptz[] moments, $3 text[] states, $4 text[] reasons, $5 timestamptz[] moments of the
-- occurrences that serve them, $6 timestamptz now.
with c as (
  update nowd.occurrence o
  set state = d.state, reason = nullif(d.reason, ''), coalesced_into = d.into_at, buffered = false,
    judged_at = $6
  from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::timestamptz[]) as d(
    job, at, state, reason, into_at
  )
  where o.job = d.job and o.scheduled_at = d.at
  returning o.job, o.scheduled_at, o.window_start, o.kind, o.coalesced_into
)
update nowd.occurrence p
set coalesced_into = c.coalesced_into
from c
where c.kind = 'catch_up'
  and c.coalesced_into is not null
  and p.job = c.job
  and p.scheduled_at > c.window_start
  and p.scheduled_at < c.scheduled_at
  and p.coalesced_into = c.scheduled_at;

-- name: keep_occurrences_waiting
-- Records that due occurrences wait for a lane or a catch-up slot.
-- $1 text[] jobs, $2 timestamptz[] moments, $3 text[] kinds, $4 boolean[] buffered, $5 timestamptz[] starts of
-- windows.
update nowd.occurrence o
set kind = d.kind, buffered = d.buffered, window_start = coalesce(d.window_start, o.window_start)
from unnest($1::text[], $2::timestamptz[], $3::text[], $4::boolean[], $5::timestamptz[]) as d(
  job, at, kind, buffered, window_start
)
where o.job = d.job and o.scheduled_at = d.at;

-- name: refuse_requests
-- Closes requests without a run.
-- $1 bigint[] requests, $2 text[] reasons.
update nowd.request q
set state = 'refused', reason = d.reason
from unnest($1::bigint[], $2::text[]) as d(request, reason)
where q.request = d.request;

-- name: lock_jobs
-- Locks the jobs against a pause. A pause is a fence: after nowd.pause has returned, no run of the job starts. If its
-- row lock came first, this claim skips the job; otherwise the pause waits until the claim ends.
-- $1 text[] jobs.
select j.job, j.paused_at is not null
from nowd.job j
where j.job = any($1::text[]) and j.state = 'active'
order by j.job
for share of j skip locked;

-- name: start_runs
-- Inserts the runs. If another daemon has just started a run of the same lane, the index run_one_live_per_lane
-- refuses ours and the occurrence stays planned; at the next claim its lane is busy.
-- $1 text[] jobs, $2 timestamptz[] moments, $3 text[] kinds, $4 integer[] attempts, $5 bigint[] requests, $6 text[]
-- revisions, $7 bigint[] fences, $8 uuid[] claim ids, $9 timestamptz[] due times, $10 timestamptz[] starts of
-- windows, $11 text[] zones, $12 boolean[] effects, $13 boolean[] dry runs, $14 text[] lanes, $15 text[] authorities,
-- $16 uuid node, $17 timestamptz now.
insert into nowd.run (
  job, scheduled_at, kind, attempt, request, revision, node, fence, claim_id, claimed_at, due_at, as_of,
  authority, window_start, window_end, zone, effects, dry_run, lane
)
select job, at, kind, attempt, request, revision, $16, fence, claim_id, $17, due,
  case authority when 'dispatch' then $17 else at end, authority, window_start, at, zone, effects, dry_run, lane
from unnest(
  $1::text[], $2::timestamptz[], $3::text[], $4::int[], $5::bigint[], $6::text[], $7::bigint[], $8::uuid[],
  $9::timestamptz[], $10::timestamptz[], $11::text[], $12::boolean[], $13::boolean[], $14::text[], $15::text[]
) with ordinality as n(
  job, at, kind, attempt, request, revision, fence, claim_id, due, window_start, zone, effects, dry_run, lane,
  authority, place
)
order by place
on conflict do nothing
returning run, claim_id;

-- name: mark_occurrences_claimed
-- Marks the occurrences of the started runs as claimed.
-- $1 text[] jobs, $2 timestamptz[] moments, $3 integer[] attempts, $4 bigint[] fences, $5 timestamptz[] starts of
-- windows, $6 text[] kinds, $7 timestamptz now.
update nowd.occurrence o
set state = 'claimed', attempts = t.attempt, fence = t.fence, window_start = t.window_start, kind = t.kind,
  buffered = false, judged_at = $7
from unnest($1::text[], $2::timestamptz[], $3::int[], $4::bigint[], $5::timestamptz[], $6::text[]) as t(
  job, at, attempt, fence, window_start, kind
)
where o.job = t.job and o.scheduled_at = t.at;

-- name: mark_requests_claimed
-- Marks the requests of the started runs as claimed.
-- $1 bigint[] requests, $2 integer[] attempts, $3 bigint[] fences.
update nowd.request q
set state = 'claimed', attempts = t.attempt, fence = t.fence
from unnest($1::bigint[], $2::int[], $3::bigint[]) as t(request, attempt, fence)
where q.request = t.request;
