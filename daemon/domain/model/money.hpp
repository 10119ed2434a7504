// Money in US dollars, and the cost of tokens. Whole numbers, so sums are exact.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "foundation/error.hpp"

namespace nowd {

/// In hundred-millionths of a dollar, as the ledger keeps it (numeric(14, 8)). A sum
/// stops at max_units.
struct Usd {
  std::int64_t units = 0;
  static constexpr std::int64_t max_units = 99'999'999'999'999;  ///< 999999.99999999
  auto operator<=>(const Usd&) const = default;
  Usd operator+(Usd other) const { return {std::min(units + other.units, max_units)}; }
  Usd operator-(Usd other) const { return {units - other.units}; }
  Usd& operator+=(Usd other) { return *this = *this + other; }
};

/// "0.25", "3": not negative, at most eight places and a million dollars. Errors: `invalid`.
Result<Usd> parse_usd(std::string_view text);
/// "0.25", "3", "0.00012": exact, without trailing zeros.
std::string to_string(Usd money);

/// US dollars for a million tokens.
struct Prices {
  Usd input;
  Usd output;
  std::optional<Usd> cached;       ///< read from the provider's cache; nothing: as input
  std::optional<Usd> cache_write;  ///< written to it; nothing: as input
  bool operator==(const Prices&) const = default;
};

struct Usage;
/// Rounded up to a unit; no count of tokens and no price overflows. Input that was read from or written to the cache
/// has its own price.
Usd cost_of(const Prices& prices, const Usage& usage);

}  // namespace nowd
