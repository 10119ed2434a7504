// Decides whether and when a failed call to a provider is retried. Pure; the only place of this decision.
//
// A retry is billed again, and more calls do not help an overloaded server: so there is one layer of retries, with few
// attempts, a maximum share of all calls, and no retry without enough time left in the run.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "foundation/time/time.hpp"

namespace nowd {

enum class RetryClass {
  wait,      ///< a rate limit: Retry-After is the minimum wait, for the whole account
  overload,  ///< the server's trouble: back off, and count it towards the circuit breaker
  money,     ///< no retry: pause the account and raise an alert
  defer,     ///< a daily quota, or a wait longer than the run has: defer the run
  never,     ///< the same request fails the same way: a configuration error
};
std::string_view to_string(RetryClass retry);

/// A failed call and its circumstances.
struct FailedAttempt {
  RetryClass retry = RetryClass::never;
  int attempt = 1;  ///< attempts of this call so far
  std::optional<milliseconds> retry_after;
  milliseconds left{};       ///< of the run's wall time
  bool within_ratio = true;  ///< the key's budget of retries has room
  double dice = 0;           ///< in [0, 1): full jitter
};

struct RetryLater {  ///< make the same call after `wait`
  milliseconds wait{};
  bool operator==(const RetryLater&) const = default;
};
struct GiveUp {
  std::string why;  ///< for people; empty: the failure says it all
  bool operator==(const GiveUp&) const = default;
};
struct Defer {  ///< the wait is longer than the run has
  milliseconds wait{};
  bool operator==(const Defer&) const = default;
};
struct PauseKey {  ///< no call of this account for a while; another credential or a reload ends it
  bool operator==(const PauseKey&) const = default;
};
using RetryDecision = std::variant<GiveUp, RetryLater, Defer, PauseKey>;

inline constexpr int max_attempts = 4;
/// The minimum time of a call: a retry with less time left is useless.
inline constexpr milliseconds min_call{1'000};

RetryDecision decide_retry(const FailedAttempt& failed);

/// The budget of retries of an account: a fifth of its calls of the last minute, or ten a minute if that is more.
class RetryRatio {
 public:
  void record_call(Tick now);
  bool has_room(Tick now);
  void record_retry(Tick now);

 private:
  void forget(Tick now);
  std::deque<Tick> calls_;
  std::deque<Tick> retries_;
};

}  // namespace nowd
