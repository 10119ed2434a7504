#include "foundation/time/tzif.hpp"

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
bool scan_time(Scanner& in, int max_hours, seconds& out) {
  const bool negative = in.peek() == '-';
  in.take_one_of("+-");
  int hour = 0, minute = 0, second = 0;
  if (!in.number(1, 3, hour)) return false;
  if (in.take(":") && !in.digits(2, minute)) return false;
  if (in.take(":") && !in.digits(2, second)) return false;
  out = hours{hour} + minutes{minute} + seconds{second};
  if (negative) out = -out;
  return hour <= max_hours && minute <= 59 && second <= 59;
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
    // The change to standard time first: if both coincide (daylight time all year), daylight time stays in force.
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

namespace {

/// Takes big-endian numbers and byte strings from the front. Past the end it gives zeros and is no longer ok().
class Bytes {
 public:
  explicit Bytes(std::string_view content) : rest_(content) {}

  bool ok() const { return ok_; }
  std::string_view rest() const { return rest_; }

  std::string_view take(std::size_t count) {
    if (count > rest_.size()) {
      ok_ = false;
      count = rest_.size();
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  /// Two's complement, which sign extension of the shorter widths leaves to the caller's cast.
  std::uint64_t number(std::size_t width) {
    std::uint64_t value = 0;
    for (const char c : take(width)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  std::size_t count() { return static_cast<std::size_t>(number(4)); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

struct Header {
  bool ok = false;
  std::size_t ut_flags = 0, standard_flags = 0, leap_seconds = 0, changes = 0, types = 0, characters = 0;

  std::size_t body_size(std::size_t time_width) const {
    return changes * (time_width + 1) + types * 6 + characters + leap_seconds * (time_width + 4) + standard_flags +
           ut_flags;
  }
};

Header take_header(Bytes& in) {
  Header header;
  const bool magic = in.take(4) == "TZif";
  const std::string_view version = in.take(16).substr(0, 1);  // then 15 reserved bytes
  header.ut_flags = in.count();
  header.standard_flags = in.count();
  header.leap_seconds = in.count();
  header.changes = in.count();
  header.types = in.count();
  header.characters = in.count();
  header.ok = in.ok() && magic && version >= "2" && header.types > 0;
  return header;
}

/// Files may list the beginning of time, which microseconds cannot reach.
Instant to_instant(std::uint64_t raw) {
  constexpr auto reach = std::chrono::duration_cast<seconds>(microseconds::max()) - days{1};
  return Instant{std::clamp(seconds{static_cast<std::int64_t>(raw)}, -reach, reach)};
}

std::optional<std::vector<ZoneReading>> take_types(Bytes& in, const Header& header) {
  struct Raw {
    seconds offset{};
    std::size_t abbreviation = 0;
  };
  std::vector<Raw> raw;
  for (std::size_t i = 0; i < header.types; ++i) {
    const seconds offset{static_cast<std::int32_t>(in.number(4))};
    in.take(1);  // is daylight time: a label that no rule here depends on
    raw.push_back({offset, static_cast<std::size_t>(in.number(1))});
  }
  const std::string_view names = in.take(header.characters);
  std::vector<ZoneReading> types;
  for (const Raw& type : raw) {
    if (type.abbreviation >= names.size()) return std::nullopt;
    const std::string_view name = names.substr(type.abbreviation);
    types.push_back({type.offset, std::string(name.substr(0, name.find('\0')))});
  }
  return types;
}

std::optional<std::string> take_footer(Bytes& in) {
  std::string_view rest = in.rest();
  if (rest.size() < 2 || rest.front() != '\n' || rest.back() != '\n') return std::nullopt;
  return std::string(rest.substr(1, rest.size() - 2));
}

}  // namespace

std::optional<CompiledZone> parse_tzif(std::string_view content) {
  Bytes in(content);
  const Header narrow = take_header(in);  // the same in 32 bits, for readers of version 1
  in.take(narrow.body_size(4));
  const Header header = take_header(in);
  if (!narrow.ok || !header.ok || header.body_size(8) > in.rest().size()) return std::nullopt;

  CompiledZone zone;
  for (std::size_t i = 0; i < header.changes; ++i) zone.changes.push_back({to_instant(in.number(8)), {}});
  const std::string_view type_of_change = in.take(header.changes);
  const auto types = take_types(in, header);
  if (!types) return std::nullopt;
  zone.first = types->front();
  for (std::size_t i = 0; i < header.changes; ++i) {
    const auto type = static_cast<unsigned char>(type_of_change[i]);
    if (type >= types->size()) return std::nullopt;
    zone.changes[i].to = (*types)[type];
    if (i > 0 && zone.changes[i].at < zone.changes[i - 1].at) return std::nullopt;
  }
  in.take(header.leap_seconds * 12 + header.standard_flags + header.ut_flags);
  const auto footer = take_footer(in);
  if (!footer) return std::nullopt;
  zone.footer = *footer;
  return zone;
}

}  // namespace nowd
