#include "domain/model/money.hpp"

#include <algorithm>
#include <limits>

#include "domain/model/messages.hpp"

namespace nowd {
namespace {

constexpr std::int64_t units_per_dollar = 100'000'000;
constexpr std::int64_t per_tokens = 1'000'000;
constexpr int places = 8;
constexpr std::int64_t max_dollars = 1'000'000;

constexpr std::int64_t max_token_count = 1'000'000'000;  // no answer has more; and the products below fit

/// Without the product of the two, which could be too large.
std::int64_t share(std::int64_t tokens, Usd price) {
  tokens = std::clamp<std::int64_t>(tokens, 0, max_token_count);
  const std::int64_t whole = tokens / per_tokens * price.units;
  const std::int64_t rest = tokens % per_tokens;
  const std::int64_t million = price.units / per_tokens * rest;
  const std::int64_t small = price.units % per_tokens * rest;
  return whole + million + (small + per_tokens - 1) / per_tokens;
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
    if (c < '0' || c > '9' || after == places || units > max_dollars * units_per_dollar)
      return invalid("'" + std::string(text) + "' is not an amount in US dollars, like 0.25, of at most 1000000");
    any = true;
    units = units * 10 + (c - '0');
    if (after >= 0) ++after;
  }
  for (int i = std::max(after, 0); i < places && units <= max_dollars * units_per_dollar; ++i) units *= 10;
  if (!any || units > max_dollars * units_per_dollar)
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
  const std::int64_t input = std::clamp<std::int64_t>(usage.input, 0, max_token_count);
  const std::int64_t cached = std::clamp<std::int64_t>(usage.cached, 0, input);
  const std::int64_t written = std::clamp<std::int64_t>(usage.cache_write, 0, input - cached);
  const std::int64_t all =
      share(input - cached - written, prices.input) + share(cached, prices.cached.value_or(prices.input)) +
      share(written, prices.cache_write.value_or(prices.input)) + share(usage.output, prices.output);
  return {std::min(all, Usd::max_units)};
}

}  // namespace nowd
