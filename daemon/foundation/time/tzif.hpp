// The POSIX TZ string that ends a compiled zone file, and the changes of offset that it prescribes year by year.
// Source: RFC 9636, 3.3, with its extension: the time of a change may be -167 to 167 hours.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/time/time.hpp"

namespace nowd {

/// The reading of clocks in a zone: an offset east of UTC, and its abbreviation.
struct ZoneReading {
  seconds offset{};
  std::string abbreviation;
  bool operator==(const ZoneReading&) const = default;
};

/// A day of every year, and a time of that day which may lie outside it.
struct YearlyMoment {
  enum class Form {
    month_week_day,  ///< Mm.w.d: the w-th weekday d of month m; week 5 is the last
    julian,          ///< Jn: day 1 to 365, never 29 February
    day_of_year,     ///< n: day 0 to 365, leap days count
  };
  Form form = Form::month_week_day;
  int month = 0, week = 0, weekday = 0;
  int day = 0;
  seconds time{hours{2}};

  /// On the zone's own clock.
  LocalTime in(int year) const;
};

/// A change to another reading.
struct ZoneChange {
  Instant at;
  ZoneReading to;
};

struct PosixZone {
  ZoneReading standard;
  ZoneReading daylight;  ///< meaningful only with `rules`; may be behind standard time (Europe/Dublin)
  struct Rules {
    YearlyMoment to_daylight, to_standard;
  };
  std::optional<Rules> rules;

  /// The changes that fall into (after, …] through the given year, ascending; none without rules.
  std::vector<ZoneChange> changes(Instant after, int through_year) const;
};

/// None if the text is not a POSIX TZ string.
std::optional<PosixZone> parse_posix_zone(std::string_view text);

// Reads compiled zone files (RFC 9636). libdate-tz cannot serve: it ignores the footer, which contains the rules after
// the last listed change, and it cannot read a file again after an upgrade of tzdata.

struct CompiledZone {
  ZoneReading first;                ///< before the first change
  std::vector<ZoneChange> changes;  ///< ascending; a change may lead to the reading that was in force already
  std::string footer;               ///< the POSIX rule from the last change on; empty if the file has none
};

/// Reads the content of a file of version 2 or later. None for other or damaged files: every length is checked.
std::optional<CompiledZone> parse_tzif(std::string_view content);

}  // namespace nowd
