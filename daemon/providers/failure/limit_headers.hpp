// What a response says of waiting, of limits and of its own duration: the headers and bodies that are clocks or limits.
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

/// One of the limits that a key has. What a server does not say is nothing.
struct RateLimit {
  std::string of;  ///< "requests", "tokens", "input-tokens", "output-tokens"
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> remaining;
  std::optional<milliseconds> resets_in;  ///< counted from the response
  bool operator==(const RateLimit&) const = default;
};

struct RateLimits {
  std::vector<RateLimit> each;  ///< in the order of the headers
  std::string quota;            ///< Gemini: the id of the quota that is used up
  bool per_day = false;         ///< that quota is one of a day: trying again soon is of no use
  bool operator==(const RateLimits&) const = default;
};

/// {"requests": {"limit", "remaining", "resets_in_ms"}, …, "quota", "per_day"}, each only if the server says it; null
/// if it says nothing.
Json limits_json(const RateLimits& limits);

struct LimitNotes {
  RateLimits limits;
  std::optional<milliseconds> retry_after;  ///< the least wait
  std::optional<milliseconds> told_wait;    ///< the wait that the error's body names: a field, or words for people
  std::optional<bool> should_retry;         ///< the server's own judgement, which overrides the status
  std::optional<milliseconds> server_duration;
  int error_status = 0;  ///< of HTTP, as the error itself names it; 0: it does not
  bool operator==(const LimitNotes&) const = default;
};

/// Reads response headers (names in lower case) and, of an error, the body. Instants count against the server's own
/// Date; without one a Retry-After counts against `received`, when the response came by our clock, and a reset is left
/// out. Values that make no sense are left out; a wait that
/// is over is 0. Sources: https://platform.openai.com/docs/guides/rate-limits (x-ratelimit-*, resets as durations),
/// https://platform.claude.com/docs/en/api/rate-limits (anthropic-ratelimit-*, resets as instants),
/// https://cloud.google.com/apis/design/errors (RetryInfo, QuotaFailure), RFC 9110, 10.2.3 (Retry-After).
LimitNotes limit_notes(const std::vector<std::pair<std::string, std::string>>& headers, std::string_view error_body,
                       Instant received);

// The wait that a provider names in an error's message and nowhere else: "Please try again in 6m0s."

/// Reads "Please try again in D" (OpenAI, and most that imitate it) and "Please retry in D" (Gemini), where D is
/// "20ms", "1.5s", "6m0s" or "1h2m3s": larger units first, each once, and then the end of a word. Nothing where the
/// message says it twice, in any other form, or of more than a day: words for people are the weakest source there is.
std::optional<milliseconds> told_wait(std::string_view message);

}  // namespace nowd
