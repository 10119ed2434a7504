#include "ledger/pg/record/batch.hpp"

#include <set>

#include "ledger/pg/record/rows.hpp"
#include "ledger/pg/session/array.hpp"

namespace nowd::pg {
namespace {

// `ended_at is null` is "not terminal" by a CHECK; the states themselves would lead the planner to the partial index of
// live runs, all of which it would read for each row; one that was put aside is nobody's. The check of fence and claim
// id holds under the run's row lock until the commit: no later statement of this transaction can write to a run that
// was taken away in between.
constexpr Statement hold_runs{
    "hold_runs",
    "select r.run from unnest($1::bigint[], $2::bigint[], $3::uuid[]) as c(run, fence, claim_id)"
    " join nowd.run r on r.run = c.run and r.fence = c.fence and r.claim_id = c.claim_id"
    " and r.ended_at is null and r.not_before is null for no key update of r"};

std::set<std::int64_t> hold(Session::Context& context, const std::vector<RunWrite>& writes) {
  Array runs, fences, claims;
  for (const RunWrite& write : writes) {
    runs.add(write.claim.run.value);
    fences.add(write.claim.fence);
    claims.add(write.claim.claim_id);
  }
  std::set<std::int64_t> held;
  for (const Values& row :
       context.transaction.run(hold_runs, {runs.literal(), fences.literal(), claims.literal()}).rows)
    held.insert(std::stoll(*row[0]));
  return held;
}

}  // namespace

std::vector<Written> write_batch(Session::Context& context, const std::vector<RunWrite>& writes) {
  const std::set<std::int64_t> held = hold(context, writes);
  BatchRows rows;
  std::vector<Written> written;
  for (const RunWrite& write : writes) {
    const bool ours = held.count(write.claim.run.value) > 0;
    if (ours) rows.add(write.claim.run, write.facts);
    written.push_back({!ours, {}});
  }
  const std::map<std::int64_t, Usd> today = rows.write(context.transaction);
  for (std::size_t i = 0; i < writes.size(); ++i)
    if (const auto found = today.find(writes[i].claim.run.value); found != today.end())
      written[i].spent_today = found->second;
  return written;
}

}  // namespace nowd::pg
