// Instants and durations as the views write them: to the precision that a comparison of clocks needs.
#pragma once

#include <string>

#include "foundation/time/civil.hpp"

namespace nowd {

/// A span to three digits or so: "250 µs", "1.2 ms", "412 ms", "3.61 s", "41.2 s", "4m10s", "3h05m". Never negative:
/// pass the size, say the direction in words.
std::string precise(nanoseconds span);
/// With its sign: "+412 ms", "-3m12s".
std::string signed_span(nanoseconds span);

/// "+02:00".
std::string offset_text(seconds utc_offset);

/// Time of day, "09:04:10.012", with `digits` (0 to 6) behind the point, cut and not rounded.
std::string time_of_day(const Zone& zone, Instant at, int digits);
/// "Mon 2026-06-01 09:00:00" (the fraction only when not zero).
std::string local_moment(const Zone& zone, Instant at);
/// "2026-06-01 09:00", with seconds only when not zero.
std::string short_moment(const Zone& zone, Instant at);
/// "Mon 2026-06-01 09:00:00 +02:00 (07:00:00Z)": one moment for people and for logs. The UTC date is written where it
/// differs from the local one.
std::string both_moments(const Zone& zone, Instant at);
/// The same with the zone's name behind it, unless that is UTC and said already.
std::string zoned_moment(const Zone& zone, Instant at);

}  // namespace nowd
