#include "providers/failure/limit_headers.hpp"
#include "providers/failure/retry_class.hpp"
#include "providers/wire/provider.hpp"
#include "support/catch.hpp"

using namespace nowd;

TEST_CASE("limits are told by their names, and nothing that a server did not say") {
  RateLimits limits;
  CHECK(limits_json(limits).is_null());
  limits.each = {{.of = "requests", .limit = 60, .remaining = 0, .resets_in = seconds{2}},
                 {.of = "tokens", .limit = {}, .remaining = 900, .resets_in = {}}};
  CHECK(limits_json(limits) ==
        *parse_json(R"({"requests":{"limit":60,"remaining":0,"resets_in_ms":2000},"tokens":{"remaining":900}})"));
  CHECK(limits_json({.each = {}, .quota = "PerDay", .per_day = true}) ==
        *parse_json(R"({"quota":"PerDay","per_day":true})"));
}

TEST_CASE("a call that failed on the way is noted by its kind, a model's own stop is not") {
  ModelOutcome outcome;
  outcome.remote = "https://h:443";
  outcome.http_status = 429;
  outcome.reply.stop = Stop::provider_error;
  outcome.retry_after = seconds{3};
  outcome.server_duration = milliseconds{7};
  CHECK(server_notes(outcome, minutes{1}).failed == RetryClass::wait);
  CHECK(server_notes(outcome, seconds{1}).failed == RetryClass::defer);
  CHECK(server_notes(outcome, minutes{1}).retry_after == seconds{3});
  CHECK(server_notes(outcome, minutes{1}).duration == milliseconds{7});
  outcome.reply.stop = Stop::refused;
  CHECK_FALSE(server_notes(outcome, minutes{1}).failed.has_value());
}
