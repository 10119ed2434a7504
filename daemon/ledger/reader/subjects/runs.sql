-- Questions about runs, their calls, texts, messages and costs. Written for runs.cpp. {table} stands for the table
-- with the columns that this role may read (JsonRows).

-- name: list_runs
-- $1 text job or null, $2 timestamptz since or null, $3 text state or null, $4 integer max_rows.
select to_jsonb(r)
from nowd.runs r
where ($1::text is null or r.job = $1)
  and ($2::timestamptz is null or r.scheduled_at >= $2)
  and ($3::text is null or r.state = $3)
order by r.run desc
limit $4::integer;

-- name: read_run
-- $1 bigint run.
select to_jsonb(r) from {run} r where r.run = $1::bigint;

-- name: read_run_clocks
-- $1 bigint run.
select to_jsonb(r) from nowd.run_clocks r where r.run = $1::bigint;

-- name: read_model_calls
-- $1 bigint run.
select to_jsonb(i) from {inference} i where i.run = $1::bigint order by i.seq;

-- name: read_tool_calls
-- $1 bigint run.
select to_jsonb(t) from {tool_call} t where t.run = $1::bigint order by t.seq;

-- name: read_gates
-- $1 bigint run.
select to_jsonb(g) from nowd.gates g where g.run = $1::bigint order by g.decision;

-- name: read_readings
-- $1 bigint run.
select to_jsonb(c) from nowd.clock_reading c where c.run = $1::bigint order by c.seq, c.recorded_at;

-- name: read_occurrence_of_run
-- $1 bigint run.
select to_jsonb(o)
from nowd.occurrence o
  join nowd.run r on r.job = o.job and r.scheduled_at = o.scheduled_at
where r.run = $1::bigint and r.request is null;

-- name: read_request_of_run
-- $1 bigint run.
select to_jsonb(q)
from (
  select request, job, scheduled_at, as_of_given, effects, dry_run, after_run, state, reason, attempts,
    requested_by, requested_at
  from nowd.request
) q
  join nowd.run r on r.request = q.request
where r.run = $1::bigint;

-- name: read_revision_of_run
-- $1 bigint run.
select to_jsonb(v)
from nowd.revisions v
  join nowd.run r on r.job = v.job and r.revision = v.revision
where r.run = $1::bigint;

-- name: read_node_of_run
-- $1 bigint run.
select to_jsonb(n) from nowd.node n join nowd.run r on r.node = n.node where r.run = $1::bigint;

-- name: may_read_bodies
-- Asked before the table is touched: without the right the answer has no output, and no error.
select has_table_privilege('nowd.body', 'select');

-- name: read_bodies
-- $1 bigint run.
select jsonb_build_object('part', b.part, 'seq', b.seq, 'content', b.content)
from nowd.body b
where b.run = $1::bigint
order by b.recorded_at, b.part, b.seq;

-- name: read_output
-- $1 bigint run.
select b.content
from nowd.body b
where b.run = $1::bigint and b.part = 'output'
order by b.recorded_at desc
limit 1;

-- name: list_deliveries
-- $1 text job or null, $2 text sink or null, $3 text state or null, $4 bigint run or null, $5 integer max_rows.
select to_jsonb(d)
from nowd.deliveries d
where ($1::text is null or d.job = $1)
  and ($2::text is null or d.sink = $2)
  and ($3::text is null or d.state = $3)
  and ($4::bigint is null or d.run = $4::bigint)
order by d.delivery desc
limit $5::integer;

-- name: may_read_messages
select has_column_privilege('nowd.delivery', 'text', 'select');

-- name: read_shown_messages
-- Messages that a dry run shows instead of sending them.
-- $1 bigint run.
select d.delivery, d.text
from nowd.delivery d
where d.run = $1::bigint and d.state = 'shown'
order by d.delivery;

-- name: sum_spending
-- $1 text job or null, $2 timestamptz since (its whole UTC day).
select to_jsonb(x)
from (
  select job, sum(runs) as runs, sum(model_calls) as model_calls,
    round(sum(model_calls) / sum(runs), 2) as amplification, sum(repeated) as repeated,
    sum(input_tokens) as input_tokens, sum(cached_tokens) as cached_tokens,
    sum(cache_write_tokens) as cache_write_tokens, sum(output_tokens) as output_tokens,
    sum(reasoning_tokens) as reasoning_tokens, trim_scale(sum(cost_usd)) as cost_usd,
    sum(estimated) as estimated, max(last_at) as last_at
  from nowd.spend_by_job
  where ($1::text is null or job = $1) and day >= ($2::timestamptz at time zone 'UTC')::date
  group by job
  order by sum(cost_usd) desc nulls last, job
) x;

-- name: count_stops
-- $1 text job or null, $2 timestamptz since (its whole UTC day).
select to_jsonb(x)
from (
  select job, provider, stop, stop_raw, action, sum(calls) as calls, max(last_run) as last_run,
    max(last_at) as last_at
  from nowd.inference_stops
  where ($1::text is null or job = $1) and day >= ($2::timestamptz at time zone 'UTC')::date
  group by job, provider, stop, stop_raw, action
  order by job, sum(calls) desc, stop
) x;
