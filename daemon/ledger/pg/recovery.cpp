#include "ledger/pg/recovery.hpp"

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
    " e as (update nowd.run r set state = d.state, reason = d.reason, detail = d.detail,"
    " fence = r.fence + 1, ended_at = clock_timestamp() from d where r.run = d.run"
    " returning r.job, r.scheduled_at, r.request, d.again),"
    " o as (update nowd.occurrence o set state = e.again, fence = o.fence + 1,"
    " judged_at = clock_timestamp() from e"
    " where e.request is null and o.job = e.job and o.scheduled_at = e.scheduled_at)"
    " update nowd.request q set state = e.again, fence = q.fence + 1 from e"
    " where q.request = e.request"};

/// The third orphan may be what kills the daemon.
constexpr int crash_loop = 3;

struct Ending {
  const char* state;
  const char* reason;
  std::string detail;
  const char* again;  ///< the occurrence's state from now on
};

/// `asked`: who wanted the run to end, and why; empty = nobody.
Ending ending(bool in_doubt, bool acted, bool opaque, int attempt, const std::string& why, const std::string& asked) {
  if (in_doubt)
    return {"interrupted", "effect_in_doubt",
            why + " while an effect was under way: it may have happened and is not repeated; see nowd.effects_in_doubt",
            "done"};
  if (opaque)
    return {"interrupted", "command_in_doubt",
            why +
                " while the job's command was under way: what it did is not visible to nowd, so it is not run again;"
                " look, and ask for a run if one is wanted (a command that changes nothing says repeat: pure)",
            "done"};
  if (acted)
    return {"interrupted", "effects_not_repeated", why + " after an effect was made: effects are not repeated", "done"};
  if (!asked.empty()) return {"cancelled", "cancelled", asked, "done"};
  if (attempt >= crash_loop)
    return {"failed", "crash_loop",
            why + " for the " + std::to_string(attempt) + ". time: this run may be what kills it", "done"};
  return {"orphaned", "node_died", why + " before any effect: it is served again", "planned"};
}

}  // namespace

int end_runs_of(Session::Context& context, const Uuid& node, const std::string& why) {
  release_messages_of(context, node, why);
  const Table runs = context.transaction.run(live_runs, {node});
  if (runs.empty()) return 0;
  Array ids, states, reasons, details, again;
  std::vector<Trouble> troubles;
  for (const Values& row : runs.rows) {
    const std::string asked = row[7] ? "by " + *row[7] + ": " + *row[8] : "";
    const Ending end = ending(row[2] == "t", row[3] == "t", row[4] == "t", std::stoi(*row[1]), why, asked);
    ids.add(*row[0]);
    states.add(end.state);
    reasons.add(end.reason);
    details.add(end.detail);
    again.add(end.again);
    if (std::string_view(end.again) == "done" && row[6] == "f" && end.state != std::string_view("cancelled"))
      troubles.push_back({"run", *row[5], end.reason, end.detail, *row[5], RunId{std::stoll(*row[0])}, context.now});
  }
  context.transaction.run(forget_calls, {ids.literal(), why});
  context.transaction.run(end_runs,
                          {ids.literal(), states.literal(), reasons.literal(), details.literal(), again.literal()});
  record_troubles(context.transaction, troubles);
  return static_cast<int>(runs.size());
}

}  // namespace nowd::pg
