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

}  // namespace nowd
