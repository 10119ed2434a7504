#include "providers/failure/server_notes.hpp"

#include <nlohmann/json.hpp>

#include "providers/failure/retry_class.hpp"

namespace nowd {

ServerNotes server_notes(const ModelOutcome& outcome, milliseconds left) {
  return {.duration = outcome.server_duration,
          .failed = retry_class(failed_call_of(outcome), left),
          .retry_after = outcome.retry_after,
          .limits = limits_json(outcome.limits)};
}

Json limits_json(const RateLimits& limits) {
  Json out;
  for (const RateLimit& each : limits.each) {
    Json& one = out[each.of];
    if (each.limit) one["limit"] = *each.limit;
    if (each.remaining) one["remaining"] = *each.remaining;
    if (each.resets_in) one["resets_in_ms"] = each.resets_in->count();
  }
  if (!limits.quota.empty()) out["quota"] = limits.quota;
  if (limits.per_day) out["per_day"] = true;
  return out;
}

}  // namespace nowd
