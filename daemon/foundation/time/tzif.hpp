// Reads compiled zone files (RFC 9636). Not through libdate-tz: it ignores the footer, which alone says what happens
// after the last listed change, and it cannot read a file again in a daemon that outlives an upgrade of tzdata.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/time/posix_zone.hpp"

namespace nowd {

struct CompiledZone {
  ZoneReading first;                ///< before the first change
  std::vector<ZoneChange> changes;  ///< ascending; a change may lead to the reading that was in force already
  std::string footer;               ///< the POSIX rule from the last change on; empty if the file has none
};

/// Reads the content of a file of version 2 or later. Nothing if it is not one, or is damaged: every length is checked.
std::optional<CompiledZone> parse_tzif(std::string_view content);

}  // namespace nowd
