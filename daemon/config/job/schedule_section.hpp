// The schedule of a job: its short text forms and its mapping (time.md 1), read and checked.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/yaml/field.hpp"
#include "domain/schedule/schedule.hpp"

namespace nowd {

/// What a schedule is read against.
struct ScheduleContext {
  std::optional<std::string> default_zone;
  bool has_config = false;  ///< whether defaults.timezone could be looked up at all
  Instant now;
  bool past_at_known = false;      ///< an `at` in the past is an old one, not a new one
  bool past_at_is_warned = false;  ///< a new one is no error, only a warning
};

/// Nothing if anything is wrong with it; what it is, is in the report. Warnings are reported too.
std::optional<Schedule> read_schedule(const Field& field, const ScheduleContext& context);

// The parts of a schedule's mapping that stand for themselves: times and dates.

/// One local time or a list. Refuses a slot that the zone jumps over, and a new one in the past.
std::optional<At> read_at(const Field& field, const Zone& zone, const ScheduleContext& context);

/// An instant (RFC 3339), or a local time in the zone.
std::optional<Instant> read_anchor(const Field& field, const Zone& zone);

std::optional<LocalDay> read_day(const Field& field);
std::vector<LocalDay> read_days(const Field& field);  ///< one or a list; ascending, without repeats

}  // namespace nowd
