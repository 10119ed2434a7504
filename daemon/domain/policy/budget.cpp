#include "domain/policy/budget.hpp"

#include <algorithm>

namespace nowd {
namespace {

constexpr std::int64_t bytes_of_a_long_token = 6;
constexpr std::int64_t bytes_of_a_token = 4;

std::string over(const char* dimension, const std::string& limit, const std::string& used) {
  return std::string("limits.") + dimension + ": " + used + " of " + limit +
         " are used, and the next call does not fit; raise it, or ask for less";
}

constexpr std::int64_t max_token_count = 1'000'000'000;

}  // namespace

Usage bounded(const Usage& reported) {
  const auto bound = [](std::int64_t tokens) { return std::clamp<std::int64_t>(tokens, 0, max_token_count); };
  return {bound(reported.input), bound(reported.cached), bound(reported.output), bound(reported.reasoning),
          bound(reported.cache_write)};
}

std::optional<Usd> reservation(const std::optional<Prices>& prices, const Planned& planned) {
  if (!prices) return std::nullopt;
  Usage usage;
  usage.input = planned.input;
  if (prices->cache_write.value_or(prices->input) > prices->input) usage.cache_write = planned.input;
  usage.output = planned.output.value_or(unbounded_output);
  return cost_of(*prices, usage);
}

std::optional<std::string> exhausted(const Limits& limits, const Spent& spent, const Planned& planned,
                                     const std::optional<Usd>& reserved) {
  if (limits.input_tokens && spent.input + planned.input > *limits.input_tokens)
    return over("input_tokens", std::to_string(*limits.input_tokens), std::to_string(spent.input));
  if (limits.output_tokens && spent.output >= *limits.output_tokens)
    return over("output_tokens", std::to_string(*limits.output_tokens), std::to_string(spent.output));
  if (limits.usd && spent.usd + reserved.value_or(Usd{}) > *limits.usd)
    return over("usd", to_string(*limits.usd), to_string(spent.usd));
  return std::nullopt;
}

std::optional<std::int64_t> output_bound(const Limits& limits, const Spent& spent,
                                         const std::optional<std::int64_t>& own) {
  if (!limits.output_tokens) return own;
  const std::int64_t left = std::max<std::int64_t>(1, *limits.output_tokens - spent.output);
  return own ? std::min(*own, left) : left;
}

std::int64_t min_tokens(std::string_view text) {
  std::int64_t bytes = 0;
  char before = ' ';
  for (const char c : text) {
    if (c != before && c != ' ' && c != '\n' && c != '\t' && c != '\r') ++bytes;
    before = c;
  }
  return bytes / bytes_of_a_long_token;
}

std::int64_t about_tokens(std::string_view text) {
  return static_cast<std::int64_t>(text.size()) / bytes_of_a_token + 1;
}

}  // namespace nowd
