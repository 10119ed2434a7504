// Whether a call that failed at the provider is made again, and when. Pure; the only place that decides it.
//
// A repeated call is billed twice, and whoever is overloaded is not helped by more calls: so there is one layer, few
// attempts, a share of all calls that retries may be, and never a retry that the run has no time for.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "foundation/time/time.hpp"

namespace nowd {

enum class RetryClass {
  wait,      ///< a rate limit: honour Retry-After as the least wait, slow the whole key
  overload,  ///< the server's trouble: back off, and count it towards the circuit breaker
  money,     ///< no retry: pause the key and tell somebody
  defer,     ///< a quota of the day, or a wait that is longer than the run has: come back later
  never,     ///< the same request fails the same way: a configuration error
};
std::string_view to_string(RetryClass retry);

/// A failed call and what is known around it.
struct FailedAttempt {
  RetryClass retry = RetryClass::never;
  int attempt = 1;  ///< how often this call has been made by now
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
struct Defer {  ///< not before so much time has passed: longer than the run has
  milliseconds wait{};
  bool operator==(const Defer&) const = default;
};
struct PauseKey {  ///< nobody calls with this key until it is mended
  bool operator==(const PauseKey&) const = default;
};
using RetryDecision = std::variant<GiveUp, RetryLater, Defer, PauseKey>;

inline constexpr int max_attempts = 4;
/// What a call needs at least: a retry with less than this behind it is of no use.
inline constexpr milliseconds min_call{1'000};

RetryDecision decide_retry(const FailedAttempt& failed);

/// How many of a key's calls may be retries: a fifth of those of the last minute, and ten a minute in any case.
class RetryRatio {
 public:
  void called(Tick now);
  bool has_room(Tick now);
  void retried(Tick now);

 private:
  void forget(Tick now);
  std::deque<Tick> calls_;
  std::deque<Tick> retries_;
};

}  // namespace nowd
