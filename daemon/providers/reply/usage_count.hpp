// Token counts as servers tell them, and what of them can be believed. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "domain/model/messages.hpp"

namespace nowd {

/// What one answer's usage says, in Usage's terms; what it does not say is nothing.
struct TokenCounts {
  std::optional<std::int64_t> input;
  std::optional<std::int64_t> cached;
  std::optional<std::int64_t> output;
  std::optional<std::int64_t> reasoning;
  std::optional<std::int64_t> cache_write;
  std::optional<std::int64_t> total;  ///< of input and output: a witness for both
};

/// More than this is in no answer: a larger count is taken for this one.
inline constexpr std::int64_t max_token_count = 1'000'000'000;

/// The member as a count: a number, or a text that is one. A fraction counts up, more than max_token_count as that.
/// Nothing for what is negative or no number.
std::optional<std::int64_t> token_count(const Json& value, const char* name);

/// Servers count as they go, and later parts of a stream leave counts out or at zero: of each the largest is kept.
void take_larger(TokenCounts& counts, const TokenCounts& more);

/// The counts as one usage. Where the total says more than input and output together, the rest is what was left out. No
/// part is larger than its whole. `whole` is false where a count is missing or zero that cannot be: a prompt is never
/// empty, and what was written (`answered`) has taken tokens.
struct CountedUsage {
  Usage usage;
  bool whole = false;
};
std::optional<CountedUsage> usage_from(const TokenCounts& counts, bool answered);

}  // namespace nowd
