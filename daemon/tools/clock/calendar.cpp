#include "tools/clock/calendar.hpp"

#include <array>

namespace nowd {
namespace {

using std::chrono::month_day_last;
using std::chrono::year_month_day;

year_month_day fields(LocalDay day) {
  return year_month_day{std::chrono::local_days{std::chrono::duration_cast<std::chrono::days>(day.time_since_epoch())}};
}

LocalDay joined(year_month_day date) {
  return LocalDay{days{std::chrono::local_days{date}.time_since_epoch().count()}};
}

std::chrono::weekday weekday_of(LocalDay day) {
  return std::chrono::weekday{
      std::chrono::local_days{std::chrono::duration_cast<std::chrono::days>(day.time_since_epoch())}};
}

days since_monday(LocalDay day) { return days{(weekday_of(day) - std::chrono::Monday).count()}; }

}  // namespace

LocalDay add_calendar(LocalDay day, std::chrono::months months, days more) {
  year_month_day date = fields(day) + months;
  if (!date.ok()) date = date.year() / date.month() / std::chrono::last;
  return joined(date) + more;
}

std::optional<CalendarUnit> parse_calendar_unit(std::string_view name) {
  if (name == "day") return CalendarUnit::day;
  if (name == "week") return CalendarUnit::week;
  if (name == "month") return CalendarUnit::month;
  if (name == "year") return CalendarUnit::year;
  return std::nullopt;
}

LocalDay first_day(CalendarUnit unit, LocalDay day) {
  const year_month_day date = fields(day);
  switch (unit) {
    case CalendarUnit::day:
      return day;
    case CalendarUnit::week:
      return day - since_monday(day);
    case CalendarUnit::month:
      return joined(date.year() / date.month() / 1);
    case CalendarUnit::year:
      return joined(date.year() / std::chrono::January / 1);
  }
  return day;
}

LocalDay next_first_day(CalendarUnit unit, LocalDay day) {
  const LocalDay first = first_day(unit, day);
  switch (unit) {
    case CalendarUnit::day:
      return first + days{1};
    case CalendarUnit::week:
      return first + days{7};
    case CalendarUnit::month:
      return add_calendar(first, std::chrono::months{1}, days{0});
    case CalendarUnit::year:
      return add_calendar(first, std::chrono::months{12}, days{0});
  }
  return first;
}

std::optional<std::chrono::weekday> parse_weekday(std::string_view name) {
  static constexpr std::array<std::string_view, 7> names{"sunday",   "monday", "tuesday", "wednesday",
                                                         "thursday", "friday", "saturday"};
  for (unsigned i = 0; i < names.size(); ++i)
    if (names[i] == name) return std::chrono::weekday{i};
  return std::nullopt;
}

LocalDay next_weekday(LocalDay day, std::chrono::weekday wanted) {
  const days ahead{(wanted - weekday_of(day)).count()};
  return day + (ahead.count() == 0 ? days{7} : ahead);
}

bool in_calendar_range(LocalDay day) {
  const std::chrono::year year = fields(day).year();
  return year >= std::chrono::year{1970} && year <= std::chrono::year{2199};
}

}  // namespace nowd
