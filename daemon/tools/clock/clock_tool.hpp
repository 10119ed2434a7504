// The built-in tool `clock`: date arithmetic and zone conversion, so that a model need not count. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "domain/model/messages.hpp"
#include "domain/prompt/template.hpp"
#include "foundation/error.hpp"
#include "foundation/json.hpp"
#include "foundation/time/time.hpp"

namespace nowd {

ToolOffer clock_tool_offer();
Result<Json> clock_tool(const Json& arguments, const RunTime& run, Now now);

// Calendar arithmetic on local dates.

/// Years and months keep the day of the month, or take the month's last day where it is shorter (31 January plus one
/// month is 28 or 29 February); days are added after that.
LocalDay add_calendar(LocalDay day, std::chrono::months months, days more);

enum class CalendarUnit { day, week, month, year };  ///< weeks begin on Monday (ISO 8601)
std::optional<CalendarUnit> parse_calendar_unit(std::string_view name);

LocalDay first_day(CalendarUnit unit, LocalDay day);
/// The first day of the unit after the one that holds `day`.
LocalDay next_first_day(CalendarUnit unit, LocalDay day);

/// "monday" … "sunday", or nothing.
std::optional<std::chrono::weekday> parse_weekday(std::string_view name);
/// The first such day strictly after `day`.
LocalDay next_weekday(LocalDay day, std::chrono::weekday wanted);

/// Whether the tool answers for this date: 1970 to 2199, where zones are right.
bool in_calendar_range(LocalDay day);

}  // namespace nowd
