-- Reports on clocks: of the runs of one job, of all jobs, and of waiting work. Written for clocks.cpp.

-- name: list_job_overviews
select to_jsonb(j) from nowd.job_overview j order by j.state = 'retired', j.job;

-- name: read_job_overview
-- $1 text job.
select to_jsonb(j) from nowd.job_overview j where j.job = $1;

-- name: measure_gaps
-- Percentiles of the intervals between the clocks of scheduled runs and catch-ups. Reads the newest runs first and no
-- more than the limit: a job that runs every ten seconds has millions.
-- $1 text job, $2 timestamptz since, $3 integer max_runs.
with picked as materialized (
  select r.run
  from nowd.run r
  where r.job = $1
    and r.request is null
    and r.scheduled_at >= $2::timestamptz
    and r.kind in ('scheduled', 'catch_up')
  order by r.scheduled_at desc
  limit $3::integer
)
select to_jsonb(q)
from (
  select g.gap, count(*) as runs, percentile_cont(0.5) within group (order by g.size) as p50,
    percentile_cont(0.95) within group (order by g.size) as p95,
    percentile_cont(0.99) within group (order by g.size) as p99, max(g.size) as worst
  from picked
    join nowd.run_clocks c using (run)
    cross join lateral (
      values
        (1, 'scheduled to dispatch', c.dispatch_lag),
        (2, 'dispatch to inference', c.inferred_at - c.dispatched_at),
        (3, 'inference to effect', c.effect_at - c.inferred_at),
        (4, 'scheduled to effect', c.effect_lag)
    ) g(place, gap, size)
  where g.size is not null
  group by g.place, g.gap
  order by g.place
) q;

-- name: count_verdicts
-- $1 text job, $2 timestamptz since, $3 integer max_runs.
with picked as materialized (
  select r.verdict
  from nowd.run r
  where r.job = $1
    and r.request is null
    and r.scheduled_at >= $2::timestamptz
    and r.kind in ('scheduled', 'catch_up')
  order by r.scheduled_at desc
  limit $3::integer
)
select coalesce(verdict, 'none'), count(*) from picked group by 1 order by 2 desc, 1;

-- name: list_remote_clocks
-- Remote clocks that the newest runs of the job have met.
-- $1 text job, $2 timestamptz since, $3 integer max_runs.
with picked as materialized (
  select r.run
  from nowd.run r
  where r.job = $1 and r.scheduled_at >= $2::timestamptz
  order by r.run desc
  limit least($3::integer, 1000)
)
select to_jsonb(s)
from nowd.clock_skew s
where s.remote in (
  select i.remote
  from picked
    join nowd.inference i using (run)
  union
  select t.remote
  from picked
    join nowd.tool_call t using (run)
)
order by s.remote;

-- name: list_model_beliefs
-- The dates that models stated, and the dates that probes found, against the true ones.
-- $1 text job, $2 timestamptz since.
select jsonb_build_object(
  'provider', b.provider,
  'model', b.model,
  'stated', count(b.stated),
  'stated_otherwise', count(*) filter (where left(b.stated, 10) <> b.as_of_date::text),
  'probed', count(b.believed),
  'believed_otherwise', count(*) filter (where left(b.believed, 10) <> b.true_date::text),
  'last_belief', left((array_agg(b.believed order by b.run desc) filter (where b.believed is not null))[1], 200)
)
from nowd.model_beliefs b
where b.job = $1 and b.sent_at >= $2::timestamptz
group by b.provider, b.model
order by b.provider, b.model;

-- name: list_recent_gaps
-- $1 text job, $2 integer max_runs.
select to_jsonb(g) from nowd.run_gaps g where g.job = $1 order by g.run desc limit $2::integer;

-- name: verify_ledger
-- $1 timestamptz since, $2 text job or null.
select to_jsonb(v) from nowd.verify($1::timestamptz, $2::text) v order by v."check", v.run, v.at limit 10000;

-- name: count_verified
-- How many rows verify_ledger examines.
-- $1 timestamptz since, $2 text job or null.
with r as materialized (
  select r.run from nowd.run r where r.claimed_at >= $1::timestamptz and ($2::text is null or r.job = $2)
)
select jsonb_build_object(
  'runs', (select count(*) from r),
  'model_calls', (select count(*) from r join nowd.inference i using (run)),
  'tool_calls', (select count(*) from r join nowd.tool_call t using (run)),
  'occurrences', (
    select coalesce(sum(f.count), 0)::bigint
    from nowd.occurrence_fate f
    where f.scheduled_at >= $1::timestamptz
      and f.scheduled_at <= clock_timestamp()
      and ($2::text is null or f.job = $2)
  )
);

-- name: measure_due
-- Number and greatest age in seconds of due work that no daemon has claimed.
select count(*), extract(epoch from clock_timestamp() - min(d.at))
from (
  select o.due_at as at
  from nowd.occurrence o
    join nowd.job j using (job)
  where o.state = 'planned' and o.due_at <= clock_timestamp() and j.state = 'active' and j.paused_at is null
  union all
  select q.requested_at
  from nowd.request q
  where q.state = 'planned'
) d;

-- name: measure_outbox
-- Number and greatest age in seconds of the messages of each sink.
select d.sink, count(*), extract(epoch from clock_timestamp() - min(d.created_at))
from nowd.delivery d
where d.state in ('pending', 'sending')
group by d.sink
order by d.sink;
