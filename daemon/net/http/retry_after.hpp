// The wait that a server asks for by Retry-After, read for all clients. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "foundation/time/time.hpp"

namespace nowd {

/// A Retry-After (RFC 9110, 10.2.3): seconds, which some servers write with a fraction or a unit ("20.5", "3s",
/// "1m30s", "250ms"), or a date, counted from `now` (the server's own Date if possible). Rounded up to a millisecond; 0
/// for a past date. Nothing for an invalid value or a wait of more than ten years.
std::optional<milliseconds> retry_after(std::string_view value, Instant now);

/// "1m30.5s", "6ms", "45.837906927s", "2h": as OpenAI and protobuf write durations. The same limits.
std::optional<milliseconds> parse_wire_duration(std::string_view text);

/// "20", "0.25": a number of `ms_each`, without sign and exponent. The same limits.
std::optional<milliseconds> parse_wire_number(std::string_view text, double ms_each);

}  // namespace nowd
