-- Statements about the runs and messages of daemons that are gone. Written for recovery.cpp and pg_ledger.cpp.

-- name: other_beats
-- The beat counters of the other live daemons.
-- $1 uuid node.
select b.node::text, b.beat
from nowd.node n
  join nowd.node_beat b using (node)
where n.state = 'alive' and n.node <> $1;

-- name: mark_node_dead
-- Compare-and-set on the last seen beat: a daemon that has beaten since, or is inside a transaction, is not dead.
-- $1 uuid node, $2 bigint last seen beat.
with s as (select node from nowd.node_beat where node = $1 and beat = $2 for update skip locked),
b as (update nowd.node_beat k set beat = k.beat + 1 from s where k.node = s.node returning k.node)
update nowd.node n
set state = 'dead', reason = 'beat', ended_at = clock_timestamp()
from b
where n.node = b.node and n.state = 'alive'
returning n.node;

-- name: live_runs_of_node
-- Live runs of a node with the facts that decide how they end. Attempts that were deferred do not count.
-- $1 uuid node, $2 bigint[] runs or null for all.
select r.run,
  r.attempt - (
    select count(*)
    from nowd.run d
    where d.job = r.job
      and d.scheduled_at = r.scheduled_at
      and d.request is not distinct from r.request
      and d.not_before is not null
      and d.run < r.run
  ),
  exists (
    select from nowd.tool_call t where t.run = r.run and t.effect <> 'read' and t.state in ('intent', 'unknown')
  ) as in_doubt,
  exists (
    select
    from nowd.tool_call t
    where t.run = r.run
      and t.effect <> 'read'
      and t.state not in ('refused', 'shown')
      and not (t.state = 'failed' and t.started_at is null)
  ) as acted,
  exists (select from nowd.inference i where i.run = r.run and i.opaque) as opaque, r.job, r.dry_run,
  r.cancel_by, r.cancel_reason
from nowd.run r
where r.node = $1 and r.state in ('running', 'committing') and ($2::bigint[] is null or r.run = any($2))
for update of r;

-- name: unserved_runs
-- Runs that the ledger assigns to this daemon and that the daemon does not serve.
-- $1 uuid node, $2 bigint[] served runs.
select r.run
from nowd.run r
where r.node = $1 and r.state in ('running', 'committing') and not r.run = any($2::bigint[]);

-- name: unserved_messages
-- Messages that the ledger assigns to this daemon and that the daemon is not sending.
-- $1 uuid node, $2 bigint[] messages being sent.
select d.delivery
from nowd.delivery d
where d.node = $1 and d.state = 'sending' and not d.delivery = any($2::bigint[]);

-- name: due_deferred_runs
-- Deferred runs whose time has come, or that a person wants to end. One daemon takes each: rows that another one has
-- locked are skipped.
-- $1 timestamptz now.
select r.run, r.cancel_by, r.cancel_reason, r.detail
from nowd.run r
where r.state = 'suspended' and (r.not_before <= $1 or r.cancel_requested_at is not null)
for update skip locked;

-- name: close_calls_of_runs
-- Calls under way of runs that have ended: an effect's outcome is unknown; a model call counts as what was reserved.
-- $1 bigint[] runs, $2 text reason.
with t as (
  update nowd.tool_call set state = 'unknown', error = $2 where run = any($1::bigint[]) and state = 'intent'
)
update nowd.inference
set state = 'lost', cost_usd = reserved_usd, usage_estimated = reserved_usd is not null
where run = any($1::bigint[]) and state = 'sending';

-- name: end_runs
-- Ends runs whose daemon is gone. Usage is summed from the recorded calls, because the daemon that counted is gone.
-- An occurrence that was deferred and is planned again is late: it becomes a catch-up, behind work that is on time.
-- $1 bigint[] runs, $2 text[] states, $3 text[] reasons, $4 text[] details, $5 text[] states of their occurrences or
-- requests.
with d as (
  select *
  from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[]) as d(
    run, state, reason, detail, again
  )
),
m as (
  select d.run, count(i.seq) as calls, coalesce(sum(i.input_tokens), 0) as input,
    coalesce(sum(i.output_tokens), 0) as output, least(sum(i.cost_usd), 999999) as cost
  from d
    left join nowd.inference i on i.run = d.run
  group by d.run
),
t as (
  select d.run, count(c.run) as calls
  from d
    left join nowd.tool_call c on c.run = d.run and c.source = 'model'
  group by d.run
),
e as (
  update nowd.run r
  set state = d.state, reason = d.reason, detail = d.detail, model_calls = m.calls, tool_calls = t.calls,
    input_tokens = m.input, output_tokens = m.output, cost_usd = m.cost, fence = r.fence + 1,
    ended_at = clock_timestamp()
  from d
    join m using (run)
    join t using (run)
  where r.run = d.run
  returning r.job, r.scheduled_at, r.request, d.again, r.not_before is not null as put_aside
),
o as (
  update nowd.occurrence o
  set state = e.again, fence = o.fence + 1,
    kind = case when o.kind = 'scheduled' and e.put_aside and e.again = 'planned' then 'catch_up'
      else o.kind end,
    judged_at = clock_timestamp()
  from e
  where e.request is null and o.job = e.job and o.scheduled_at = e.scheduled_at
)
update nowd.request q set state = e.again, fence = q.fence + 1 from e where q.request = e.request;

-- name: used_by_earlier_attempts
-- Usage of the earlier attempts of these runs, up to limits that any counter can hold.
-- $1 bigint[] runs.
with n as (select r.run, r.job, r.scheduled_at, r.request from nowd.run r where r.run = any($1::bigint[])),
earlier as (
  select n.run as newest, r.*
  from n
    join nowd.run r on r.job = n.job and r.request is null and r.scheduled_at = n.scheduled_at
  where n.request is null and r.run < n.run
  union all
  select n.run, r.*
  from n
    join nowd.run r on r.request = n.request
  where r.run < n.run
)
select newest, sum(model_calls), sum(tool_calls), sum(input_tokens), sum(output_tokens),
  least(greatest(coalesce(sum(cost_usd), 0), 0), 1000000)
from earlier
group by newest;
