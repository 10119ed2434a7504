// Schedules as one line of text, both ways.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/schedule/schedule.hpp"

namespace nowd {

/// As people write it: "0 9 * * mon-fri Europe/Berlin", "every 15m", "at 2026-12-01T09:00 Europe/Berlin", "manual".
std::string schedule_text(const Schedule& schedule);

/// "0 9 * * mon-fri Europe/Berlin" → its parts. The last word is a zone if it looks like one and like no cron field.
struct ScheduleWords {
  enum class Kind { cron, every, manual } kind = Kind::cron;
  std::string value;  ///< the expression, or the period
  std::optional<std::string> zone;
};
ScheduleWords split_schedule(std::string_view text);

/// "2h" of "2 hours", "1h" of "hour", "1h30m" of "1 hour 30 minutes"; any other text stays as it is.
std::string in_unit_letters(std::string_view text);

/// A day field starts with */n, and the other one is not *: cron takes such a field for unrestricted, so that a day
/// must match both, whatever `or` says.
bool has_stepped_days(std::string_view expression);
/// The same fields with their ranges written out (1-31/10 of */10), so that they count as restricted: the meaning
/// of an `or` that a person wrote. Other expressions stay as they are.
std::string with_restricted_days(std::string_view expression);

/// Of an expression that begins with CRON_TZ= or TZ=, as some crons have it: the remedy.
std::optional<std::string> zone_prefix_remedy(std::string_view expression);

}  // namespace nowd
