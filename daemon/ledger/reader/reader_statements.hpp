// The statements of LedgerReader. Those that give rows give one column: to_jsonb() of rows of one table or view.
#pragma once

#include "ledger/pg/session/connection.hpp"

namespace nowd::sql {

using pg::Statement;

inline constexpr Statement has_schema{
    "reader_schema",
    "select exists (select from pg_namespace n join pg_class c on c.relnamespace = n.oid"
    " where n.nspname = 'nowd' and c.relname = 'run_clocks')"};

inline constexpr Statement jobs{"reader_jobs",
                                "select to_jsonb(j) || jsonb_build_object('zone', c.zone) from nowd.jobs j"
                                " left join nowd.job_cursor c using (job) order by j.job"};
inline constexpr Statement job_names{"reader_job_names", "select job from nowd.job order by job"};
inline constexpr Statement standing_job_names{"reader_standing_job_names",
                                              "select job from nowd.job where state <> 'retired' order by job"};
inline constexpr Statement job{"reader_job", "select to_jsonb(j) from nowd.job j where j.job = $1"};
inline constexpr Statement revision_in_force{
    "reader_revision", "select to_jsonb(v) from nowd.job j join nowd.revisions v using (job, revision) where job = $1"};
inline constexpr Statement cursor{"reader_cursor", "select to_jsonb(c) from nowd.job_cursor c where c.job = $1"};

inline constexpr Statement runs{
    "reader_runs",
    "select to_jsonb(r) from nowd.runs r"
    " where ($1::text is null or r.job = $1) and ($2::timestamptz is null or r.scheduled_at >= $2)"
    " and ($3::text is null or r.state = $3) order by r.run desc limit $4::integer"};

inline constexpr Statement standing{
    "reader_standing",
    "select jsonb_build_object('job', j.job, 'paused', j.paused_at is not null, 'spec', v.spec, 'usual', u.usual)"
    " from nowd.job j join nowd.revisions v using (job, revision) cross join lateral"
    " (select percentile_cont(0.5) within group (order by extract(epoch from r.duration)::float8) as usual from"
    " (select r.duration from nowd.run r where r.job = j.job and r.state = 'succeeded' and not r.dry_run"
    " order by r.run desc limit 50) r) u where j.state = 'active' order by j.job"};

inline constexpr Statement run{"reader_run", "select to_jsonb(r) from {run} r where r.run = $1::bigint"};
inline constexpr Statement run_clocks{"reader_run_clocks",
                                      "select to_jsonb(r) from nowd.run_clocks r where r.run = $1::bigint"};
inline constexpr Statement inference{"reader_inference",
                                     "select to_jsonb(i) from {inference} i where i.run = $1::bigint order by i.seq"};
inline constexpr Statement tool_calls{"reader_tool_calls",
                                      "select to_jsonb(t) from {tool_call} t where t.run = $1::bigint order by t.seq"};
inline constexpr Statement gates{"reader_gates",
                                 "select to_jsonb(g) from nowd.gates g where g.run = $1::bigint"
                                 " order by g.decision"};
inline constexpr Statement readings{
    "reader_readings",
    "select to_jsonb(c) from nowd.clock_reading c where c.run = $1::bigint order by c.seq, c.recorded_at"};
inline constexpr Statement occurrence_of_run{
    "reader_occurrence_of_run",
    "select to_jsonb(o) from nowd.occurrence o join nowd.run r on r.job = o.job and r.scheduled_at = o.scheduled_at"
    " where r.run = $1::bigint and r.request is null"};
inline constexpr Statement request_of_run{
    "reader_request_of_run",
    "select to_jsonb(q) from (select request, job, scheduled_at, as_of_given, effects, dry_run, after_run, state, "
    "reason,"
    " attempts, requested_by, requested_at from nowd.request) q join nowd.run r on r.request = q.request"
    " where r.run = $1::bigint"};
inline constexpr Statement revision_of_run{
    "reader_revision_of_run",
    "select to_jsonb(v) from nowd.revisions v join nowd.run r on r.job = v.job and r.revision = v.revision"
    " where r.run = $1::bigint"};
inline constexpr Statement node_of_run{
    "reader_node_of_run",
    "select to_jsonb(n) from nowd.node n join nowd.run r on r.node = n.node where r.run = $1::bigint"};

// Without the right to read bodies there is no error, only no output. The right is asked for before the table is
// touched: a plain join would be refused as a whole.
inline constexpr Statement may_read_bodies{"reader_may_read_bodies",
                                           "select has_table_privilege('nowd.body', 'select')"};
inline constexpr Statement bodies{"reader_bodies",
                                  "select jsonb_build_object('part', b.part, 'seq', b.seq, 'content', b.content)"
                                  " from nowd.body b where b.run = $1::bigint order by b.recorded_at, b.part, b.seq"};
inline constexpr Statement output{"reader_output",
                                  "select b.content from nowd.body b where b.run = $1::bigint and b.part = 'output' "
                                  "order by b.recorded_at desc limit 1"};

// A row may stand for a stretch of occurrences: whether `at` is one of them is the schedule's to say.
inline constexpr Statement fate{"reader_fate",
                                "select to_jsonb(f) from nowd.occurrence_fate f where f.job = $1"
                                " and f.scheduled_at <= $2::timestamptz and f.until_at >= $2::timestamptz"
                                " order by f.count, f.scheduled_at"};
inline constexpr Statement manual_runs{
    "reader_manual_runs",
    "select to_jsonb(r) from nowd.runs r where r.job = $1"
    " and r.scheduled_at = $2::timestamptz and r.kind in ('manual', 'after') order by r.run"};
// Not a join: the view would be read as a whole.
inline constexpr Statement served_by{
    "reader_served_by",
    "select to_jsonb(f) from nowd.occurrence_fate f where f.job = $1 and f.count = 1 and f.scheduled_at ="
    " coalesce((select o.coalesced_into from nowd.occurrence o where o.job = $1 and o.scheduled_at = $2::timestamptz),"
    " (select g.coalesced_into from nowd.occurrence_range g where g.job = $1 and g.first_at <= $2::timestamptz"
    " and g.last_at >= $2::timestamptz order by g.first_at desc limit 1))"};

inline constexpr Statement retention{
    "reader_retention", "select to_jsonb(r) from nowd.retention r where $1::text is null or r.job = $1 order by r.job"};

inline constexpr Statement request_run{
    "reader_request_run",
    "select nowd.run($1::text, $2::timestamptz, $3::boolean, $4::jsonb, $5::boolean, $6::boolean, $7::boolean,"
    " $8::boolean)"};

inline constexpr Statement pause{"reader_pause", "select nowd.pause($1::text, $2::text)"};
inline constexpr Statement resume{"reader_resume", "select nowd.resume($1::text)"};
inline constexpr Statement skip_next{"reader_skip_next", "select nowd.skip_next($1::text, $2::text, $3::jsonb)"};
inline constexpr Statement undo_skip{"reader_undo_skip", "select nowd.undo_skip($1::text)"};
inline constexpr Statement skipped{"reader_skipped",
                                   "select u.scheduled_at from nowd.upcoming u where u.job = $1 and u.state = 'skipped'"
                                   " order by u.scheduled_at"};
inline constexpr Statement cancel_request{"reader_cancel_request", "select nowd.cancel_request($1::bigint, $2::text)"};
inline constexpr Statement waiting_requests{
    "reader_waiting_requests",
    "select to_jsonb(q) from nowd.requests q where q.state = 'planned' and ($1::text is null or q.job = $1)"
    " order by q.request"};
inline constexpr Statement verified{
    "reader_verified",
    "with r as materialized (select r.run from nowd.run r where r.claimed_at >= $1::timestamptz"
    " and ($2::text is null or r.job = $2)) select jsonb_build_object('runs', (select count(*) from r),"
    " 'model_calls', (select count(*) from r join nowd.inference i using (run)),"
    " 'tool_calls', (select count(*) from r join nowd.tool_call t using (run)),"
    " 'occurrences', (select coalesce(sum(f.count), 0)::bigint from nowd.occurrence_fate f"
    " where f.scheduled_at >= $1::timestamptz"
    " and f.scheduled_at <= clock_timestamp() and ($2::text is null or f.job = $2)))"};
inline constexpr Statement cancel{"reader_cancel", "select nowd.cancel($1::bigint, $2::text)"};
inline constexpr Statement accept_clock{"reader_accept_clock", "select nowd.accept_clock($1::text)"};
inline constexpr Statement accept_ledger{"reader_accept_ledger", "select nowd.accept_ledger($1::text)"};
inline constexpr Statement backfill{
    "reader_backfill",
    "select b.scheduled_at, b.what, b.was from nowd.backfill($1::text, $2::jsonb, $3::boolean, $4::boolean,"
    " $5::boolean, $6::boolean) b"};
inline constexpr Statement decided{
    "reader_decided",
    "select jsonb_build_object('by', o.decided_by, 'why', o.decided_why) from nowd.occurrence o"
    " where o.job = $1 and o.scheduled_at = $2::timestamptz and o.decided_by is not null"};

inline constexpr Statement deliveries{
    "reader_deliveries",
    "select to_jsonb(d) from nowd.deliveries d where ($1::text is null or d.job = $1) and ($2::text is null or d.sink "
    "= $2)"
    " and ($3::text is null or d.state = $3) and ($4::bigint is null or d.run = $4::bigint)"
    " order by d.delivery desc limit $5::integer"};
inline constexpr Statement spend{
    "reader_spend",
    "select to_jsonb(x) from (select job, sum(runs) as runs, sum(model_calls) as model_calls,"
    " round(sum(model_calls) / sum(runs), 2) as amplification, sum(repeated) as repeated,"
    " sum(input_tokens) as input_tokens, sum(cached_tokens) as cached_tokens,"
    " sum(cache_write_tokens) as cache_write_tokens, sum(output_tokens) as output_tokens,"
    " sum(reasoning_tokens) as reasoning_tokens,"
    " trim_scale(sum(cost_usd)) as cost_usd, sum(estimated) as estimated, max(last_at) as last_at"
    " from nowd.spend_by_job where ($1::text is null or job = $1)"
    " and day >= ($2::timestamptz at time zone 'UTC')::date group by job order by sum(cost_usd) desc nulls last, job) "
    "x"};
inline constexpr Statement stops{
    "reader_stops",
    "select to_jsonb(x) from (select job, provider, stop, stop_raw, action, sum(calls) as calls, max(last_run) as "
    "last_run,"
    " max(last_at) as last_at from nowd.inference_stops where ($1::text is null or job = $1)"
    " and day >= ($2::timestamptz at time zone 'UTC')::date group by job, provider, stop, stop_raw, action"
    " order by job, sum(calls) desc, stop) x"};
inline constexpr Statement may_read_messages{"reader_may_read_messages",
                                             "select has_column_privilege('nowd.delivery', 'text', 'select')"};
inline constexpr Statement shown_messages{"reader_shown_messages",
                                          "select d.delivery, d.text from nowd.delivery d where d.run = $1::bigint and "
                                          "d.state = 'shown' order by d.delivery"};
inline constexpr Statement request{"reader_request",
                                   "select to_jsonb(q) from nowd.request q where q.request = $1::bigint"};
inline constexpr Statement newest_run_of_request{
    "reader_newest_run_of_request",
    "select to_jsonb(v) from nowd.run r join nowd.runs v using (run) where r.request = $1::bigint"
    " order by r.attempt desc limit 1"};
inline constexpr Statement in_the_way_of_request{
    "reader_in_the_way_of_request",
    "select to_jsonb(v) from nowd.request q join nowd.job j on j.job = q.job join nowd.run r on r.lane = j.lane"
    " join nowd.runs v using (run) where q.request = $1::bigint and q.state = 'planned'"
    " and r.state in ('running', 'suspended', 'committing') limit 1"};
// Daemons beat every 2 s.
inline constexpr Statement beats{"reader_beats",
                                 "select b.node, b.beat, b.beat_at > clock_timestamp() - interval '4.5 s'"
                                 " from nowd.node_beat b join nowd.node n using (node) where n.state = 'alive'"};

}  // namespace nowd::sql
