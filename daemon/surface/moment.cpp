#include "surface/moment.hpp"

#include "foundation/text/scan.hpp"

namespace nowd {
namespace {

constexpr std::int64_t powers[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000};

/// value / unit with at most `decimals` digits behind the point, without trailing zeros.
std::string decimal(std::int64_t value, std::int64_t unit, std::size_t decimals) {
  const std::int64_t scaled = (value * powers[decimals] + unit / 2) / unit;
  std::string text = std::to_string(scaled / powers[decimals]);
  std::string fraction;
  if (decimals > 0) append_padded(fraction, scaled % powers[decimals], decimals);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  return fraction.empty() ? text : text + "." + fraction;
}

std::string fraction_text(Instant at, int digits) {
  if (digits == 0) return {};
  const std::int64_t micros = (at - std::chrono::floor<seconds>(at)).count();
  std::string text = ".";
  append_padded(text, micros / powers[6 - digits], static_cast<std::size_t>(digits));
  return text;
}

}  // namespace

std::string precise(nanoseconds span) {
  const std::int64_t ns = span < nanoseconds{0} ? -span.count() : span.count();
  if (ns < 999'500) return decimal(ns, 1'000, 0) + " µs";
  if (ns < 9'950'000) return decimal(ns, 1'000'000, 1) + " ms";
  if (ns < 999'500'000) return decimal(ns, 1'000'000, 0) + " ms";
  if (ns < 9'995'000'000) return decimal(ns, 1'000'000'000, 2) + " s";
  if (ns < 59'950'000'000) return decimal(ns, 1'000'000'000, 1) + " s";
  return human(nanoseconds{ns});
}

std::string signed_span(nanoseconds span) { return (span < nanoseconds{0} ? "-" : "+") + precise(span); }

std::string offset_text(seconds utc_offset) {
  const std::int64_t total = std::abs(utc_offset.count());
  std::string text = utc_offset < seconds{0} ? "-" : "+";
  append_padded(text, total / 3600, 2);
  text += ':';
  append_padded(text, total / 60 % 60, 2);
  if (total % 60 != 0) {
    text += ':';
    append_padded(text, total % 60, 2);
  }
  return text;
}

std::string time_of_day(const Zone& zone, Instant at, int digits) {
  return iso(zone.local(at)).substr(11) + fraction_text(at, digits);
}

std::string local_moment(const Zone& zone, Instant at) {
  const LocalTime local = zone.local(at);
  const LocalDay day = day_of(local);
  const bool whole = at == std::chrono::floor<seconds>(at);
  return std::string(weekday_short(day)) + " " + iso_date(day) + " " + time_of_day(zone, at, whole ? 0 : 3);
}

std::string short_moment(const Zone& zone, Instant at) {
  std::string text = local_moment(zone, at).substr(4);
  return text.ends_with(":00") ? text.substr(0, text.size() - 3) : text;
}

std::string both_moments(const Zone& zone, Instant at) {
  if (zone == Zone::utc()) return local_moment(zone, at) + " UTC";
  const std::string utc = rfc3339(std::chrono::floor<milliseconds>(at));
  const bool same_day = utc.substr(0, 10) == iso_date(day_of(zone.local(at)));
  return local_moment(zone, at) + " " + offset_text(zone.offset(at)) + " (" + (same_day ? utc.substr(11) : utc) + ")";
}

std::string zoned_moment(const Zone& zone, Instant at) {
  return both_moments(zone, at) + (zone == Zone::utc() ? "" : ", " + zone.name());
}

}  // namespace nowd
