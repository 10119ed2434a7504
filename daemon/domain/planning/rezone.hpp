// What a new release of the zone data moves: only what is still to come, and no slot is served twice or lost. Pure.
#pragma once

#include <optional>
#include <vector>

#include "domain/planning/judge.hpp"

namespace nowd {

/// An occurrence of the last day or to come, as the ledger has it.
struct KnownSlot {
  Instant at;
  LocalTime slot;
  bool unclaimed = false;  ///< planned, and nobody has taken it
};

struct KnownPlan {
  Instant through;  ///< the cursor: planned up to here
  std::vector<KnownSlot> slots;
  std::optional<Instant> next_at;  ///< the first one after `through`
  std::optional<LocalTime> next_local;
};

struct Rezoned {
  struct Move {
    LocalTime slot;
    Instant from;
    std::optional<Instant> to;  ///< nothing = the new rules do not name this slot
    bool operator==(const Move&) const = default;
  };
  std::vector<Instant> withdrawn;          ///< unclaimed ones that are not named any more
  std::vector<PlannedOccurrence> planned;  ///< named now
  std::vector<PlannedOccurrence> served;   ///< named again, though their slot was served at another instant: skipped
  std::vector<Move> moved;
  std::optional<Occurrence> next;  ///< the first one after `through`
};

/// `job` has the new rules. An unclaimed slot that now lies in the past is planned there: it is late, and judged like
/// any other. Slots of a cadence follow real time, so that serving one twice is right.
Rezoned rezone(const Job& job, const KnownPlan& known, Instant now);

}  // namespace nowd
