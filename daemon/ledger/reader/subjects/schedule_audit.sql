-- Statements that compare the occurrences of the ledger with the schedules. Written for schedule_audit.cpp.

-- name: list_jobs_to_audit
-- $1 text job or null.
select c.job, clock_timestamp() from nowd.job_cursor c where $1::text is null or c.job = $1 order by c.job;

-- name: list_schedules_in_force
-- The schedules of a job and the interval in which each was in force.
-- $1 text job, $2 timestamptz since, $3 timestamptz now.
select s.schedule_revision, greatest(s.planned_from, $2::timestamptz), s.planned_until
from nowd.past_schedule s
where s.job = $1 and s.planned_until > $2::timestamptz
union all
select c.schedule_revision, greatest(c.planned_from, $2::timestamptz),
  least(c.materialised_through, $3::timestamptz)
from nowd.job_cursor c
where c.job = $1;

-- name: list_ranges
-- A range that began before `since` is not counted: that would reach back beyond the interval of the audit.
-- $1 text job, $2 timestamptz since, $3 timestamptz time of the newest change of zone data.
select g.first_at, g.last_at, g.count, g.schedule_revision,
  g.first_at > $2::timestamptz and coalesce(g.recorded_at > $3::timestamptz, true)
from nowd.occurrence_range g
where g.job = $1 and g.last_at > $2::timestamptz;

-- name: read_spec_of_schedule
-- Any of the revisions with this schedule will do; this is the newest.
-- $1 text job, $2 text schedule revision.
select v.spec::text
from nowd.revisions v
where v.job = $1 and v.schedule_revision = $2
order by v.number desc
limit 1;

-- name: list_schedules_of_rows
-- The schedules that the rows name, and the last time at which each was planned with other zone data than this reader
-- has.
-- $1 text job, $2 timestamptz since, $3 text tzdata version.
select o.schedule_revision, max(o.recorded_at) filter (where o.tzdata <> $3)
from nowd.occurrence o
where o.job = $1 and o.scheduled_at > $2::timestamptz
group by o.schedule_revision;

-- name: last_zone_change
select max(e.recorded_at) from nowd.clock_event e where e.kind = 'tzdata';

-- name: read_occurrences
-- One page of occurrences. An edit of the schedule withdraws planned occurrences of the schedule before it; these are
-- not reported as replaced.
-- $1 text job, $2 timestamptz after, $3 timestamptz time of the newest change of zone data, $4 integer max_rows.
select o.scheduled_at, o.slot, extract(epoch from o.utc_offset)::bigint, o.slot_kind, o.schedule_revision,
  o.state = 'withdrawn' and o.reason is distinct from 'retired'
    and not exists (
    select
    from nowd.past_schedule p
    where p.job = o.job
      and p.schedule_revision = o.schedule_revision
      and o.scheduled_at <= p.planned_until
      and o.judged_at >= p.planned_until
  ),
  coalesce(o.recorded_at <= $3::timestamptz, false)
from nowd.occurrence o
where o.job = $1 and o.scheduled_at > $2::timestamptz
order by o.scheduled_at
limit $4::integer;
