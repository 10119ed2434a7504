#include "domain/policy/money.hpp"

#include <algorithm>
#include <limits>

#include "domain/run/conversation.hpp"

namespace nowd {
namespace {

constexpr std::int64_t units_per_dollar = 100'000'000;
constexpr std::int64_t per_tokens = 1'000'000;
constexpr int places = 8;
constexpr std::int64_t most_dollars = 1'000'000;

/// What one call is taken to cost at most: sums of many such still fit. Nobody's usage comes near it.
constexpr std::int64_t most_units = most_dollars * units_per_dollar;

/// Without the product of the two, which could be too large. Of tokens that are not negative.
std::int64_t share(std::int64_t tokens, Usd price) {
  const std::int64_t rest = tokens % per_tokens;
  std::int64_t whole = 0;
  if (__builtin_mul_overflow(tokens / per_tokens, price.units, &whole) || whole > most_units) return most_units;
  const std::int64_t million = price.units / per_tokens * rest;
  const std::int64_t small = price.units % per_tokens * rest;
  return std::min(most_units, whole + million + (small + per_tokens - 1) / per_tokens);
}

}  // namespace

Result<Usd> parse_usd(std::string_view text) {
  std::int64_t units = 0;
  int after = -1;  // digits behind the point
  bool any = false;
  for (const char c : text) {
    if (c == '.' && after < 0) {
      after = 0;
      continue;
    }
    if (c < '0' || c > '9' || after == places || units > most_dollars * units_per_dollar)
      return invalid("'" + std::string(text) + "' is not an amount in US dollars, like 0.25, of at most 1000000");
    any = true;
    units = units * 10 + (c - '0');
    if (after >= 0) ++after;
  }
  for (int i = std::max(after, 0); i < places && units <= most_dollars * units_per_dollar; ++i) units *= 10;
  if (!any || units > most_dollars * units_per_dollar)
    return invalid("'" + std::string(text) + "' is not an amount in US dollars, like 0.25, of at most 1000000");
  return Usd{units};
}

std::string to_string(Usd money) {
  if (money.units < 0) return "-" + to_string(Usd{-std::max(money.units, -std::numeric_limits<std::int64_t>::max())});
  std::string rest = std::to_string(money.units % units_per_dollar);
  rest.insert(0, static_cast<std::size_t>(places) - rest.size(), '0');
  rest.erase(rest.find_last_not_of('0') + 1);
  return std::to_string(money.units / units_per_dollar) + (rest.empty() ? "" : "." + rest);
}

Usd cost_of(const Prices& prices, const Usage& usage) {
  const std::int64_t input = std::max<std::int64_t>(usage.input, 0);
  const std::int64_t cached = std::clamp<std::int64_t>(usage.cached, 0, input);
  const std::int64_t written = std::clamp<std::int64_t>(usage.cache_write, 0, input - cached);
  const std::int64_t units = share(input - cached - written, prices.input) +
                             share(cached, prices.cached.value_or(prices.input)) +
                             share(written, prices.cache_write.value_or(prices.input)) +
                             share(std::max<std::int64_t>(usage.output, 0), prices.output);
  return {std::min(units, most_units)};
}

}  // namespace nowd
