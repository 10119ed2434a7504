-- Statements of a check-up (nowctl doctor). Written for health.cpp.

-- name: health_server
select current_setting('server_version_num'), split_part(current_setting('server_version'), ' ', 1),
  current_user, current_database(), (select rolsuper from pg_roles where rolname = current_user),
  pg_database_size(current_database()), pg_backend_pid();

-- name: health_groups
-- The groups of nowd that exist on the server, and whether this login is a member.
select rolname, pg_has_role(current_user, oid, 'member')
from pg_roles
where rolname in ('nowd_reader', 'nowd_operator', 'nowd_daemon')
order by rolname desc;

-- name: health_clock
select clock_timestamp();

-- name: health_second_backend
-- Through a pool this session may meet the server process that prepared the statements above, so the name is
-- different.
select pg_backend_pid();

-- name: health_daemons
-- Daemons that did not stop in order; the silence since the last beat is in microseconds.
select n.host, n.version, n.pid, n.started_at,
  (extract(epoch from clock_timestamp() - b.beat_at) * 1000000)::bigint
from nowd.node n
  join nowd.node_beat b using (node)
where n.state = 'alive'
order by b.beat_at desc;

-- name: health_overdue
-- Jobs with planned occurrences that no daemon claimed, or with a next occurrence that no daemon planned, for a
-- minute.
select x.job, min(x.due_at), x.planned,
  exists (select from nowd.run r where r.job = x.job and r.state in ('running', 'suspended', 'committing'))
from (
  select o.job, o.due_at, true as planned
  from nowd.occurrence o
  where o.state = 'planned'
  union all
  select c.job, c.next_at, false
  from nowd.job_cursor c
) x
  join nowd.job j on j.job = x.job
where j.state = 'active' and j.paused_at is null and x.due_at < clock_timestamp() - interval '1 minute'
group by x.job, x.planned
order by 2;

-- name: health_alerts
select kind, name, reason, detail, first_at from nowd.alerts where state = 'open' order by first_at;

-- name: health_holds
select cause, detail, held_at from nowd.holds where accepted_at is null order by hold;

-- name: health_in_doubt
-- Effects in doubt of the last day, of runs that have ended.
select e.job, e.tool, e.run
from nowd.effects_in_doubt e
  join nowd.run r on r.run = e.run
where e.intent_at > clock_timestamp() - interval '1 day'
  and r.state not in ('running', 'suspended', 'committing')
order by e.run desc;

-- name: health_lost
-- Runs past their wall time by a minute, although their daemon is alive: it has lost them.
select r.job, r.run, r.claimed_at
from nowd.run r
  join nowd.node n using (node)
  join nowd.revisions v on v.job = r.job and v.revision = r.revision
where r.state in ('running', 'committing')
  and n.state = 'alive'
  and r.claimed_at < clock_timestamp() - interval '1 minute' - make_interval(
    secs => coalesce((v.spec -> 'limits' ->> 'wall_ms')::double precision / 1000, 600)
  )
order by r.run;

-- name: health_unsent
select sink, state, count(*)
from nowd.deliveries
where state in ('unknown', 'failed', 'expired') and settled_at > clock_timestamp() - interval '1 day'
group by sink, state
order by sink, state;

-- name: health_accounts
-- Provider accounts that are not called at present.
select provider, state, cause, until
from nowd.provider_state
where state <> 'closed' and until > clock_timestamp()
order by provider;

-- name: health_jobs
-- Active jobs, and whether a live daemon has their revision in its files.
select j.job, j.revision, coalesce(c.zone, ''),
  exists (select from nowd.node n where n.state = 'alive' and n.loaded ->> j.job = j.revision)
from nowd.job j
  left join nowd.job_cursor c using (job)
where j.state = 'active'
order by 1;
