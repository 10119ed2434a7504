#include "foundation/time/time.hpp"

#include "foundation/text/digits.hpp"

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

}  // namespace nowd
