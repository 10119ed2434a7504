// The zone names of this host, and the nearest one to a misspelt name.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/time/civil.hpp"

namespace nowd {

/// The directory of the compiled zones. $TZDIR is ignored, so that every nowd program on a host has the same rules.
inline constexpr std::string_view zoneinfo_directory = "/usr/share/zoneinfo";

/// True for the shape of an IANA name. False for paths that leave the directory and for files in it that are no
/// separate zones: localtime and posixrules (the host's zone), Factory, posix/… and right/… (the same zones, with leap
/// seconds).
bool is_zone_name_shaped(std::string_view name);

/// All zones of this host, sorted. Walks the directory.
std::vector<std::string> zone_names();

/// The closest name, or nothing if none is close. "berlin", "Europe/Berln" and "europe/berlin" all mean Europe/Berlin.
std::optional<std::string> nearest_zone_name(std::string_view wrong);

/// For an offset that is written as a zone (GMT+5, UTC-3, +05:30): advice which names are right. None for other names.
std::optional<std::string> remedy_for_offset(std::string_view name);

/// For names like Etc/GMT+5: a note that the zone lies behind UTC, because the sign is reversed. None for other names.
std::optional<std::string> note_on_reversed_sign(std::string_view name);

// The data of a Zone. Private to foundation.

struct Zone::Data {
  std::string name;
  /// Invariant: not empty, ascending, without holes, from Instant::min() to Instant::max().
  std::vector<OffsetPeriod> periods;
  std::string release;  ///< tzdata_version() when it was read

  /// The index of the period that holds `at`.
  std::size_t index(Instant at) const;
};

/// Reads the compiled file; an unchanged file is read once.
/// Errors: `invalid`, naming the zone and the nearest known name, or the file that cannot be understood.
Result<std::shared_ptr<const Zone::Data>> load_zone(std::string_view name);

}  // namespace nowd
