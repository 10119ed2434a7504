-- Statements about daemons on one ledger: which revisions each has loaded, and which are in force. Written for
-- fleet.cpp.

-- name: count_load
-- Counts a load. The row lock lets daemons load one at a time.
update nowd.fleet set loads = loads + 1;

-- name: loads_so_far
-- How many loads there were: if the number is unchanged, no daemon has loaded files since.
select loads from nowd.fleet;

-- name: record_loaded
-- Records the files of this daemon.
-- $1 uuid node, $2 jsonb {job: revision}.
update nowd.node set loaded = $2::jsonb where node = $1;

-- name: forget_loaded_of_ended
-- A daemon that ended keeps its jobs for an hour, unless a successor took them over: hosts do not start together.
update nowd.node
set loaded = '{}'
where state <> 'alive' and loaded <> '{}' and ended_at < clock_timestamp() - interval '1 hour';

-- name: newer_elsewhere
-- Jobs of which another daemon, alive or ended a moment ago, has loaded a newer revision.
-- $1 text[] jobs, $2 text[] revisions, $3 uuid node, $4 timestamptz ended after.
select n.job
from unnest($1::text[], $2::text[]) as n(job, revision)
  join nowd.job j on j.job = n.job and j.state = 'active' and j.revision <> n.revision
  join nowd.job_revision mine on mine.job = n.job and mine.revision = n.revision
  join nowd.job_revision theirs on theirs.job = j.job and theirs.revision = j.revision
where mine.number < theirs.number
  and exists (
    select
    from nowd.node o
    where o.node <> $3 and o.loaded ->> j.job = j.revision and (o.state = 'alive' or o.ended_at > $4)
  );

-- name: retire_jobs
-- Retires jobs that are in the files of no daemon; their planned occurrences and requests are closed.
-- $1 text[] jobs, $2 uuid node.
with j as (
  update nowd.job j
  set state = 'retired', changed_at = clock_timestamp()
  where j.state <> 'retired'
    and not j.job = any($1::text[])
    and not exists (select from nowd.node o where o.node <> $2 and o.loaded ? j.job)
  returning j.job
),
o as (
  update nowd.occurrence o
  set state = 'withdrawn', reason = 'retired', judged_at = clock_timestamp()
  from j
  where o.job = j.job and o.state = 'planned'
),
q as (
  update nowd.request q
  set state = 'refused', reason = 'retired'
  from j
  where q.job = j.job and q.state = 'planned'
)
update nowd.job_cursor c set next_at = null, next_local = null from j where c.job = j.job returning c.job;

-- name: jobs_of_others
-- Active jobs that only other daemons have in their files.
-- $1 uuid node.
select j.job
from nowd.job j
where j.state = 'active'
  and exists (select from nowd.node o where o.node <> $1 and o.loaded ? j.job)
  and not exists (select from nowd.node n where n.node = $1 and n.loaded ? j.job);

-- name: jobs_loaded_elsewhere
-- Of these jobs: those whose revision in force another daemon has loaded and this one has not.
-- $1 uuid node, $2 text[] jobs.
select j.job
from nowd.node o
  cross join lateral jsonb_each_text(o.loaded) l
  join nowd.job j on j.job = l.key and j.revision = l.value
where o.node <> $1 and o.loaded <> '{}' and j.job = any($2::text[])
except
select l.key
from nowd.node n
  cross join lateral jsonb_each_text(n.loaded) l
  join nowd.job j on j.job = l.key and j.revision = l.value
where n.node = $1;

-- name: revisions_in_force
-- The revision in force of each active job.
select job, revision from nowd.job where state = 'active' order by job;
