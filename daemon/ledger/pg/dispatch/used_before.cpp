#include "ledger/pg/dispatch/used_before.hpp"

#include <algorithm>

#include "ledger/pg/session/array.hpp"

namespace nowd::pg {
namespace {

constexpr Statement used_before{
    "used_before",
    "with n as (select r.run, r.job, r.scheduled_at, r.request from nowd.run r where r.run = any($1::bigint[])),"
    " earlier as (select n.run as newest, r.* from n join nowd.run r on r.job = n.job and r.request is null"
    " and r.scheduled_at = n.scheduled_at where n.request is null and r.run < n.run"
    " union all select n.run, r.* from n join nowd.run r on r.request = n.request where r.run < n.run)"
    " select newest, sum(model_calls), sum(tool_calls), sum(input_tokens), sum(output_tokens),"
    " least(greatest(coalesce(sum(cost_usd), 0), 0), 1000000) from earlier group by newest"};

/// Beyond what can be counted nothing is left of any limit.
UsedBefore used_of(const Values& row) {
  constexpr int all_of_it = 1'000'000'000;
  try {
    return {
        std::stoi(*row[1]), std::stoi(*row[2]), {std::stoll(*row[3]), std::stoll(*row[4]), parse_usd(*row[5]).value()}};
  } catch (const std::exception&) {
    return {all_of_it, all_of_it, {}};
  }
}

}  // namespace

void add_used_before(Transaction& transaction, std::vector<ClaimedRun>& runs) {
  Array again;
  for (const ClaimedRun& run : runs)
    if (run.attempt > 1) again.add(to_string(run.claim.run));
  if (again.size() == 0) return;
  for (const Values& row : transaction.run(used_before, {again.literal()}).rows) {
    const RunId id{std::stoll(*row[0])};
    const auto run =
        std::find_if(runs.begin(), runs.end(), [&](const ClaimedRun& each) { return each.claim.run == id; });
    run->before = used_of(row);
  }
}

}  // namespace nowd::pg
