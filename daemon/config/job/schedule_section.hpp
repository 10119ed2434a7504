// The schedule of a job: its short text forms and its mapping, read and checked. See docs/schedules.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/yaml/field.hpp"
#include "domain/schedule/schedule.hpp"

namespace nowd {

/// The surroundings of a schedule.
struct ScheduleContext {
  std::optional<std::string> default_zone;
  bool has_config = false;  ///< whether defaults.timezone could be looked up at all
  Instant now;
  bool past_at_known = false;      ///< an `at` in the past is an old one, not a new one
  bool past_at_is_warned = false;  ///< a new one is no error, only a warning
};

/// Nothing if the schedule has faults. Faults and warnings are reported.
std::optional<Schedule> read_schedule(const Field& field, const ScheduleContext& context);

// The parts of a schedule's mapping that stand for themselves: times and dates.

/// One local time or a list. Refuses a slot that the zone jumps over, and a new one in the past.
std::optional<At> read_at(const Field& field, const Zone& zone, const ScheduleContext& context);

/// An instant (RFC 3339), or a local time in the zone.
std::optional<Instant> read_anchor(const Field& field, const Zone& zone);

std::vector<LocalDay> read_days(const Field& field);  ///< one or a list; ascending, without repeats

/// An abbreviation (CET, EST5EDT) is a zone of tzdata, but has the rules of an offset, not of a place.
void warn_of_abbreviation(const Field& field, std::string_view zone);

/// Refusals that need the whole schedule: an `at` in a gap or in the past, one that never fires, too much jitter.
void check_schedule(const Schedule& schedule, const Field& field, const ScheduleContext& context);

/// Slots that meet a clock change within two years, both day fields without day_match, slots just before midnight.
void warn_of_schedule(const Schedule& schedule, bool says_day_match, const Field& field, Instant now);

}  // namespace nowd
