#include "domain/policy/retry.hpp"

#include <algorithm>
#include <cstdint>

#include "foundation/text/enum_words.hpp"

namespace nowd {
namespace {

constexpr std::array<std::string_view, 5> retry_class_words{"wait", "overload", "money", "defer", "never"};
static_assert(covers(retry_class_words, RetryClass::never));

constexpr milliseconds first_backoff{1'000};
constexpr milliseconds max_backoff{30'000};
constexpr seconds ratio_window{60};
constexpr std::size_t retries_in_any_case = 10;
constexpr std::size_t calls_for_a_retry = 5;
/// The wait for a daily quota without a stated end.
constexpr milliseconds next_try_of_a_day = hours{1};

milliseconds jitter(const FailedAttempt& failed) {
  milliseconds most = first_backoff;
  for (int i = 1; i < failed.attempt && most < max_backoff; ++i) most *= 2;
  most = std::min(most, max_backoff);
  return milliseconds{static_cast<std::int64_t>(static_cast<double>(most.count()) * failed.dice)};
}

void drop_before(std::deque<Tick>& ticks, Tick from) {
  while (!ticks.empty() && ticks.front() <= from) ticks.pop_front();
}

}  // namespace

std::string_view to_string(RetryClass retry) { return word_of(retry_class_words, retry); }

RetryDecision decide_retry(const FailedAttempt& failed) {
  if (failed.retry == RetryClass::money) return PauseKey{};
  if (failed.retry == RetryClass::never) return GiveUp{};
  if (failed.retry == RetryClass::defer) return Defer{failed.retry_after.value_or(next_try_of_a_day)};
  const milliseconds least = failed.retry_after.value_or(milliseconds{0});
  if (least + min_call > failed.left) {
    if (failed.retry_after && *failed.retry_after > milliseconds{0}) return Defer{least};
    return GiveUp{"the run's wall time leaves no room for another attempt"};
  }
  if (failed.attempt >= max_attempts) return GiveUp{"it was tried " + std::to_string(failed.attempt) + " times"};
  if (!failed.within_ratio)
    return GiveUp{"it was not tried again: too many calls with this key are retries already (a fifth, or 10 a minute)"};
  const milliseconds wait = least + jitter(failed);
  if (wait + min_call > failed.left) return GiveUp{"the run's wall time leaves no room for another attempt"};
  return RetryLater{wait};
}

void RetryRatio::record_call(Tick now) {
  forget(now);
  calls_.push_back(now);
}

bool RetryRatio::has_room(Tick now) {
  forget(now);
  return retries_.size() < std::max(retries_in_any_case, calls_.size() / calls_for_a_retry);
}

void RetryRatio::record_retry(Tick now) { retries_.push_back(now); }

void RetryRatio::forget(Tick now) {
  drop_before(calls_, now - ratio_window);
  drop_before(retries_, now - ratio_window);
}

}  // namespace nowd
