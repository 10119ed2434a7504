#include "foundation/time/posix_zone.hpp"

#include <date/date.h>

#include <algorithm>

#include "foundation/text/scan.hpp"

namespace nowd {
namespace {

bool in_range(int value, int least, int most) { return value >= least && value <= most; }

/// CET, or <+0330>.
bool scan_name(Scanner& in, std::string& name) {
  if (in.take("<")) {
    name = in.take_while([](char c) { return is_letter(c) || is_digit(c) || c == '+' || c == '-'; });
    return in.take(">") && name.size() >= 3;
  }
  name = in.take_while(is_letter);
  return name.size() >= 3;
}

/// [+-]hh[:mm[:ss]]
bool scan_time(Scanner& in, int most_hours, seconds& out) {
  const bool negative = in.peek() == '-';
  in.take_one_of("+-");
  int hour = 0, minute = 0, second = 0;
  if (!in.number(1, 3, hour)) return false;
  if (in.take(":") && !in.digits(2, minute)) return false;
  if (in.take(":") && !in.digits(2, second)) return false;
  out = hours{hour} + minutes{minute} + seconds{second};
  if (negative) out = -out;
  return hour <= most_hours && minute <= 59 && second <= 59;
}

/// POSIX counts west of Greenwich as positive; nowd counts east.
bool scan_offset(Scanner& in, seconds& out) {
  const bool ok = scan_time(in, 24, out);
  out = -out;
  return ok;
}

bool scan_day(Scanner& in, YearlyMoment& out) {
  if (in.take("M")) {
    out.form = YearlyMoment::Form::month_week_day;
    return in.number(1, 2, out.month) && in.take(".") && in.number(1, 1, out.week) && in.take(".") &&
           in.number(1, 1, out.weekday) && in_range(out.month, 1, 12) && in_range(out.week, 1, 5) &&
           in_range(out.weekday, 0, 6);
  }
  const bool julian = in.take("J");
  out.form = julian ? YearlyMoment::Form::julian : YearlyMoment::Form::day_of_year;
  return in.number(1, 3, out.day) && in_range(out.day, julian ? 1 : 0, 365);
}

bool scan_moment(Scanner& in, YearlyMoment& out) {
  return in.take(",") && scan_day(in, out) && (!in.take("/") || scan_time(in, 167, out.time));
}

date::local_days weekday_in_month(date::year year, const YearlyMoment& moment) {
  const date::year_month month{year, date::month{static_cast<unsigned>(moment.month)}};
  const date::weekday weekday{static_cast<unsigned>(moment.weekday)};
  if (moment.week == 5) return date::local_days{month / weekday[date::last]};
  return date::local_days{month / weekday[static_cast<unsigned>(moment.week)]};
}

date::local_days day_in(date::year year, const YearlyMoment& moment) {
  const date::local_days new_year{year / date::January / 1};
  switch (moment.form) {
    case YearlyMoment::Form::month_week_day:
      return weekday_in_month(year, moment);
    case YearlyMoment::Form::julian:
      return new_year + date::days{moment.day - 1 + (year.is_leap() && moment.day >= 60 ? 1 : 0)};
    case YearlyMoment::Form::day_of_year:
      return new_year + date::days{moment.day};
  }
  return new_year;
}

}  // namespace

LocalTime YearlyMoment::in(int year) const {
  return LocalTime{day_in(date::year{year}, *this).time_since_epoch()} + time;
}

std::vector<ZoneChange> PosixZone::changes(Instant after, int through_year) const {
  std::vector<ZoneChange> out;
  if (!rules) return out;
  const auto add = [&](const YearlyMoment& moment, int year, const ZoneReading& from, const ZoneReading& to) {
    const Instant at{(moment.in(year)-from.offset).time_since_epoch()};
    if (at > after) out.push_back({at, to});
  };
  // A time outside its day may carry a change over the new year: one year of margin.
  const date::year_month_day start{
      std::chrono::floor<date::days>(date::sys_time<microseconds>{after.time_since_epoch()})};
  for (int year = int{start.year()} - 1; year <= through_year; ++year) {
    // The change to standard time first: where both coincide (daylight time all year), daylight time is what stays.
    add(rules->to_standard, year, daylight, standard);
    add(rules->to_daylight, year, standard, daylight);
  }
  std::sort(out.begin(), out.end(), [&](const ZoneChange& a, const ZoneChange& b) {
    return a.at != b.at ? a.at < b.at : a.to == standard && b.to != standard;
  });
  return out;
}

std::optional<PosixZone> parse_posix_zone(std::string_view text) {
  PosixZone zone;
  Scanner in(text);
  if (!scan_name(in, zone.standard.abbreviation) || !scan_offset(in, zone.standard.offset)) return std::nullopt;
  if (in.done()) return zone;
  zone.daylight.offset = zone.standard.offset + hours{1};
  if (!scan_name(in, zone.daylight.abbreviation)) return std::nullopt;
  if (in.peek() != ',' && !scan_offset(in, zone.daylight.offset)) return std::nullopt;
  PosixZone::Rules rules;
  if (!scan_moment(in, rules.to_daylight) || !scan_moment(in, rules.to_standard) || !in.done()) return std::nullopt;
  zone.rules = rules;
  return zone;
}

}  // namespace nowd
