// The two kinds of time: wall time (Instant) and boot time (Tick). They never convert into each other.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "foundation/error.hpp"

namespace nowd {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using days = std::chrono::duration<std::int64_t, std::ratio<86400>>;

/// A moment in UTC by a wall clock, in microseconds (the resolution of Postgres). Wall clocks step: for a duration that
/// matters subtract Ticks, never Instants.
using Instant = std::chrono::time_point<std::chrono::system_clock, microseconds>;

/// The tag of CLOCK_BOOTTIME: grows through suspend, never steps, means nothing after a reboot or on another host.
struct BootClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = nanoseconds;
  using time_point = std::chrono::time_point<BootClock, nanoseconds>;
  static constexpr bool is_steady = true;
};
using Tick = BootClock::time_point;

/// A civil date and time without a zone, to the second; and a civil date.
using LocalTime = std::chrono::local_time<seconds>;
using LocalDay = std::chrono::local_time<days>;

/// RFC 3339 in UTC, "2026-06-01T07:00:04Z"; fractions only when not zero.
std::string rfc3339(Instant at);
/// RFC 3339 with an offset, "2026-06-01T09:00:04+02:00", to the second.
std::string rfc3339(LocalTime local, seconds utc_offset);
/// "2026-06-01T09:00:00" and "2026-06-01".
std::string iso(LocalTime local);
std::string iso_date(LocalDay day);

/// Reads RFC 3339 with an offset or Z, strictly (years 1970 to 9999; a leap second is the second after it).
Result<Instant> parse_rfc3339(std::string_view text);
/// Reads "2026-12-01", "2026-12-01T09:00" or "2026-12-01T09:00:30" (a space for T is accepted).
Result<LocalTime> parse_local(std::string_view text);
/// Reads "2026-12-25".
Result<LocalDay> parse_local_day(std::string_view text);
/// Reads the three date forms of HTTP (RFC 9110, 5.6.7). Years of two digits are 1970 to 2069.
std::optional<Instant> parse_http_date(std::string_view text);

/// Reads "90s", "5m", "2h", "1d", "250ms", and sums such as "1h30m". At most 10 years; never negative.
Result<milliseconds> parse_duration(std::string_view text);
/// For people: "12 ms", "0.4 s", "7 s", "2m07s", "3h05m", "2d 4h". Cut off, not rounded. Negative with a leading minus.
std::string human(nanoseconds duration);
/// For the clock block: whole seconds as "7s", "2m07s", "1h02m07s".
std::string compact(seconds duration);

}  // namespace nowd
