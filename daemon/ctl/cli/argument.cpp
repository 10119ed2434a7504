#include "ctl/cli/argument.hpp"

#include <charconv>

namespace nowd::ctl {
namespace {

/// "2026-06-01T09:00+02:00" with its seconds.
std::string with_seconds(const std::string& text) {
  constexpr std::size_t to_the_minute = 16;
  if (text.size() <= to_the_minute || std::string_view("Zz+-").find(text[to_the_minute]) == std::string_view::npos)
    return text;
  return text.substr(0, to_the_minute) + ":00" + text.substr(to_the_minute);
}

Error without_zone(const std::string& name, const std::string& text) {
  return invalid(name + " '" + text + "' has no zone: add an offset or Z, or give --timezone");
}

}  // namespace

Result<TimeArgument> time_argument(const std::string& name, const std::string& text, const std::optional<Zone>& zone) {
  const Result<Instant> at = parse_rfc3339(with_seconds(text));
  if (at) return TimeArgument{*at, std::nullopt};
  const Result<LocalTime> local = parse_local(text);
  if (!local)
    return invalid(name + " '" + text +
                   "' is not a time: write 2026-06-01T09:00+02:00 or 2026-06-01T07:00:00Z, or with --timezone "
                   "2026-06-01T09:00 or a date");
  if (!zone) return without_zone(name, text);
  const Resolution meaning = zone->resolve(*local);
  if (parse_local_day(text)) return TimeArgument{meaning.first, std::nullopt};
  switch (meaning.what) {
    case Resolution::Case::unique:
      return TimeArgument{meaning.first, std::nullopt};
    case Resolution::Case::nonexistent:
      return TimeArgument{meaning.first, *local};
    case Resolution::Case::ambiguous:
      return invalid(name + " '" + text + "' comes twice in " + zone->name() + ": write " +
                     rfc3339(*local, meaning.offset_before) + " or " + rfc3339(*local, meaning.offset_after));
  }
  return TimeArgument{meaning.first, std::nullopt};
}

Result<Instant> instant_argument(const std::string& name, const std::string& text, const std::optional<Zone>& zone) {
  const Result<TimeArgument> read = time_argument(name, text, zone);
  if (!read) return read.error();
  if (!read->missing) return read->at;
  return invalid(name + " '" + text + "' does not exist in " + zone->name() + ": the clocks jump over it, to " +
                 rfc3339(zone->local(read->at), zone->offset(read->at)));
}

Result<Instant> end_argument(const std::string& name, const std::string& text, const std::optional<Zone>& zone) {
  const Result<LocalDay> day = parse_local_day(text);
  if (!day) return instant_argument(name, text, zone);
  if (!zone) return without_zone(name, text);
  return zone->resolve(LocalTime{*day + days{1}}).first - microseconds{1};
}

Result<std::optional<Zone>> zone_argument(const std::string& timezone) {
  if (timezone.empty()) return std::optional<Zone>();
  const Result<Zone> zone = Zone::find(timezone);
  if (!zone) return invalid("--timezone: " + zone.error().message);
  return std::optional<Zone>(*zone);
}

Result<Instant> since_argument(const std::string& text, Instant now) {
  if (const Result<milliseconds> span = parse_duration(text)) return now - *span;
  if (const Result<Instant> at = parse_rfc3339(with_seconds(text))) return *at;
  if (const Result<LocalDay> day = parse_local_day(text)) return Zone::utc().resolve(LocalTime{*day}).first;
  return invalid("--since '" + text + "' is neither a span (90s, 5m, 2h, 1d) nor a date or an RFC 3339 time");
}

Result<std::int64_t> number_argument(const std::string& name, const std::string& text, std::int64_t max) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 1 || number > max)
    return invalid(name + " '" + text + "' is not a number from 1 to " + std::to_string(max));
  return number;
}

}  // namespace nowd::ctl
