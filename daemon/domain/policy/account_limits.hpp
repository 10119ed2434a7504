// Limits by the minute of a provider account, and the priorities of jobs that share it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nowd {

struct Planned;

/// Of a job, among the jobs that share an account.
enum class Priority { low, normal, high };
inline constexpr int priorities = 3;

/// In any 60 seconds, for all calls of the account. A limit that is not set does not apply.
struct AccountLimits {
  std::optional<std::int64_t> requests_per_minute;
  std::optional<std::int64_t> input_tokens_per_minute;
  std::optional<std::int64_t> output_tokens_per_minute;
  bool any() const { return requests_per_minute || input_tokens_per_minute || output_tokens_per_minute; }
  bool operator==(const AccountLimits&) const = default;
};

/// The smaller of each limit: for providers that share an account.
AccountLimits stricter(const AccountLimits& one, const AccountLimits& other);

/// A message (limit, value, remedy) if the call alone is larger than the limit of a whole minute; else nothing. An
/// output without a bound fits any limit.
std::optional<std::string> never_fits(const AccountLimits& limits, const Planned& call, const std::string& provider);

}  // namespace nowd
