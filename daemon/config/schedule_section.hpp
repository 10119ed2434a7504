// The schedule of a job: its short text forms and its mapping (time.md 1), read and checked.
#pragma once

#include <optional>
#include <string>

#include "config/field.hpp"
#include "domain/schedule/schedule.hpp"

namespace nowd {

/// What a schedule is read against.
struct ScheduleContext {
  std::optional<std::string> default_zone;
  bool has_config = false;    ///< whether defaults.timezone could be looked up at all
  Instant now;
  bool past_at_known = false; ///< an `at` in the past is an old one, not a new one
};

/// Nothing if anything is wrong with it; what it is, is in the report. Warnings are reported too.
std::optional<Schedule> read_schedule(const Field& field, const ScheduleContext& context);

/// As people write it: "0 9 * * mon-fri Europe/Berlin", "every 15m", "at 2026-12-01T09:00 Europe/Berlin", "manual".
std::string schedule_text(const Schedule& schedule);

/// "0 9 * * mon-fri Europe/Berlin" → its parts. The last word is a zone if it looks like one and like no cron field.
struct ScheduleWords {
  enum class Kind { cron, every, manual } kind = Kind::cron;
  std::string value;                ///< the expression, or the period
  std::optional<std::string> zone;
};
ScheduleWords split_schedule(std::string_view text);

/// Refusals that need the whole schedule: an `at` in a gap or in the past, one that never fires, too much jitter.
void check_schedule(const Schedule& schedule, const Field& field, const ScheduleContext& context);

/// Slots that meet a clock change within two years, both day fields without day_match, slots just before midnight.
void warn_of_schedule(const Schedule& schedule, bool says_day_match, const Field& field, Instant now);

}  // namespace nowd
