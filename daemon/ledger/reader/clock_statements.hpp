// The statements of the reports on clocks: of one job's runs, of all jobs at once, of what waits.
#pragma once

#include "ledger/pg/session/connection.hpp"

namespace nowd::sql {

using pg::Statement;

inline constexpr Statement job_overview{
    "clocks_job_overview", "select to_jsonb(j) from nowd.job_overview j order by j.state = 'retired', j.job"};
inline constexpr Statement overview_of_job{"clocks_overview_of_job",
                                           "select to_jsonb(j) from nowd.job_overview j where j.job = $1"};

// The newest runs first, and no more of them than were asked for: a job that runs every ten seconds has millions.
inline constexpr Statement gaps_of_job{
    "clocks_gaps",
    "with picked as materialized (select r.run from nowd.run r where r.job = $1 and r.request is null"
    " and r.scheduled_at >= $2::timestamptz and r.kind in ('scheduled', 'catch_up')"
    " order by r.scheduled_at desc limit $3::integer)"
    " select to_jsonb(q) from (select g.gap, count(*) as runs,"
    " percentile_cont(0.5) within group (order by g.size) as p50,"
    " percentile_cont(0.95) within group (order by g.size) as p95,"
    " percentile_cont(0.99) within group (order by g.size) as p99, max(g.size) as worst"
    " from picked join nowd.run_clocks c using (run) cross join lateral (values"
    " (1, 'scheduled to dispatch', c.dispatch_lag), (2, 'dispatch to inference', c.inferred_at - c.dispatched_at),"
    " (3, 'inference to effect', c.effect_at - c.inferred_at), (4, 'scheduled to effect', c.effect_lag))"
    " g(place, gap, size) where g.size is not null group by g.place, g.gap order by g.place) q"};
inline constexpr Statement verdicts_of_job{
    "clocks_verdicts",
    "with picked as materialized (select r.verdict from nowd.run r where r.job = $1 and r.request is null"
    " and r.scheduled_at >= $2::timestamptz and r.kind in ('scheduled', 'catch_up')"
    " order by r.scheduled_at desc limit $3::integer)"
    " select coalesce(verdict, 'none'), count(*) from picked group by 1 order by 2 desc, 1"};
inline constexpr Statement remotes_of_job{
    "clocks_remotes",
    "with picked as materialized (select r.run from nowd.run r where r.job = $1"
    " and r.scheduled_at >= $2::timestamptz order by r.run desc limit least($3::integer, 1000))"
    " select to_jsonb(s) from nowd.clock_skew s where s.remote in"
    " (select i.remote from picked join nowd.inference i using (run)"
    " union select t.remote from picked join nowd.tool_call t using (run)) order by s.remote"};
inline constexpr Statement beliefs_of_job{
    "clocks_beliefs",
    "select jsonb_build_object('provider', b.provider, 'model', b.model, 'stated', count(b.stated), 'stated_otherwise',"
    " count(*) filter (where left(b.stated, 10) <> b.as_of_date::text), 'probed', count(b.believed),"
    " 'believed_otherwise', count(*) filter (where left(b.believed, 10) <> b.true_date::text), 'last_belief',"
    " left((array_agg(b.believed order by b.run desc) filter (where b.believed is not null))[1], 200))"
    " from nowd.model_beliefs b where b.job = $1 and b.sent_at >= $2::timestamptz"
    " group by b.provider, b.model order by b.provider, b.model"};
inline constexpr Statement recent_gaps{"clocks_recent",
                                       "select to_jsonb(g) from nowd.run_gaps g where g.job = $1"
                                       " order by g.run desc limit $2::integer"};

inline constexpr Statement verify{"clocks_verify",
                                  "select to_jsonb(v) from nowd.verify($1::timestamptz, $2::text) v"
                                  " order by v.\"check\", v.run, v.at limit 10000"};

inline constexpr Statement due_now{
    "gauges_due",
    "select count(*), extract(epoch from clock_timestamp() - min(d.at)) from"
    " (select o.due_at as at from nowd.occurrence o join nowd.job j using (job) where o.state = 'planned'"
    " and o.due_at <= clock_timestamp() and j.state = 'active' and j.paused_at is null"
    " union all select q.requested_at from nowd.request q where q.state = 'planned') d"};
inline constexpr Statement outbox_now{
    "gauges_outbox",
    "select d.sink, count(*), extract(epoch from clock_timestamp() - min(d.created_at)) from nowd.delivery d"
    " where d.state in ('pending', 'sending') group by d.sink order by d.sink"};

}  // namespace nowd::sql
