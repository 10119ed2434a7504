// The built-in tool `clock`: calculates with dates and converts zones for the model. Pure.
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

/// Years and months keep the day of the month, or use the last day of a shorter month (31 January plus one month is 28
/// or 29 February). Days are added afterwards.
LocalDay add_calendar(LocalDay day, std::chrono::months months, days more);

enum class CalendarUnit { day, week, month, year };  ///< weeks begin on Monday (ISO 8601)
std::optional<CalendarUnit> parse_calendar_unit(std::string_view name);

LocalDay first_day(CalendarUnit unit, LocalDay day);
/// The first day of the unit after the one that contains `day`.
LocalDay next_first_day(CalendarUnit unit, LocalDay day);

/// "monday" … "sunday", or nothing.
std::optional<std::chrono::weekday> parse_weekday(std::string_view name);
/// The first such day strictly after `day`.
LocalDay next_weekday(LocalDay day, std::chrono::weekday wanted);

/// True for dates from 1970 to 2199, for which the zone rules are reliable.
bool in_calendar_range(LocalDay day);

}  // namespace nowd
