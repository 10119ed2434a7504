#include "providers/failure/retry_class.hpp"

#include <set>

#include "providers/wire/provider.hpp"
#include "support/catch.hpp"

using namespace nowd;

namespace {

constexpr milliseconds longest{60'000};

std::optional<RetryClass> judged(int status, std::string code = "") {
  return retry_class({.status = status, .code = std::move(code)}, longest);
}

}  // namespace

TEST_CASE("a status alone says what to do") {
  CHECK(judged(429) == RetryClass::wait);
  for (const int status : {408, 409, 500, 502, 503, 504, 529, 599, 0}) CHECK(judged(status) == RetryClass::overload);
  CHECK(judged(402) == RetryClass::money);
  for (const int status : {301, 400, 401, 403, 404, 413, 418, 422}) CHECK(judged(status) == RetryClass::never);
}

TEST_CASE("a code decides before the status does, and stands once in the table") {
  std::set<std::string_view> seen;
  for (const RetryCode& row : retry_codes()) {
    CAPTURE(row.code);
    CHECK(seen.insert(row.code).second);
    for (const int status : {200, 400}) CHECK(judged(status, std::string(row.code)) == row.retry);
    if (row.retry == RetryClass::never) continue;
    for (const int status : {429, 503}) CHECK(judged(status, std::string(row.code)) == row.retry);
  }
}

TEST_CASE("a code that is a mere kind of error does not outrank a status that says later; one that names it does") {
  for (const char* kind : {"invalid_request_error", "permission_error", "INVALID_ARGUMENT", "not_found_error"}) {
    CHECK(judged(429, kind) == RetryClass::wait);
    for (const int status : {500, 503, 529}) CHECK(judged(status, kind) == RetryClass::overload);
    CHECK(judged(400, kind) == RetryClass::never);
    CHECK(retry_class({.status = 429, .code = kind, .retry_after = seconds{1}}, longest) == RetryClass::wait);
  }
  for (const char* cause : {"invalid_api_key", "model_not_found", "context_length_exceeded"})
    for (const int status : {400, 429, 503}) CHECK(judged(status, cause) == RetryClass::never);
}

TEST_CASE("a filter that refuses the prompt is known by its code, and word for word where there is none") {
  for (const char* code : {"content_filter", "content_policy_violation", "data_inspection_failed"})
    CHECK(is_about_content(code, ""));
  CHECK(is_about_content("invalid_request_error", "Output blocked by content filtering policy"));
  CHECK(is_about_content("invalid_request_error", "Content Exists Risk"));
  for (const char* words : {"", "messages.0: 'Content Exists Risk'", "the content_filter parameter is unknown"})
    CHECK_FALSE(is_about_content("invalid_request_error", words));
}

TEST_CASE("each member of the classes is where it belongs") {
  using enum RetryClass;
  for (const char* code : {"rate_limit_exceeded", "rate_limit_error", "slow_down", "RESOURCE_EXHAUSTED"})
    CHECK(judged(429, code) == wait);
  for (const char* code : {"overloaded_error", "server_is_overloaded", "UNAVAILABLE", "server_error", "api_error"})
    CHECK(judged(503, code) == overload);
  for (const char* code : {"insufficient_quota", "credit_balance_exhausted", "project_spend_limit_exceeded",
                           "enforced_spend_limit_reached", "billing_error"})
    CHECK(judged(429, code) == money);
  for (const char* code : {"invalid_request_error", "authentication_error", "INVALID_ARGUMENT", "model_not_found"})
    CHECK(judged(400, code) == never);
}

TEST_CASE("an error inside a 200 is judged by its code; one that nobody knows is never tried again") {
  CHECK(judged(200, "overloaded_error") == RetryClass::overload);
  CHECK(judged(200, "vector_store_timeout") == RetryClass::overload);
  CHECK(judged(200, "something_new") == RetryClass::never);
  CHECK(judged(200) == RetryClass::never);
}

TEST_CASE("a quota of the day, and a wait longer than the run has, are put off") {
  CHECK(retry_class({.status = 429, .code = "RESOURCE_EXHAUSTED", .per_day = true}, longest) == RetryClass::defer);
  CHECK(retry_class({.status = 429, .retry_after = longest}, longest) == RetryClass::wait);
  CHECK(retry_class({.status = 429, .retry_after = longest + milliseconds{1}}, longest) == RetryClass::defer);
  CHECK(retry_class({.status = 503, .retry_after = milliseconds{3'600'000}}, longest) == RetryClass::defer);
  CHECK(retry_class({.status = 429, .code = "insufficient_quota", .per_day = true}, longest) == RetryClass::money);
}

TEST_CASE("x-should-retry overrides the status, and neither the code nor the money") {
  const auto told = [](int status, bool should, std::string code = "") {
    return retry_class({.status = status, .code = std::move(code), .should_retry = should}, longest);
  };
  CHECK(told(503, false) == RetryClass::never);
  CHECK(told(400, true) == RetryClass::overload);
  CHECK(told(429, true) == RetryClass::wait);
  CHECK(told(402, true) == RetryClass::money);
  CHECK(told(429, true, "insufficient_quota") == RetryClass::money);
  CHECK(told(400, true, "invalid_request_error") == RetryClass::never);
}

TEST_CASE("a stream that was cut is overload; what the model itself ended with is no failed call") {
  CHECK(retry_class({.stop = Stop::stream_cut, .status = 200}, longest) == RetryClass::overload);
  for (const Stop stop : {Stop::complete, Stop::tool_call, Stop::refused, Stop::malformed, Stop::unknown})
    CHECK_FALSE(retry_class({.stop = stop, .status = 200}, longest).has_value());
}

TEST_CASE("a call that was not made is a configuration error; a server that was not reached is in trouble") {
  ModelOutcome outcome;
  outcome.reply.stop = Stop::provider_error;
  CHECK(retry_class(failed_call_of(outcome), longest) == RetryClass::never);
  outcome.remote = "https://api.openai.com:443";
  CHECK(retry_class(failed_call_of(outcome), longest) == RetryClass::overload);
  outcome.http_status = 429;
  outcome.limits.per_day = true;
  CHECK(retry_class(failed_call_of(outcome), longest) == RetryClass::defer);
}

TEST_CASE("an account without money that has no code of its own is known by Anthropic's sentence, word for word") {
  const std::string rest = " Please go to Plans & Billing to upgrade or purchase credits.";
  const std::string low = "Your credit balance is too low to access the Anthropic API.";
  const auto said = [](int status, std::string code, std::string words) {
    return retry_class({.status = status, .code = std::move(code), .message = std::move(words)}, longest);
  };
  for (const std::string& words : {low, low + rest,
                                   std::string("You have reached your specified API usage limits. You will regain "
                                               "access on 2026-12-01 at 00:00 UTC."),
                                   std::string("You have reached your specified workspace API usage limits.")})
    CHECK(said(400, "invalid_request_error", words) == RetryClass::money);

  for (const std::string& words : {std::string(), std::string("Your credit balance is too low"),
                                   "messages.0.content: " + low, "The text '" + low + "' is not valid",
                                   "your" + low.substr(4), low.substr(0, low.size() - 1) + ", says the user", low + "x",
                                   std::string("Your credit balance is too low to access the Anthropic APIs.")}) {
    CAPTURE(words);
    CHECK(said(400, "invalid_request_error", words) == RetryClass::never);
  }
  CHECK(said(400, "", low) == RetryClass::never);
  CHECK(said(400, "not_found_error", low) == RetryClass::never);
  CHECK(said(422, "invalid_request_error", low) == RetryClass::never);
  CHECK(said(200, "invalid_request_error", low) == RetryClass::never);
  CHECK(said(429, "rate_limit_error", low) == RetryClass::wait);
}

TEST_CASE("every class has its name") {
  CHECK(to_string(RetryClass::wait) == "wait");
  CHECK(to_string(RetryClass::overload) == "overload");
  CHECK(to_string(RetryClass::money) == "money");
  CHECK(to_string(RetryClass::defer) == "defer");
  CHECK(to_string(RetryClass::never) == "never");
}
