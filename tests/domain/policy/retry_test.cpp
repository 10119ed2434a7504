#include "domain/policy/retry.hpp"

#include "support/catch.hpp"

using namespace nowd;

namespace {

FailedAttempt failed(RetryClass retry, int attempt = 1) {
  return {
      .retry = retry, .attempt = attempt, .retry_after = {}, .left = minutes{10}, .within_ratio = true, .dice = 0.5};
}
std::string why(const RetryDecision& decision) {
  const auto* given_up = std::get_if<GiveUp>(&decision);
  return given_up == nullptr ? "not given up" : given_up->why;
}

}  // namespace

TEST_CASE("overload and rate limits back off with full jitter, doubling") {
  CHECK(decide_retry(failed(RetryClass::overload)) == RetryDecision(RetryLater{milliseconds{500}}));
  CHECK(decide_retry(failed(RetryClass::overload, 2)) == RetryDecision(RetryLater{milliseconds{1'000}}));
  CHECK(decide_retry(failed(RetryClass::wait, 3)) == RetryDecision(RetryLater{milliseconds{2'000}}));
  FailedAttempt none = failed(RetryClass::overload);
  none.dice = 0;
  CHECK(decide_retry(none) == RetryDecision(RetryLater{milliseconds{0}}));
}

TEST_CASE("Retry-After is the least wait, and jitter comes on top") {
  FailedAttempt asked = failed(RetryClass::wait);
  asked.retry_after = seconds{7};
  CHECK(decide_retry(asked) == RetryDecision(RetryLater{milliseconds{7'500}}));
}

TEST_CASE("a wait that is longer than the run has is deferred, not slept through") {
  FailedAttempt asked = failed(RetryClass::wait);
  asked.retry_after = minutes{11};
  CHECK(decide_retry(asked) == RetryDecision(Defer{minutes{11}}));
  asked.retry_after = minutes{10} - milliseconds{100};  // no room for the call itself
  CHECK(std::holds_alternative<Defer>(decide_retry(asked)));
  FailedAttempt daily = failed(RetryClass::defer);
  CHECK(decide_retry(daily) == RetryDecision(Defer{hours{1}}));
}

TEST_CASE("no retry without time, without attempts, or beyond the share that retries may be") {
  FailedAttempt late = failed(RetryClass::overload);
  late.left = milliseconds{900};
  CHECK(why(decide_retry(late)).find("no room") != std::string::npos);
  late.left = milliseconds{1'200};  // not behind the jitter either
  CHECK(why(decide_retry(late)).find("no room") != std::string::npos);
  CHECK(why(decide_retry(failed(RetryClass::overload, 4))) == "it was tried 4 times");
  FailedAttempt crowded = failed(RetryClass::wait);
  crowded.within_ratio = false;
  CHECK(why(decide_retry(crowded)).find("a fifth") != std::string::npos);
}

TEST_CASE("money pauses the key, and what is wrong for ever is given up at once") {
  CHECK(std::holds_alternative<PauseKey>(decide_retry(failed(RetryClass::money))));
  CHECK(why(decide_retry(failed(RetryClass::never))).empty());
}

TEST_CASE("retries stay a fifth of the last minute's calls, and ten a minute in any case") {
  RetryRatio ratio;
  Tick now{seconds{1000}};
  int made = 0;
  const auto try_all = [&](int calls) {
    for (int i = 0; i < calls; ++i) {
      ratio.record_call(now);
      if (!ratio.has_room(now)) continue;
      ratio.record_retry(now);
      ++made;
    }
  };
  try_all(20);
  CHECK(made == 10);
  try_all(180);
  CHECK(made == 40);  // a fifth of 200
  now += seconds{61};
  CHECK(ratio.has_room(now));
  try_all(1);
  CHECK(made == 41);
}
