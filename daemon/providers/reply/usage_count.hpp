// Token counts of an answer: read from the server's report and made consistent. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "domain/model/messages.hpp"

namespace nowd {

/// The reported counts of one answer. A missing count is empty.
struct TokenCounts {
  std::optional<std::int64_t> input;
  std::optional<std::int64_t> cached;
  std::optional<std::int64_t> output;
  std::optional<std::int64_t> reasoning;
  std::optional<std::int64_t> cache_write;
  std::optional<std::int64_t> total;  ///< of input and output; confirms both
};

/// The maximum of a count; larger numbers are reduced to it.
inline constexpr std::int64_t max_token_count = 1'000'000'000;

/// The member as a count: a number, or a text with a number. Rounds fractions up; at most max_token_count. Nothing for
/// other values.
std::optional<std::int64_t> token_count(const Json& value, const char* name);

/// Keeps the larger of each count: servers report running counts, and later parts of a stream omit some or report zero.
void keep_larger(TokenCounts& counts, const TokenCounts& more);

/// The counts as one usage. A total above input plus output supplies the missing one. No part is larger than its whole.
/// `whole` is false if the input is missing or zero (a prompt is never empty), or the output of an answer that has
/// content
/// (`answered`).
struct CountedUsage {
  Usage usage;
  bool whole = false;
};
std::optional<CountedUsage> usage_from(const TokenCounts& counts, bool answered);

}  // namespace nowd
