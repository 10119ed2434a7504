// One field of a cron expression: its range, its names, and the parser of one item of its list.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/error.hpp"
#include "foundation/text/scan.hpp"

namespace nowd {

struct CronField {
  std::string_view name;
  int min = 0, max = 0;
  std::span<const std::string_view> names;  ///< of min, min + 1 …

  std::string range() const { return std::to_string(min) + "-" + std::to_string(max); }
  bool holds(int value) const { return value >= min && value <= max; }
  /// "minute '61' is not in 0-59"
  Error wrong(std::string_view value, std::string_view why) const;
};

/// Bit n: the value n.
using CronValues = std::uint64_t;

/// * or 5 or 1-5, each with an optional step; 5/15 counts from 5 to the end of the field. Ranges never run backwards,
/// but sun may end one: fri-sun is 5-7.
Result<CronValues> parse_cron_item(const CronField& field, std::string_view item);

/// A number, or a name of three letters (more may follow: friL). Errors quote `item`.
Result<int> take_cron_value(const CronField& field, Scanner& in, std::string_view item);
/// A number from 1 to `max`, after L-, / or #.
Result<int> take_cron_count(const CronField& field, Scanner& in, std::string_view item, std::string_view what, int max);

/// Splits at any of the separators.
std::vector<std::string_view> split_cron(std::string_view text, std::string_view separators, bool keep_empty);

}  // namespace nowd
