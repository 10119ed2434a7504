// Which zone names exist on this host, and which one somebody probably meant.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/time/civil.hpp"

namespace nowd {

/// Where compiled zones are looked for: this one directory, whatever $TZDIR says, so that every nowd program on a host
/// has the same rules.
inline constexpr std::string_view zoneinfo_directory = "/usr/share/zoneinfo";

/// The shape of an IANA name. Never a path that leaves the directory, and never a file there that is not a zone of its
/// own: localtime and posixrules (the host's zone), Factory, posix/… and right/… (the same zones, counting leap
/// seconds).
bool is_zone_name_shaped(std::string_view name);

/// All zones of this host, sorted. Walks the directory.
std::vector<std::string> zone_names();

/// The closest name, or nothing if none is close. "berlin", "Europe/Berln" and "europe/berlin" all mean Europe/Berlin.
std::optional<std::string> nearest_zone_name(std::string_view wrong);

/// Of an offset that is written as a zone (GMT+5, UTC-3, +05:30): which names to write instead. Nothing of any other
/// name.
std::optional<std::string> remedy_for_offset(std::string_view name);

/// Of Etc/GMT+5 and its like: that it lies behind UTC, because its sign counts the other way. Nothing of any other
/// name.
std::optional<std::string> note_on_reversed_sign(std::string_view name);

// What a Zone holds, and how it is read. Private to foundation.

struct Zone::Data {
  std::string name;
  /// Invariant: not empty, ascending, without holes, from Instant::min() to Instant::max().
  std::vector<OffsetPeriod> periods;
  std::string release;  ///< tzdata_version() when it was read

  /// The index of the period that holds `at`.
  std::size_t index(Instant at) const;
};

/// From the compiled file, afresh unless the file is the one read last time.
/// Errors: `invalid`, naming the zone and the nearest known name, or the file that cannot be understood.
Result<std::shared_ptr<const Zone::Data>> load_zone(std::string_view name);

}  // namespace nowd
