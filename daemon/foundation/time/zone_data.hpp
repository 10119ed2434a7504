// What a Zone holds, and how it is read. Private to foundation.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "foundation/time/civil.hpp"

namespace nowd {

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
