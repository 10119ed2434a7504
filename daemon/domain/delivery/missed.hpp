// Occurrences that did not run because their time was over: one line for the log, and a trouble for people.
#pragma once

#include <optional>
#include <string>

#include "domain/delivery/alert.hpp"
#include "foundation/time/civil.hpp"

namespace nowd {

/// Occurrences of one job that share a fate.
struct MissedOccurrences {
  JobName job;
  Instant first, last;
  std::int64_t count = 0;
  std::string reason;                ///< as in the ledger: down, window …; of those that another served, the cause
  std::optional<Instant> served_by;  ///< the later occurrence that runs for all of them

  bool operator==(const MissedOccurrences&) const = default;
};

/// "missed the occurrence of 2026-06-01 09:00:00 Europe/Berlin: nowd was not running"
std::string missed_text(const MissedOccurrences& missed, const Zone& zone);

/// Nothing where another occurrence runs for them.
std::optional<Trouble> trouble_of(const MissedOccurrences& missed, const Zone& zone, Instant now);

}  // namespace nowd
