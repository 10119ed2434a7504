#include "runtime/keys.hpp"

#include <algorithm>

#include "foundation/log.hpp"
#include "providers/retry_class.hpp"

namespace nowd {
namespace {

RetryDecision decide(KeyState& key, RetryClass retry, std::optional<milliseconds> retry_after,
                     const CallMoment& moment) {
  RetryDecision decision = decide_retry({.retry = retry,
                                         .attempt = moment.attempt,
                                         .retry_after = retry_after,
                                         .left = moment.left,
                                         .within_ratio = key.may_retry(moment.now),
                                         .dice = moment.dice});
  if (std::holds_alternative<RetryLater>(decision)) key.retried(moment.now);
  return decision;
}

void learn_limits(KeyState& key, const RateLimits& limits, Tick now) {
  for (const RateLimit& each : limits.each)
    if (each.limit && each.remaining && each.resets_in)
      key.limit_seen(now, *each.limit, *each.remaining, *each.resets_in);
}

}  // namespace

KeyState& Keys::of(const ProviderConfig& provider) {
  return keys_[{provider.api, provider.base_url, static_cast<int>(provider.key.kind), provider.key.name}];
}

Admission Keys::admit(const ProviderConfig& provider, const CallMoment& moment) {
  return of(provider).admit(moment.now, moment.attempt > 1, std::max(milliseconds{0}, moment.left - least_call));
}

std::optional<RetryDecision> Keys::learn(const ProviderConfig& provider, const ModelOutcome& outcome,
                                         const CallMoment& moment) {
  KeyState& key = of(provider);
  learn_limits(key, outcome.limits, moment.now);
  const auto failed = retry_class(failed_call_of(outcome), moment.left);
  if (!failed) {
    key.answered();
    return std::nullopt;
  }
  switch (*failed) {
    case RetryClass::wait:
      key.asked_to_wait(moment.now, outcome.retry_after.value_or(milliseconds{0}));
      break;
    case RetryClass::overload:
      key.overloaded(moment.now);
      break;
    case RetryClass::money:
      log::warning("a key is paused for 15 minutes, or until nowd reloads: " + outcome.reply.detail,
                   {{"provider", provider.name}});
      key.out_of_money(moment.now, outcome.reply.detail);
      break;
    case RetryClass::defer:
      if (outcome.retry_after) key.asked_to_wait(moment.now, *outcome.retry_after);
      [[fallthrough]];
    case RetryClass::never:
      key.abandoned();
      break;
  }
  return decide(key, *failed, outcome.retry_after, moment);
}

RetryDecision Keys::held_back(const ProviderConfig& provider, const Refused& refused, const CallMoment& moment) {
  return decide(of(provider), refused.retry, refused.retry_after, moment);
}

void Keys::resume() {
  for (auto& [unused, key] : keys_) key.resume();
}

}  // namespace nowd
