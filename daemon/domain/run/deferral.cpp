#include "domain/run/deferral.hpp"

#include "domain/planning/judge.hpp"
#include "domain/run/ending.hpp"

namespace nowd {
namespace {

/// Of what somebody asked for by hand, and of what follows another job: no window says how late it may come.
constexpr hours longest_for_requests{48};

std::optional<std::string> too_late_by_then(const RunPlan& plan, Instant not_before) {
  const RunTime& time = plan.time;
  const MissedRules& missed = plan.job.missed;
  if (time.kind != RunKind::scheduled && time.kind != RunKind::catch_up) {
    if (not_before - time.due_at <= longest_for_requests) return std::nullopt;
    return "that is more than " + human(longest_for_requests) + " after it was asked for";
  }
  if (missed.policy == MissedRules::Policy::skip && not_before - time.due_at > missed.grace)
    return "that is later than the job may start (missed: skip, grace " + human(missed.grace) + ")";
  const auto late = too_late(missed, time.zone, scheduled_day(time), time.due_at, not_before);
  if (late == "cutoff") return "that is after missed.not_after";
  if (late) return "that is later than missed.window allows (" + human(missed.reach()) + ")";
  if (plan.job.clocks.expiry == Response::refuse && not_before >= valid_until(plan))
    return "what it says would have expired by then (clocks.valid_for: " + human(validity(plan.job)) + ")";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> cannot_defer(const RunPlan& plan, const BeforeDeferral& before, Instant not_before) {
  if (before.acted) return "an effect was made, so it is not served again later";
  if (!before.calls_left) return "limits.model_calls leaves no call for later";
  return too_late_by_then(plan, not_before);
}

}  // namespace nowd
