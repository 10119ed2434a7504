#include "domain/schedule/cron.hpp"

#include <bit>

namespace nowd {
namespace {

using std::chrono::floor;
using std::chrono::local_days;
using std::chrono::year_month_day;

/// Days 1, 8, 15, 22 and 29: shifted, all days of one weekday.
constexpr std::uint32_t every_seventh_day = 1u << 1 | 1u << 8 | 1u << 15 | 1u << 22 | 1u << 29;

constexpr std::uint32_t bit(unsigned day) { return 1u << day; }

/// The first set bit at or after `from`, or -1.
template <std::size_t Size>
int first_set(const std::bitset<Size>& bits, std::int64_t from) {
  if (from >= static_cast<std::int64_t>(Size)) return -1;
  const unsigned long long rest = bits.to_ullong() >> from;
  return rest == 0 ? -1 : static_cast<int>(from) + std::countr_zero(rest);
}

}  // namespace

/// One month of the calendar, for the day rules.
struct Cron::Month {
  explicit Month(std::chrono::year_month which)
      : name(which),
        first_day(local_days{which / 1}),
        length(unsigned{(which / std::chrono::last).day()}),
        first_weekday(std::chrono::weekday{first_day}.c_encoding()) {}

  unsigned weekday_of(unsigned day) const { return (first_weekday + day - 1) % 7; }
  /// The first day of the month that is this weekday.
  unsigned first(unsigned weekday) const { return 1 + (weekday + 7 - first_weekday) % 7; }
  DayBits all_days() const { return static_cast<DayBits>((std::uint64_t{1} << (length + 1)) - 2); }
  DayBits day_if_any(unsigned day) const { return day <= length ? bit(day) : 0; }

  std::chrono::year_month name;
  std::chrono::local_days first_day;
  unsigned length;
  unsigned first_weekday;
};

Cron::DayBits Cron::by_day_of_month(const Month& month) const {
  DayBits out = static_cast<DayBits>(days_.to_ulong());
  for (unsigned n = 0; days_before_last_.any() && n < month.length; ++n)
    if (days_before_last_[n]) out |= bit(month.length - n);
  constexpr unsigned sunday = 0, saturday = 6;
  for (unsigned day = 1; nearest_weekdays_.any() && day <= month.length; ++day) {
    if (!nearest_weekdays_[day]) continue;
    // A weekend day gives way to its neighbour, but never to another month.
    if (month.weekday_of(day) == saturday)
      out |= bit(day == 1 ? 3 : day - 1);
    else if (month.weekday_of(day) == sunday)
      out |= bit(day == month.length ? day - 2 : day + 1);
    else
      out |= bit(day);
  }
  if (last_weekday_) {
    const unsigned weekday = month.weekday_of(month.length);
    out |= bit(month.length - (weekday == saturday ? 1 : weekday == sunday ? 2 : 0));
  }
  return out & month.all_days();
}

Cron::DayBits Cron::by_day_of_week(const Month& month) const {
  if (weekdays_.all()) return month.all_days();
  DayBits out = 0;
  for (unsigned weekday = 0; weekday < 7; ++weekday) {
    const unsigned first = month.first(weekday);
    if (weekdays_[weekday]) out |= every_seventh_day << (first - 1);
    if (last_weekdays_[weekday]) out |= bit(first + (month.length - first) / 7 * 7);
    for (unsigned k = 1; nth_weekdays_.any() && k <= 5; ++k)
      if (nth_weekdays_[weekday * 6 + k]) out |= month.day_if_any(first + (k - 1) * 7);
  }
  return out & month.all_days();
}

Cron::DayBits Cron::days_of(const Month& month, DayMatch match) const {
  if (!months_[unsigned{month.name.month()}]) return 0;
  const DayBits by_month = by_day_of_month(month);
  const DayBits by_week = by_day_of_week(month);
  return restricts_both_days() && match == DayMatch::any ? by_month | by_week : by_month & by_week;
}

bool Cron::matches_day(LocalDay day, DayMatch match) const {
  const year_month_day date{local_days{day}};
  return (days_of(Month{date.year() / date.month()}, match) & bit(unsigned{date.day()})) != 0;
}

bool Cron::matches(LocalTime local, DayMatch match) const {
  const LocalDay day = floor<days>(local);
  return first_time_of_day(local - day) == local - day && matches_day(day, match);
}

bool Cron::can_fire(DayMatch match) const {
  // Any 28 years between two skipped leap days hold every kind of year: common and leap, starting on each weekday.
  const std::chrono::year first{2000}, end{2028};
  return first_day(LocalDay{local_days{first / 1 / 1}}, LocalDay{local_days{end / 1 / 1}}, match).has_value();
}

std::optional<LocalDay> Cron::first_day(LocalDay from, LocalDay until, DayMatch match) const {
  const year_month_day date{local_days{from}};
  DayBits wanted = ~DayBits{0} << unsigned{date.day()};
  for (auto name = date.year() / date.month(); local_days{name / 1} < until; name += std::chrono::months{1}) {
    if (months_[unsigned{name.month()}]) {
      const Month month(name);
      if (const DayBits found = days_of(month, match) & wanted; found != 0) {
        const LocalDay day = month.first_day + days{std::countr_zero(found) - 1};
        return day < until ? std::optional(day) : std::nullopt;
      }
    }
    wanted = ~DayBits{0};
  }
  return std::nullopt;
}

/// From the smallest unit up: a unit without a later match starts again at its first one and carries into the next.
std::optional<nowd::seconds> Cron::first_time_of_day(nowd::seconds from) const {
  const std::int64_t total = from.count();
  std::int64_t hour = total / 3600, minute = total / 60 % 60;
  int second = first_set(seconds_, total % 60);
  if (second < 0) ++minute;
  const int found_minute = first_set(minutes_, minute);
  if (found_minute < 0) ++hour;
  const int found_hour = first_set(hours_, hour);
  if (found_hour < 0) return std::nullopt;
  const bool later_hour = found_hour != total / 3600;
  const bool later_minute = later_hour || found_minute != total / 60 % 60;
  return nowd::hours{found_hour} + nowd::minutes{later_hour ? first_set(minutes_, 0) : found_minute} +
         nowd::seconds{later_minute ? first_set(seconds_, 0) : second};
}

std::optional<LocalTime> Cron::first_match(LocalTime from, LocalTime before, DayMatch match) const {
  if (from >= before) return std::nullopt;
  const LocalDay today = floor<days>(from);
  const auto time_today = first_time_of_day(from - today);
  const LocalDay start = time_today ? today : today + days{1};
  const auto day = first_day(start, floor<days>(before) + days{1}, match);
  if (!day) return std::nullopt;
  const LocalTime found = *day + (*day == today ? *time_today : *first_time_of_day(nowd::seconds{0}));
  return found < before ? std::optional(found) : std::nullopt;
}

}  // namespace nowd
