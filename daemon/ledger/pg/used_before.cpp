#include "ledger/pg/used_before.hpp"

#include <algorithm>

#include "ledger/pg/array.hpp"

namespace nowd::pg {
namespace {

constexpr Statement used_before{
    "used_before",
    "with n as (select r.run as newest, r.job, r.scheduled_at, r.request from nowd.run r where r.run = "
    "any($1::bigint[])),"
    " earlier as (select n.newest, r.run from n join nowd.run r on r.job = n.job and r.scheduled_at = n.scheduled_at"
    " and r.request is null where n.request is null and r.run < n.newest"
    " union all select n.newest, r.run from n join nowd.run r on r.request = n.request where r.run < n.newest)"
    " select e.newest, coalesce(sum(i.calls), 0), coalesce(sum(t.calls), 0), coalesce(sum(i.input), 0),"
    " coalesce(sum(i.output), 0), coalesce(sum(i.usd), 0)"
    " from earlier e, lateral (select count(*) as calls, sum(i.input_tokens) as input, sum(i.output_tokens) as output,"
    " sum(coalesce(i.cost_usd, i.reserved_usd)) as usd from nowd.inference i where i.run = e.run) i,"
    " lateral (select count(*) as calls from nowd.tool_call t where t.run = e.run and t.source = 'model') t"
    " group by e.newest"};

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
    run->before = {
        std::stoi(*row[1]), std::stoi(*row[2]), {std::stoll(*row[3]), std::stoll(*row[4]), parse_usd(*row[5]).value()}};
  }
}

}  // namespace nowd::pg
