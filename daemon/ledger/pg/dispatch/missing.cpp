#include "ledger/pg/dispatch/missing.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "foundation/log.hpp"
#include "ledger/pg/outbox/alerting.hpp"

namespace nowd::pg {
namespace {

/// With more groups than this, one line stands for all; the ledger has each.
constexpr std::size_t max_listed = 20;

void log_missed(const std::vector<MissedOccurrences>& missed, const Jobs& jobs) {
  if (missed.size() <= max_listed) {
    for (const MissedOccurrences& each : missed)
      log::warning(missed_text(each, jobs.at(each.job).schedule.zone), {{"job", each.job}});
    return;
  }
  std::int64_t count = 0;
  for (const MissedOccurrences& each : missed) count += each.count;
  log::warning("missed " + std::to_string(count) + " occurrences of many jobs (" + std::to_string(missed.size()) +
               " stretches); their fates: select * from nowd.occurrence_fate where state in ('missed', "
               "'coalesced') order by judged_at desc");
}

}  // namespace

std::vector<MissedOccurrences> missed_of(const std::vector<Decisions::Closing>& closed) {
  std::map<std::tuple<JobName, OccurrenceReason, std::optional<Instant>>, MissedOccurrences> found;
  for (const Decisions::Closing& each : closed) {
    if (each.state != OccurrenceState::missed && each.state != OccurrenceState::coalesced) continue;
    const auto [place, is_new] =
        found.try_emplace({each.job, each.reason, each.into}, each.job, each.at, each.at, 0, each.reason, each.into);
    MissedOccurrences& all = place->second;
    all.first = std::min(all.first, each.at);
    all.last = std::max(all.last, each.at);
    ++all.count;
  }
  std::vector<MissedOccurrences> out;
  for (auto& [fate, all] : found) out.push_back(std::move(all));
  return out;
}

void record_missed(Session::Context& context, const Jobs& jobs, const std::vector<MissedOccurrences>& missed) {
  if (missed.empty()) return;
  log_missed(missed, jobs);
  std::vector<Trouble> troubles;
  for (const MissedOccurrences& each : missed)
    if (auto trouble = trouble_of(each, jobs.at(each.job).schedule.zone, context.now))
      troubles.push_back(std::move(*trouble));
  record_troubles(context.transaction, troubles);
}

}  // namespace nowd::pg
