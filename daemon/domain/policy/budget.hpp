// One budget per run: what its model calls may read, write and cost. Reserved before a call, settled after it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/job/job.hpp"
#include "domain/model/messages.hpp"

namespace nowd {

/// What a run has used, each call of any purpose and each repeated one included.
struct Spent {
  std::int64_t input = 0;
  std::int64_t output = 0;
  Usd usd;
};

/// What earlier attempts at the same occurrence or request have used: the budget is one for all of them.
struct UsedBefore {
  int model_calls = 0;
  int tool_calls = 0;
  Spent spent;
};

/// The next call: an estimate of what it reads, and the most that it may write where that is bounded.
struct Planned {
  std::int64_t input = 0;
  std::optional<std::int64_t> output;
};

/// What a call may write that says nothing of it.
inline constexpr std::int64_t unbounded_output = 8'192;

/// Usage as a server may tell it: no number is negative, or more than a thousand million tokens.
Usage bounded(const Usage& told);

/// What the call may cost at most; nothing without prices.
std::optional<Usd> reservation(const std::optional<Prices>& prices, const Planned& planned);

/// The dimension that leaves no room for the call, in words; nothing = there is room.
std::optional<std::string> exhausted(const Limits& limits, const Spent& spent, const Planned& planned,
                                     const std::optional<Usd>& reserved);

/// The most that the next call may write: the job's own bound, or what is left of the budget.
std::optional<std::int64_t> output_bound(const Limits& limits, const Spent& spent,
                                         const std::optional<std::int64_t>& own);

/// The tokens that a text has at the very least in any tokenizer: repeated characters and white space count for
/// nothing, six bytes of the rest are one token.
std::int64_t min_tokens(std::string_view text);
/// About how many it has: four bytes are one.
std::int64_t about_tokens(std::string_view text);

}  // namespace nowd
