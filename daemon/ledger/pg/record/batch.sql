-- Statements that record the facts of runs. Each writes the rows of a whole batch. Written for batch.cpp.

-- name: lock_runs
-- Locks the runs that this daemon still owns. `ended_at is null` means "not terminal" by a CHECK; a condition on
-- states would lead the planner to the partial index of live runs, which it would read once per row. No daemon owns a
-- deferred run. The check of fence and claim id holds under the row lock until the commit: no later statement of this
-- transaction can write to a run that another daemon took in between.
-- $1 bigint[] runs, $2 bigint[] fences, $3 uuid[] claim ids.
select r.run
from unnest($1::bigint[], $2::bigint[], $3::uuid[]) as c(run, fence, claim_id)
  join nowd.run r on r.run = c.run
    and r.fence = c.fence
    and r.claim_id = c.claim_id
    and r.ended_at is null
    and r.not_before is null
for no key update of r;

-- name: write_dispatches
-- The clock of the host at the dispatch of each run.
-- Parameters: the columns of d.
update nowd.run r
set dispatched_at = d.at, dispatched_boot_ns = d.boot_ns, host_sync = d.source,
  host_uncertainty = d.uncertainty
from unnest($1::bigint[], $2::timestamptz[], $3::interval[], $4::bigint[], $5::text[]) as d(
  run, at, uncertainty, boot_ns, source
)
where r.run = d.run;

-- name: write_model_calls
-- Model calls before they are sent, and reservations in the account of the job and UTC day. The day is that of the
-- transaction: a row and its account agree on it. Gives the spending of the day for runs with a reservation.
-- Parameters: the columns of u.
with s as (
  insert into nowd.inference (
    run, seq, provider, model, opaque, purpose, cause, reserved_usd, attempt, budget_day
  )
  select u.*, case when u.reserved is not null then (now() at time zone 'UTC')::date end
  from unnest(
    $1::bigint[], $2::int[], $3::text[], $4::text[], $5::boolean[], $6::text[], $7::text[], $8::numeric[],
    $9::int[]
  ) as u(run, seq, provider, model, opaque, purpose, cause, reserved, attempt)
  returning run, reserved_usd, budget_day
),
p as (
  select r.job, s.budget_day as day, sum(s.reserved_usd) as usd
  from s
    join nowd.run r using (run)
  where s.reserved_usd is not null
  group by 1, 2
  order by 1, 2
),
b as (
  insert into nowd.budget_account as b (job, day, reserved_usd)
  select job, day, least(usd, 9999999999)
  from p
  on conflict (job, day) do update
  set reserved_usd = least(b.reserved_usd + excluded.reserved_usd, 9999999999), changed_at = clock_timestamp()
  returning b.job, least(b.reserved_usd + b.spent_usd, 1000000) as usd
)
select s.run, b.usd from s join nowd.run r using (run) join b on b.job = r.job where s.reserved_usd is not null;

-- name: write_answers
-- Answers of model calls; the reservations become spending.
-- Parameters: the columns of a.
with a as (
  update nowd.inference i
  set state = 'answered', model_served = a.model_served, remote = a.remote, injected_now = a.injected_now,
    sent_at = a.sent_at, headers_at = a.headers_at, first_token_at = a.first_token_at, ended_at = a.ended_at,
    duration = a.duration, provider_date = a.provider_date, offset_low = a.offset_low,
    offset_high = a.offset_high, http_status = a.http_status, request_id = a.request_id,
    request_sha256 = a.request_sha256, stop_raw = a.stop_raw, stop = a.stop, stop_action = a.stop_action,
    detail = a.detail, input_tokens = a.input_tokens, cached_tokens = a.cached_tokens,
    output_tokens = a.output_tokens, reasoning_tokens = a.reasoning_tokens, model_as_of = a.model_as_of,
    cost_usd = a.cost_usd, usage_estimated = a.usage_estimated, cache_write_tokens = a.cache_write_tokens,
    server_duration = a.server_duration, retry_class = a.retry_class, retry_after = a.retry_after,
    rate_limits = a.rate_limits, sent_boot_ns = a.sent_boot_ns, headers_boot_ns = a.headers_boot_ns,
    first_token_boot_ns = a.first_token_boot_ns, ended_boot_ns = a.ended_boot_ns, host_sync = a.host_sync,
    host_uncertainty = a.host_uncertainty
  from unnest(
    $1::bigint[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[],
    $8::timestamptz[], $9::timestamptz[], $10::interval[], $11::timestamptz[], $12::int[], $13::text[],
    $14::text[], $15::text[], $16::text[], $17::text[], $18::text[], $19::bigint[], $20::bigint[],
    $21::bigint[], $22::bigint[], $23::text[], $24::numeric[], $25::boolean[], $26::bigint[], $27::interval[],
    $28::text[], $29::interval[], $30::jsonb[], $31::interval[], $32::interval[], $33::bigint[], $34::bigint[],
    $35::bigint[], $36::bigint[], $37::text[], $38::interval[]
  ) as a(
    run, seq, model_served, remote, injected_now, sent_at, headers_at, first_token_at, ended_at, duration,
    provider_date, http_status, request_id, request_sha256, stop_raw, stop, stop_action, detail, input_tokens,
    cached_tokens, output_tokens, reasoning_tokens, model_as_of, cost_usd, usage_estimated, cache_write_tokens,
    server_duration, retry_class, retry_after, rate_limits, offset_low, offset_high,
    sent_boot_ns, headers_boot_ns, first_token_boot_ns, ended_boot_ns, host_sync, host_uncertainty
  )
  where i.run = a.run and i.seq = a.seq
  returning i.run, i.budget_day, i.reserved_usd, i.cost_usd
),
p as (
  select r.job, a.budget_day as day, sum(a.reserved_usd) as reserved, sum(coalesce(a.cost_usd, 0)) as cost
  from a
    join nowd.run r using (run)
  where a.reserved_usd is not null
  group by 1, 2
)
update nowd.budget_account b
set reserved_usd = greatest(b.reserved_usd - p.reserved, 0),
  spent_usd = least(b.spent_usd + p.cost, 9999999999), changed_at = clock_timestamp()
from p
where b.job = p.job and b.day = p.day;

-- name: write_tool_calls
-- Tool calls: intents, refusals, and effects that a dry run shows.
-- Parameters: in the order of the inserted columns.
insert into nowd.tool_call (
  run, seq, source, inference_seq, call_id, tool, effect, arguments, arguments_sha256, idempotency_key, state,
  intent_at, error, intent_boot_ns, host_sync, host_uncertainty
)
select *
from unnest(
  $1::bigint[], $2::int[], $3::text[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
  $10::text[], $11::text[], $12::timestamptz[], $13::text[], $14::bigint[], $15::text[], $16::interval[]
);

-- name: write_gate_decisions
-- Decisions of gates on effects.
-- Parameters: in the order of the inserted columns.
insert into nowd.gate_decision (run, subject, call_seq, verdict, objections, evidence, decided_at)
select *
from unnest($1::bigint[], $2::text[], $3::int[], $4::text[], $5::jsonb[], $6::jsonb[], $7::timestamptz[]);

-- name: write_tool_outcomes
-- Outcomes of tool calls.
-- Parameters: the columns of o.
update nowd.tool_call t
set state = o.state, started_at = o.started_at, ended_at = o.ended_at, duration = o.duration, remote = o.remote,
  remote_date = o.remote_date, exit_code = o.exit_code, error = o.error, result_bytes = o.result_bytes,
  result_cut = o.result_cut, data_oldest = o.data_oldest, data_newest = o.data_newest,
  data_count = o.data_count, data_inside = o.data_inside, started_boot_ns = o.started_boot_ns,
  ended_boot_ns = o.ended_boot_ns
from unnest(
  $1::bigint[], $2::int[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::interval[], $7::text[],
  $8::timestamptz[], $9::int[], $10::text[], $11::bigint[], $12::boolean[], $13::timestamptz[],
  $14::timestamptz[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[]
) as o(
  run, seq, state, started_at, ended_at, duration, remote, remote_date, exit_code, error, result_bytes,
  result_cut, data_oldest, data_newest, data_count, data_inside, started_boot_ns, ended_boot_ns
)
where t.run = o.run and t.seq = o.seq;

-- name: write_bodies
-- Texts of runs.
-- Parameters: in the order of the inserted columns.
insert into nowd.body (run, part, seq, content)
select *
from unnest($1::bigint[], $2::text[], $3::int[], $4::text[]);

-- name: write_ends
-- Ends or defers runs, and closes their occurrences and requests. No model call continues after the end of its run.
-- Parameters: the columns of e.
with e as (
  update nowd.run r
  set state = e.state, reason = e.reason, detail = e.detail, ended_at = e.ended_at, not_before = e.not_before,
    duration = e.duration, stop = e.stop, verdict = e.verdict, verdicts = e.verdicts,
    model_calls = e.model_calls, tool_calls = e.tool_calls, input_tokens = e.input_tokens,
    output_tokens = e.output_tokens, cost_usd = e.cost_usd, ended_boot_ns = e.ended_boot_ns
  from unnest(
    $1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::interval[], $7::text[], $8::text[],
    $9::jsonb[], $10::int[], $11::int[], $12::bigint[], $13::bigint[], $14::numeric[], $15::timestamptz[],
    $16::bigint[]
  ) as e(
    run, state, reason, detail, ended_at, duration, stop, verdict, verdicts, model_calls, tool_calls,
    input_tokens, output_tokens, cost_usd, not_before, ended_boot_ns
  )
  where r.run = e.run
  returning r.run, r.job, r.scheduled_at, r.request, r.reason, r.state = 'suspended' as put_aside
),
i as (
  update nowd.inference i
  set state = 'lost', cost_usd = i.reserved_usd, usage_estimated = i.reserved_usd is not null
  from e
  where i.run = e.run and i.state = 'sending'
),
o as (
  update nowd.occurrence o
  set state = case when e.reason = 'nothing_to_do' then 'skipped'
    when e.reason in ('window', 'cutoff') then 'missed' else 'done' end,
    reason = case when e.reason in ('nothing_to_do', 'window', 'cutoff') then e.reason end,
    judged_at = clock_timestamp()
  from e
  where e.request is null
    and o.job = e.job
    and o.scheduled_at = e.scheduled_at
    and o.state = 'claimed'
    and not e.put_aside
)
update nowd.request q set state = 'done' from e where q.request = e.request and not e.put_aside;

-- name: write_deliveries
-- Queues the messages of ended runs. Those of a dry run are only shown.
-- Parameters: the columns of d.
insert into nowd.delivery (
  run, job, purpose, sink, key, subject, text, state, next_at, settled_at, created_at, expires_at
)
select d.run, r.job, d.purpose, d.sink, d.key, d.subject, d.shown,
  case when d.shown is null then 'pending' else 'shown' end, case when d.shown is null then d.created_at end,
  case when d.shown is not null then d.created_at end, d.created_at, d.expires_at
from unnest(
  $1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[]
) as d(run, purpose, sink, key, subject, shown, created_at, expires_at)
  join nowd.run r on r.run = d.run
on conflict (key) do nothing;

-- name: request_followers
-- Requests runs of the jobs that follow. A follower has the same moment and window as its leader, and the same
-- effects.
-- Parameters: the columns of f.
insert into nowd.request (job, scheduled_at, as_of_given, effects, after_run, window_start, requested_by)
select f.job, r.as_of, true, r.effects, r.run, r.window_start, 'after ' || r.job
from unnest($1::bigint[], $2::text[]) as f(run, job)
  join nowd.run r on r.run = f.run
  join nowd.job j on j.job = f.job and j.state = 'active'
on conflict do nothing;
