// What a user lets a key do in any minute, and who goes first where that is short.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nowd {

struct Planned;

/// Of a job, among those that share a key.
enum class Priority { low, normal, high };
inline constexpr int priorities = 3;

/// In any 60 seconds, of all calls that are made with the key. What is not set is not bounded.
struct AccountLimits {
  std::optional<std::int64_t> requests_per_minute;
  std::optional<std::int64_t> input_tokens_per_minute;
  std::optional<std::int64_t> output_tokens_per_minute;
  bool any() const { return requests_per_minute || input_tokens_per_minute || output_tokens_per_minute; }
  bool operator==(const AccountLimits&) const = default;
};

/// Of each the smaller one: for providers that share a key.
AccountLimits stricter(const AccountLimits& one, const AccountLimits& other);

/// Why a call is larger than a whole minute allows: limit, value and remedy; nothing = it fits some time. An output
/// that is not bounded fits any limit.
std::optional<std::string> never_fits(const AccountLimits& limits, const Planned& call, const std::string& provider);

}  // namespace nowd
