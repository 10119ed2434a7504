-- Questions about jobs and occurrences. Each row of an answer is to_jsonb() of a row. Written for jobs.cpp.

-- name: list_jobs
select to_jsonb(j) || jsonb_build_object('zone', c.zone)
from nowd.jobs j
  left join nowd.job_cursor c using (job)
order by j.job;

-- name: list_job_names
select job from nowd.job order by job;

-- name: list_current_job_names
-- Retired jobs are left out.
select job from nowd.job where state <> 'retired' order by job;

-- name: read_job
-- $1 text job.
select to_jsonb(j) from nowd.job j where j.job = $1;

-- name: read_revision_in_force
-- $1 text job.
select to_jsonb(v) from nowd.job j join nowd.revisions v using (job, revision) where job = $1;

-- name: read_cursor
-- $1 text job.
select to_jsonb(c) from nowd.job_cursor c where c.job = $1;

-- name: list_standings
-- Active jobs with their canonical form, and the median duration of the last 50 successful runs in seconds.
select jsonb_build_object('job', j.job, 'paused', j.paused_at is not null, 'spec', v.spec, 'usual', u.usual)
from nowd.job j
  join nowd.revisions v using (job, revision)
  cross join lateral (
    select percentile_cont(0.5) within group (order by extract(epoch from r.duration)::float8) as usual
    from (
      select r.duration
      from nowd.run r
      where r.job = j.job and r.state = 'succeeded' and not r.dry_run
      order by r.run desc
      limit 50
    ) r
  ) u
where j.state = 'active'
order by j.job;

-- name: list_retention
-- $1 text job or null.
select to_jsonb(r) from nowd.retention r where $1::text is null or r.job = $1 order by r.job;

-- name: read_fates
-- A row may stand for a range of occurrences: the schedule decides whether the moment is one of them.
-- $1 text job, $2 timestamptz moment.
select to_jsonb(f)
from nowd.occurrence_fate f
where f.job = $1 and f.scheduled_at <= $2::timestamptz and f.until_at >= $2::timestamptz
order by f.count, f.scheduled_at;

-- name: list_manual_runs
-- $1 text job, $2 timestamptz moment.
select to_jsonb(r)
from nowd.runs r
where r.job = $1 and r.scheduled_at = $2::timestamptz and r.kind in ('manual', 'after')
order by r.run;

-- name: read_serving_occurrence
-- The occurrence that a coalesced one was served by. Two subqueries instead of a join: a join would read the whole
-- view.
-- $1 text job, $2 timestamptz moment.
select to_jsonb(f)
from nowd.occurrence_fate f
where f.job = $1
  and f.count = 1
  and f.scheduled_at = coalesce(
    (select o.coalesced_into from nowd.occurrence o where o.job = $1 and o.scheduled_at = $2::timestamptz),
    (
      select g.coalesced_into
      from nowd.occurrence_range g
      where g.job = $1 and g.first_at <= $2::timestamptz and g.last_at >= $2::timestamptz
      order by g.first_at desc
      limit 1
    )
  );

-- name: read_decision
-- The person who decided about an occurrence, and the reason.
-- $1 text job, $2 timestamptz moment.
select jsonb_build_object('by', o.decided_by, 'why', o.decided_why)
from nowd.occurrence o
where o.job = $1 and o.scheduled_at = $2::timestamptz and o.decided_by is not null;

-- name: list_skipped
-- Occurrences to come that a person skipped.
-- $1 text job.
select u.scheduled_at from nowd.upcoming u where u.job = $1 and u.state = 'skipped' order by u.scheduled_at;
