// The budget of a run: tokens and money for its model calls, reserved before a call and settled after it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/job/job.hpp"
#include "domain/model/messages.hpp"

namespace nowd {

/// Usage of a run: all calls of all purposes, retries included.
struct Spent {
  std::int64_t input = 0;
  std::int64_t output = 0;
  Usd usd;
};

/// Usage of earlier attempts at the same occurrence or request: they share one budget.
struct UsedBefore {
  int model_calls = 0;
  int tool_calls = 0;
  Spent spent;
};

/// The next call: its estimated input, and the limit of its output, if there is one.
struct Planned {
  std::int64_t input = 0;
  std::optional<std::int64_t> output;
};

/// The assumed output of a call without a limit.
inline constexpr std::int64_t unbounded_output = 8'192;

/// Clamps each number of a server's usage to 0 … 10^9 tokens.
Usage bounded(const Usage& reported);

/// The maximum cost of the call; nothing without prices.
std::optional<Usd> reservation(const std::optional<Prices>& prices, const Planned& planned);

/// A message about the limit that the call would exceed; nothing: the call fits.
std::optional<std::string> exhausted(const Limits& limits, const Spent& spent, const Planned& planned,
                                     const std::optional<Usd>& reserved);

/// The output limit of the next call: the smaller of the job's own limit and the rest of the budget.
std::optional<std::int64_t> output_bound(const Limits& limits, const Spent& spent,
                                         const std::optional<std::int64_t>& own);

/// A lower bound of a text's tokens in any tokenizer: repeated characters and white space count as none, six bytes of
/// the rest as one token.
std::int64_t min_tokens(std::string_view text);
/// An estimate of a text's tokens: four bytes are one.
std::int64_t about_tokens(std::string_view text);

}  // namespace nowd
