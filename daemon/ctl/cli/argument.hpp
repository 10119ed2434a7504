// Reads times, zones and numbers of the command line. A doubtful text is an error, never a guess.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "foundation/time/civil.hpp"

namespace nowd::ctl {

/// A moment; `missing` is the local time of the text, if the zone jumps over that time.
struct TimeArgument {
  Instant at;
  std::optional<LocalTime> missing;
};

/// RFC 3339, also without seconds, or a local time where a zone is given; a date is the first instant of that day. A
/// local time that comes twice is `invalid` and names both instants; one that the clocks jump over gives the jump.
/// Messages begin with `name`, the option or argument.
Result<TimeArgument> time_argument(const std::string& name, const std::string& text, const std::optional<Zone>& zone);
/// The same, where a local time that does not exist is `invalid`.
Result<Instant> instant_argument(const std::string& name, const std::string& text, const std::optional<Zone>& zone);
/// The same for an end that is included: a date is that whole day, up to its last microsecond.
Result<Instant> end_argument(const std::string& name, const std::string& text, const std::optional<Zone>& zone);

/// --timezone, an IANA name. Nothing if the text is empty. Errors: `invalid`.
Result<std::optional<Zone>> zone_argument(const std::string& timezone);

/// --since: a span back from now, or a moment; a date is that of UTC.
Result<Instant> since_argument(const std::string& text, Instant now);

/// A whole number of at least 1 and at most `max`.
Result<std::int64_t> number_argument(const std::string& name, const std::string& text, std::int64_t max);

}  // namespace nowd::ctl
