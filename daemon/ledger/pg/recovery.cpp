#include "ledger/pg/recovery.hpp"

#include "domain/run/orphan.hpp"
#include "ledger/pg/alerting.hpp"
#include "ledger/pg/array.hpp"
#include "ledger/pg/sending.hpp"

namespace nowd::pg {
namespace {

constexpr Statement live_runs{"live_runs",
                              "select r.run, r.attempt, exists (select from nowd.tool_call t where t.run = r.run"
                              " and t.effect <> 'read' and t.state in ('intent', 'unknown')) as in_doubt,"
                              " exists (select from nowd.tool_call t where t.run = r.run and t.effect <> 'read'"
                              " and t.state not in ('refused', 'shown')) as acted,"
                              " exists (select from nowd.inference i where i.run = r.run and i.opaque) as opaque,"
                              " r.job, r.dry_run, r.cancel_by, r.cancel_reason"
                              " from nowd.run r where r.node = $1 and r.state in ('running', 'suspended', 'committing')"
                              " for update of r"};

constexpr Statement forget_calls{
    "forget_calls",
    "with t as (update nowd.tool_call set state = 'unknown', error = $2"
    " where run = any($1::bigint[]) and state = 'intent')"
    " update nowd.inference set state = 'lost', cost_usd = reserved_usd, usage_estimated = reserved_usd is not null"
    " where run = any($1::bigint[]) and state = 'sending'"};

constexpr Statement end_runs{
    "end_runs",
    "with d as (select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[])"
    " as d(run, state, reason, detail, again)),"
    // Nobody is left who counted: what it used is what its calls say.
    " m as (select d.run, count(i.seq) as calls, coalesce(sum(i.input_tokens), 0) as input,"
    " coalesce(sum(i.output_tokens), 0) as output, sum(i.cost_usd) as cost"
    " from d left join nowd.inference i on i.run = d.run group by d.run),"
    " t as (select d.run, count(c.run) as calls from d left join nowd.tool_call c on c.run = d.run"
    " and c.source = 'model' group by d.run),"
    " e as (update nowd.run r set state = d.state, reason = d.reason, detail = d.detail,"
    " model_calls = m.calls, tool_calls = t.calls, input_tokens = m.input, output_tokens = m.output,"
    " cost_usd = m.cost, fence = r.fence + 1, ended_at = clock_timestamp()"
    " from d join m using (run) join t using (run) where r.run = d.run"
    " returning r.job, r.scheduled_at, r.request, d.again),"
    " o as (update nowd.occurrence o set state = e.again, fence = o.fence + 1,"
    " judged_at = clock_timestamp() from e"
    " where e.request is null and o.job = e.job and o.scheduled_at = e.scheduled_at)"
    " update nowd.request q set state = e.again, fence = q.fence + 1 from e"
    " where q.request = e.request"};

}  // namespace

int end_runs_of(Session::Context& context, const Uuid& node, const std::string& why) {
  release_messages_of(context, node, why);
  const Table runs = context.transaction.run(live_runs, {node});
  if (runs.empty()) return 0;
  Array ids, states, reasons, details, again;
  std::vector<Trouble> troubles;
  for (const Values& row : runs.rows) {
    const std::string asked = row[7] ? "by " + *row[7] + ": " + *row[8] : "";
    const OrphanEnd end = end_of({row[2] == "t", row[3] == "t", row[4] == "t", std::stoi(*row[1]), why, asked});
    ids.add(*row[0]);
    states.add(to_string(end.state));
    reasons.add(end.reason);
    details.add(end.detail);
    again.add(end.again ? "planned" : "done");
    if (is_trouble(end) && row[6] == "f")
      troubles.push_back({"run", *row[5], end.reason, end.detail, *row[5], RunId{std::stoll(*row[0])}, context.now});
  }
  context.transaction.run(forget_calls, {ids.literal(), why});
  context.transaction.run(end_runs,
                          {ids.literal(), states.literal(), reasons.literal(), details.literal(), again.literal()});
  record_troubles(context.transaction, troubles);
  return static_cast<int>(runs.size());
}

}  // namespace nowd::pg
