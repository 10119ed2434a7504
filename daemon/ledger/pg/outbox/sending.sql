-- Statements about deliveries: claim, settle, expire, release. Written for sending.cpp.

-- name: expire_deliveries
-- Closes deliveries that are due and past their validity.
-- $1 timestamptz now.
update nowd.delivery d
set state = 'expired', next_at = null, settled_at = $1,
  reason = 'its validity passed' || coalesce('; last: ' || d.reason, '')
where d.state = 'pending' and d.next_at <= $1 and d.expires_at <= $1
returning d.sink, d.job, d.run, d.subject, d.reason, d.attempts, d.delivery;

-- name: record_expired_decisions
-- The guard's decision "deny" for outputs that expired, with the evidence.
-- $1 bigint[] deliveries, $2 timestamptz now.
insert into nowd.gate_decision (run, subject, delivery, attempt, verdict, objections, evidence, decided_at)
select d.run, 'delivery', d.delivery, d.attempts + 1, 'deny',
  jsonb_build_array(
    jsonb_build_object(
      'rule', 'valid_for', 'response', 'refuse', 'verdict', 'expired', 'detail',
      'expired: its validity passed before it could be delivered'
    )
  ),
  jsonb_build_object('now', $2::timestamptz, 'valid_until', d.expires_at), $2
from nowd.delivery d
where d.delivery = any($1::bigint[]) and d.purpose = 'output';

-- name: record_skewed_decision
-- The guard's decision "deny" for an output that was allowed when it was claimed; the sender alone has seen the clock
-- of its sink since.
-- $1 bigint delivery, $2 integer attempt, $3 text detail, $4 timestamptz now.
insert into nowd.gate_decision (run, subject, delivery, attempt, verdict, objections, evidence, decided_at)
select d.run, 'delivery', d.delivery, $2::integer, 'deny',
  jsonb_build_array(
    jsonb_build_object('rule', 'skew', 'response', 'refuse', 'verdict', 'skewed', 'detail', $3::text)
  ),
  jsonb_build_object('now', $4::timestamptz), $4
from nowd.delivery d
where d.delivery = $1::bigint;

-- name: claim_deliveries
-- Claims due deliveries, records the attempts and the guard's decisions "allow", and reads the runs that they belong
-- to.
-- $1 timestamptz now, $2 bigint max_rows, $3 text[] busy sinks, $4 text[] sinks that cannot detect a repetition, $5
-- uuid node.
with c as materialized (
  select d.delivery
  from nowd.delivery d
  where d.state = 'pending' and d.next_at <= $1 and not d.sink = any($3::text[])
  order by d.next_at
  limit $2
  for update skip locked
),
t as (
  update nowd.delivery d
  set state = 'sending', next_at = null, node = $5, attempts = d.attempts + 1,
    repeatable = not d.sink = any($4::text[])
  from c
  where d.delivery = c.delivery
  returning d.*
),
a as (
  insert into nowd.delivery_attempt (delivery, attempt, node, intent_at)
  select delivery, attempts, $5, $1
  from t
),
g as (
  insert into nowd.gate_decision (run, subject, delivery, attempt, verdict, evidence, decided_at)
  select run, 'delivery', delivery, attempts, 'allow',
    jsonb_build_object('now', $1::timestamptz, 'valid_until', expires_at), $1
  from t
  where purpose = 'output'
)
select t.delivery, t.sink, t.purpose, t.key, t.subject, coalesce(t.text, b.content, ''), t.attempts,
  t.expires_at, r.run, r.job, r.kind, r.attempt, r.zone, r.scheduled_at, r.due_at, r.as_of, r.window_start,
  r.window_end, r.dispatched_at, r.state, r.verdict, coalesce(t.reason, '')
from t
  left join nowd.run r on r.run = t.run
  left join nowd.body b on t.purpose = 'output' and b.run = t.run and b.part = 'output'
order by t.delivery;

-- name: next_delivery
-- When the next delivery or alert is due.
-- $1 timestamptz now.
select least(
  (select min(d.next_at) from nowd.delivery d where d.state = 'pending' and d.next_at > $1),
  (select min(a.notify_at) from nowd.alert a where a.notify_at is not null)
);

-- name: settle_delivery
-- Records the outcome of an attempt. No row changes if the delivery belongs to another daemon by now.
-- $1 bigint delivery, $2 integer attempt, $3 uuid node, $4 text state, $5 timestamptz next attempt at, $6 text
-- detail, $7 timestamptz settled at, $8 timestamptz started at, $9 timestamptz ended at, $10 interval duration, $11
-- text outcome, $12 text remote, $13 timestamptz date of the remote.
with d as (
  update nowd.delivery d
  set state = $4, next_at = $5::timestamptz, node = null, reason = $6,
    settled_at = case when $4 = 'pending' then null else $7::timestamptz end
  where d.delivery = $1::bigint and d.attempts = $2::integer and d.node = $3 and d.state = 'sending'
  returning d.delivery, d.sink, d.job, d.run
)
update nowd.delivery_attempt a
set started_at = $8::timestamptz, ended_at = $9::timestamptz, duration = $10::interval, outcome = $11,
  detail = $6, remote = $12, remote_date = $13::timestamptz
from d
where a.delivery = d.delivery and a.attempt = $2::integer
returning d.job, d.run;

-- name: release_deliveries
-- Deliveries of a daemon that is gone: pending again if the sink detects repetitions, otherwise unknown.
-- $1 uuid node, $2 timestamptz now, $3 text reason, $4 bigint[] deliveries or null for all.
with d as (
  update nowd.delivery d
  set state = case when d.repeatable then 'pending' else 'unknown' end,
    next_at = case when d.repeatable then $2::timestamptz end, node = null, reason = $3,
    settled_at = case when d.repeatable then null else $2::timestamptz end
  where d.node = $1 and d.state = 'sending' and ($4::bigint[] is null or d.delivery = any($4))
  returning d.*
),
a as (
  update nowd.delivery_attempt a
  set outcome = 'lost', detail = $3
  from d
  where a.delivery = d.delivery and a.attempt = d.attempts
)
select d.sink, d.job, d.run from d where d.state = 'unknown';
