-- A ledger of many runs, and how long the questions of the README take on it. By hand, on a scratch server with fsync off:
--
--   createdb big && nowctl migrate --database dbname=big && psql -X -d big -v runs=26000000 -f tests/bench/large_ledger.sql
--
-- 26 million runs of 200 jobs take a quarter of an hour and 30 GB. As superuser: triggers are off while rows are made.
\set ON_ERROR_STOP 1
\if :{?runs}
\else
  \set runs 26000000
\endif
set session_replication_role = replica;
insert into nowd.node (node, host, pid, boot_id, version, started_at) values (repeat('0', 32)::uuid, 'big', 1, 'b', '0', now());
insert into nowd.job (job, revision) select 'job-' || lpad(j::text, 3, '0'), repeat('a', 64) from generate_series(0, 199) j;
insert into nowd.job_revision (job, revision, spec, schedule, schedule_revision, source)
select job, revision, '{"schedule": {}}', 'every 4m', 'x', 'y' from nowd.job;
insert into nowd.job_cursor (job, schedule_revision, planned_from, materialised_through, next_at, next_local, zone)
select job, 'x', now() - interval '400 days', now(), now() + interval '4 min', now(), 'UTC' from nowd.job;

insert into nowd.run (run, job, scheduled_at, kind, attempt, revision, node, fence, claim_id, claimed_at, due_at, as_of, window_start,
                      window_end, zone, effects, dispatched_at, dispatched_boot_ns, host_sync, host_uncertainty, state, reason,
                      ended_at, duration, stop, verdict, model_calls, tool_calls, input_tokens, output_tokens, recorded_at)
overriding system value
select g, 'job-' || lpad((g % 200)::text, 3, '0'), at, 'scheduled', 1, repeat('a', 64), repeat('0', 32)::uuid, 1, repeat('1', 32)::uuid,
       at, at, at, at - interval '4 min', at, 'UTC', true, at + interval '10 ms', g::bigint * 1000, 'kernel-estimate',
       interval '1 ms', state, case when state <> 'succeeded' then 'limit' end, at + interval '5 s', interval '5 s', 'complete',
       case when g % 50021 = 0 then 'late' else 'aligned' end, 3, 2, 1000, 100, at
from generate_series(1, :runs) g,
     lateral (select date_trunc('minute', now()) - (:runs - g) / 200 * interval '4 min' as at,
                     case when g % 997 = 0 then 'failed' when g % 1000003 = 0 then 'orphaned' else 'succeeded' end as state) s;
insert into nowd.occurrence (job, scheduled_at, state, due_at, window_start, window_end, slot, zone, utc_offset, tzdata, schedule_revision,
                             attempts, fence, judged_at, recorded_at)
select job, scheduled_at, 'done', scheduled_at, window_start, window_end, scheduled_at::timestamp, 'UTC', '0', 'x', 'x', 1, 1, scheduled_at,
       scheduled_at
from nowd.run where run % 200 < 38;
insert into nowd.inference (run, seq, provider, model, state, stop, injected_now, sent_at, headers_at, ended_at, provider_date, stop_action)
select run, 1, 'p', 'm', 'answered', 'complete', dispatched_at, dispatched_at, dispatched_at, ended_at, dispatched_at, 'commit'
from nowd.run where run > :runs - :runs / 17;
insert into nowd.tool_call (run, seq, source, inference_seq, tool, effect, idempotency_key, state, intent_at, started_at, ended_at)
select run, 1, 'model', 1, 'crm.get', case when run % 10 = 0 then 'irreversible' else 'read' end, 'k' || run,
       case when run % 400000 = 0 then 'unknown' else 'confirmed' end, dispatched_at, dispatched_at, ended_at
from nowd.run where run > :runs - :runs / 17;
insert into nowd.delivery (run, job, purpose, sink, key, subject, state, expires_at, created_at, settled_at)
select run, job, 'output', 's' || run % 3, 'd' || run, '', case when run % 300000 = 0 then 'failed' else 'delivered' end, ended_at,
       ended_at, ended_at
from nowd.run where run > :runs - :runs / 17;
vacuum analyze;

\timing on
\o /dev/null
\echo runs
select * from nowd.runs order by run desc limit 20;
\echo runs by a state that is rare, and since a moment that is new
select * from nowd.runs where state = 'interrupted' order by run desc limit 50;
select * from nowd.runs where scheduled_at >= now() + interval '1 day' order by run desc limit 50;
\echo clocks that disagreed
select * from nowd.run_clocks where verdict <> 'aligned' order by run desc limit 100;
\echo upcoming
select * from nowd.upcoming order by scheduled_at limit 20;
\echo fates of a job
select state, reason, sum(count) from nowd.occurrence_fate where job = 'job-001' group by 1, 2;
\echo effects in doubt
select * from nowd.effects_in_doubt;
\echo jobs, and what a claim needs to know of them
select * from nowd.jobs;
select * from nowd.job_standing;
\echo deliveries by a state that is rare
select * from nowd.deliveries where state = 'unknown' order by delivery desc limit 50;
