#include "foundation/time/time.hpp"

#include <array>

#include "foundation/text/scan.hpp"

namespace nowd {
namespace {

using std::chrono::floor;

void append_date(std::string& out, LocalDay day) {
  const std::chrono::year_month_day date{day};
  append_padded(out, int{date.year()}, 4);
  out += '-';
  append_padded(out, unsigned{date.month()}, 2);
  out += '-';
  append_padded(out, unsigned{date.day()}, 2);
}

void append_time(std::string& out, LocalTime local) {
  const LocalDay day = floor<days>(local);
  const std::chrono::hh_mm_ss time{local - day};
  append_date(out, day);
  out += 'T';
  append_padded(out, time.hours().count(), 2);
  out += ':';
  append_padded(out, time.minutes().count(), 2);
  out += ':';
  append_padded(out, time.seconds().count(), 2);
}

void append_fraction(std::string& out, microseconds fraction) {
  if (fraction == microseconds{0}) return;
  out += '.';
  if (fraction % milliseconds{1} == microseconds{0})
    append_padded(out, fraction / milliseconds{1}, 3);
  else
    append_padded(out, fraction.count(), 6);
}

}  // namespace

std::string rfc3339(Instant at) {
  const auto whole = floor<seconds>(at);
  std::string out;
  append_time(out, LocalTime{whole.time_since_epoch()});
  append_fraction(out, at - whole);
  out += 'Z';
  return out;
}

std::string rfc3339(LocalTime local, seconds utc_offset) {
  // RFC 3339 has no seconds in offsets (Monrovia had until 1972): the text still names the same instant.
  const auto offset = std::chrono::duration_cast<minutes>(utc_offset);
  std::string out;
  append_time(out, local - (utc_offset - offset));
  out += offset < minutes{0} ? '-' : '+';
  const std::chrono::hh_mm_ss parts{offset < minutes{0} ? -offset : offset};
  append_padded(out, parts.hours().count(), 2);
  out += ':';
  append_padded(out, parts.minutes().count(), 2);
  return out;
}

std::string iso(LocalTime local) {
  std::string out;
  append_time(out, local);
  return out;
}

std::string iso_date(LocalDay day) {
  std::string out;
  append_date(out, day);
  return out;
}

// Durations in job files and in messages.

namespace {

struct Unit {
  std::string_view name;
  milliseconds size;
};
// Largest first, the order that a sum must keep.
constexpr std::array<Unit, 6> units{
    {{"w", days{7}}, {"d", days{1}}, {"h", hours{1}}, {"m", minutes{1}}, {"s", seconds{1}}, {"ms", milliseconds{1}}}};
constexpr milliseconds longest = std::chrono::years{10};

Error not_a_duration(std::string_view text, std::string_view why) {
  return invalid("duration '" + std::string(text) + "' " + std::string(why));
}

std::size_t unit_index(std::string_view name) {
  std::size_t index = 0;
  while (index < units.size() && units[index].name != name) ++index;
  return index;
}

}  // namespace

Result<milliseconds> parse_duration(std::string_view text) {
  constexpr std::string_view remedy = "is not one: write 90s, 5m, 2h, 1d, 250ms or a sum such as 1h30m";
  Scanner in(text);
  milliseconds sum{0};
  std::size_t next_unit = 0;
  do {
    const std::string_view digits = in.take_while(is_digit);
    const std::size_t unit = unit_index(in.take_while(is_letter));
    if (digits.empty() || unit == units.size()) return not_a_duration(text, remedy);
    if (unit < next_unit) return not_a_duration(text, "must name each unit once, the largest first (1h30m)");
    // The length check comes first: it keeps the product far from overflow.
    if (digits.size() > 12) return not_a_duration(text, "is longer than 10 years");
    const std::int64_t count = std::stoll(std::string(digits));
    if (count > longest / units[unit].size) return not_a_duration(text, "is longer than 10 years");
    sum += count * units[unit].size;
    next_unit = unit + 1;
  } while (!in.done());
  if (sum > longest) return not_a_duration(text, "is longer than 10 years");
  return sum;
}

std::string human(nanoseconds duration) {
  // The shortest duration has no positive counterpart.
  if (duration == nanoseconds::min()) duration += nanoseconds{1};
  if (duration < nanoseconds{0}) return "-" + human(-duration);
  if (duration < milliseconds{1}) return "0 s";
  if (duration < milliseconds{100}) return std::to_string(duration / milliseconds{1}) + " ms";
  if (duration < seconds{1}) return "0." + std::to_string(duration / milliseconds{100}) + " s";
  if (duration < minutes{1}) return std::to_string(duration / seconds{1}) + " s";
  const auto pair = [&](auto large, std::string_view name, auto small, std::size_t width, std::string_view last) {
    std::string out = std::to_string(duration / large);
    out += name;
    append_padded(out, (duration % large) / small, width);
    out += last;
    return out;
  };
  if (duration < hours{1}) return pair(minutes{1}, "m", seconds{1}, 2, "s");
  if (duration < days{1}) return pair(hours{1}, "h", minutes{1}, 2, "m");
  return pair(days{1}, "d ", hours{1}, 1, "h");
}

std::string compact(seconds duration) {
  if (duration < seconds{0}) return "-" + compact(-duration);
  std::string out;
  if (duration >= hours{1}) out += std::to_string(duration / hours{1}) + "h";
  if (duration >= minutes{1}) {
    append_padded(out, duration % hours{1} / minutes{1}, out.empty() ? 1 : 2);
    out += 'm';
  }
  append_padded(out, (duration % minutes{1}).count(), out.empty() ? 1 : 2);
  out += 's';
  return out;
}

// Reading dates and times: RFC 3339, local times of job files, and the three date forms of HTTP.

namespace {

using std::chrono::year_month_day;

constexpr Instant earliest{};
constexpr Instant latest_excluded =
    Instant{std::chrono::sys_days{std::chrono::year{9999} / 12 / 31} + std::chrono::days{1}};

std::optional<LocalDay> make_day(int year, unsigned month, int day) {
  const year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                            std::chrono::day{static_cast<unsigned>(day)}};
  if (year < 1970 || !date.ok()) return std::nullopt;
  return LocalDay{std::chrono::local_days{date}};
}

std::optional<LocalDay> scan_day(Scanner& in) {
  int year = 0, month = 0, day = 0;
  if (!(in.digits(4, year) && in.take("-") && in.digits(2, month) && in.take("-") && in.digits(2, day))) return {};
  return make_day(year, static_cast<unsigned>(month), day);
}

struct ClockFace {
  int hour = 0, minute = 0, second = 0;

  bool scan_minutes(Scanner& in) { return in.digits(2, hour) && in.take(":") && in.digits(2, minute); }
  bool scan_seconds(Scanner& in) { return in.take(":") && in.digits(2, second); }
  bool ok() const { return hour <= 23 && minute <= 59 && second <= 59; }
  seconds since_midnight() const { return hours{hour} + minutes{minute} + seconds{second}; }
};

std::optional<microseconds> scan_fraction(Scanner& in) {
  if (!in.take(".")) return microseconds{0};
  std::string digits{in.take_while(is_digit)};
  if (digits.empty()) return std::nullopt;
  digits.resize(6, '0');  // finer than a microsecond is cut off, never rounded up
  return microseconds{std::stol(digits)};
}

std::optional<seconds> scan_offset(Scanner& in) {
  if (in.take_one_of("Zz")) return seconds{0};
  const bool west = in.peek() == '-';
  ClockFace offset;
  if (!in.take_one_of("+-") || !offset.scan_minutes(in) || !offset.ok()) return std::nullopt;
  return west ? -offset.since_midnight() : offset.since_midnight();
}

/// A leap second is the second after it (the number 60 carries), but only where one can be: at 23:59:60 UTC.
bool is_leap_second(const ClockFace& face, seconds offset) {
  ClockFace before = face;
  before.second = 59;
  return face.second == 60 && before.ok() && (before.since_midnight() - offset + seconds{1}) % days{1} == seconds{0};
}

std::optional<Instant> scan_rfc3339(Scanner& in) {
  const auto day = scan_day(in);
  ClockFace face;
  if (!day || !in.take_one_of("Tt") || !face.scan_minutes(in) || !face.scan_seconds(in)) return std::nullopt;
  const auto fraction = scan_fraction(in);
  const auto offset = scan_offset(in);
  if (!fraction || !offset || !in.done() || !(face.ok() || is_leap_second(face, *offset))) return std::nullopt;
  const Instant at{day->time_since_epoch() + face.since_midnight() + *fraction - *offset};
  if (at < earliest || at >= latest_excluded) return std::nullopt;
  return at;
}

std::optional<LocalTime> scan_local(Scanner& in) {
  const auto day = scan_day(in);
  if (!day) return std::nullopt;
  ClockFace face;
  if (!in.done()) {
    if (!in.take_one_of("T ") || !face.scan_minutes(in)) return std::nullopt;
    if (!in.done() && !face.scan_seconds(in)) return std::nullopt;
  }
  if (!in.done() || !face.ok()) return std::nullopt;
  return LocalTime{*day} + face.since_midnight();
}

constexpr std::array<std::string_view, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> weekday_names{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                        "Thursday", "Friday", "Saturday"};

/// 1 to 12, or 0 when no month starts here.
unsigned scan_month_name(Scanner& in) {
  for (unsigned i = 0; i < month_names.size(); ++i)
    if (in.take(month_names[i])) return i + 1;
  return 0;
}

/// A weekday is required, but a wrong one is accepted: the date does not depend on it.
bool scan_weekday(Scanner& in, bool whole) {
  for (std::string_view name : weekday_names)
    if (in.take(whole ? name : name.substr(0, 3))) return true;
  return false;
}

struct HttpDate {
  int year = 0, day = 0;
  unsigned month = 0;
  ClockFace face;

  bool scan_time(Scanner& in) { return face.scan_minutes(in) && face.scan_seconds(in); }
  bool scan_month(Scanner& in) { return (month = scan_month_name(in)) != 0; }

  /// Sun, 06 Nov 1994 08:49:37 GMT
  bool scan_fixdate(Scanner in) {
    return scan_weekday(in, false) && in.take(", ") && in.digits(2, day) && in.take(" ") && scan_month(in) &&
           in.take(" ") && in.digits(4, year) && in.take(" ") && scan_time(in) && in.take(" GMT") && in.done();
  }
  /// Sunday, 06-Nov-94 08:49:37 GMT. Without asking the time: 70 to 99 are 19xx (nowd knows nothing before 1970).
  bool scan_rfc850(Scanner in) {
    const bool ok = scan_weekday(in, true) && in.take(", ") && in.digits(2, day) && in.take("-") && scan_month(in) &&
                    in.take("-") && in.digits(2, year) && in.take(" ") && scan_time(in) && in.take(" GMT") && in.done();
    year += year < 70 ? 2000 : 1900;
    return ok;
  }
  /// Sun Nov  6 08:49:37 1994
  bool scan_asctime(Scanner in) {
    return scan_weekday(in, false) && in.take(" ") && scan_month(in) && in.take(" ") &&
           (in.take(" ") ? in.digits(1, day) : in.digits(2, day)) && in.take(" ") && scan_time(in) && in.take(" ") &&
           in.digits(4, year) && in.done();
  }
};

Error not_a(std::string_view what, std::string_view text, std::string_view remedy) {
  return invalid("'" + std::string(text) + "' is not " + std::string(what) + ": write " + std::string(remedy));
}

}  // namespace

Result<Instant> parse_rfc3339(std::string_view text) {
  Scanner in(text);
  if (const auto at = scan_rfc3339(in)) return *at;
  return not_a("a time with an offset (RFC 3339, years 1970 to 9999)", text,
               "2026-06-01T07:00:04Z or 2026-06-01T09:00:04+02:00");
}

Result<LocalTime> parse_local(std::string_view text) {
  Scanner in(text);
  if (const auto local = scan_local(in)) return *local;
  return not_a("a local date and time (years 1970 to 9999)", text, "2026-12-01 or 2026-12-01T09:00");
}

Result<LocalDay> parse_local_day(std::string_view text) {
  Scanner in(text);
  if (const auto day = scan_day(in); day && in.done()) return *day;
  return not_a("a date (years 1970 to 9999)", text, "2026-12-25");
}

std::optional<Instant> parse_http_date(std::string_view text) {
  HttpDate date;
  const Scanner in(text);
  if (!(date.scan_fixdate(in) || date.scan_rfc850(in) || date.scan_asctime(in))) return std::nullopt;
  const auto day = make_day(date.year, date.month, date.day);
  if (!day || !(date.face.ok() || is_leap_second(date.face, seconds{0}))) return std::nullopt;
  return Instant{day->time_since_epoch() + date.face.since_midnight()};
}

}  // namespace nowd
