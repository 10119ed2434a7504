// Waits, rate limits and durations in the headers and error bodies of responses. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/json.hpp"
#include "foundation/time/time.hpp"
#include "net/http/retry_after.hpp"

namespace nowd {

/// One rate limit of an account. A value that the server does not report is empty.
struct RateLimit {
  std::string of;  ///< "requests", "tokens", "input-tokens", "output-tokens"
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> remaining;
  std::optional<milliseconds> resets_in;  ///< time from the response to the reset
  bool operator==(const RateLimit&) const = default;
};

struct RateLimits {
  std::vector<RateLimit> each;  ///< in a fixed order: requests, tokens, input-tokens, output-tokens
  std::string quota;            ///< Gemini: the id of the exhausted quota
  bool per_day = false;         ///< it is a daily quota: an early retry fails
  bool operator==(const RateLimits&) const = default;
};

/// {"requests": {"limit", "remaining", "resets_in_ms"}, …, "quota", "per_day"}, each only if the server reports it;
/// null without any.
Json limits_json(const RateLimits& limits);

struct LimitNotes {
  RateLimits limits;
  std::optional<milliseconds> retry_after;   ///< minimum wait: header, or Gemini's RetryInfo
  std::optional<milliseconds> wait_in_body;  ///< wait in the error's body: a field, or the message for people
  std::optional<bool> should_retry;          ///< the server's own judgement; overrides the status
  std::optional<milliseconds> server_duration;
  int error_status = 0;  ///< the HTTP status that the error itself names; 0: none
  bool operator==(const LimitNotes&) const = default;
};

/// Reads response headers (names in lower case) and the body of an error. Instants count from the server's own Date. If
/// it is missing, a Retry-After counts from `received` (our clock at the response), and a reset stays empty. Senseless
/// values stay empty; a wait in the past is 0. Sources: https://platform.openai.com/docs/guides/rate-limits
/// (x-ratelimit-*, resets as durations), https://platform.claude.com/docs/en/api/rate-limits (anthropic-ratelimit-*,
/// resets as instants), https://cloud.google.com/apis/design/errors (RetryInfo, QuotaFailure), RFC 9110, 10.2.3
/// (Retry-After).
LimitNotes limit_notes(const std::vector<std::pair<std::string, std::string>>& headers, std::string_view error_body,
                       Instant received);

/// The wait in the message of an error: "Please try again in D" (OpenAI and most servers that imitate it) or "Please
/// retry in D" (Gemini), where D is "20ms", "1.5s", "6m0s" or "1h2m3s": larger units first, each once, followed by the
/// end of a word. Nothing if the message has two such phrases, any other form, or more than a day: a text for people is
/// the weakest source.
std::optional<milliseconds> wait_in_message(std::string_view message);

}  // namespace nowd
