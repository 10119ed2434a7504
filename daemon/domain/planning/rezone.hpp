// Re-plans a job after a new release of the zone data: only occurrences to come move, and no slot runs twice or gets
// lost. Pure.
#pragma once

#include <optional>
#include <vector>

#include "domain/planning/plan_ahead.hpp"

namespace nowd {

/// An occurrence in the ledger, of the last day or to come.
struct KnownSlot {
  Instant at;
  LocalTime slot;
  bool unclaimed = false;  ///< planned, and not claimed by a daemon
};

struct KnownPlan {
  Instant through;  ///< the cursor: the end of the planned stretch
  std::vector<KnownSlot> slots;
  std::optional<Instant> next_at;  ///< the first one after `through`
  std::optional<LocalTime> next_local;
};

struct Rezoned {
  struct Move {
    LocalTime slot;
    Instant from;
    std::optional<Instant> to;  ///< nothing: the new rules have no such slot
    bool operator==(const Move&) const = default;
  };
  std::vector<Instant> withdrawn;          ///< unclaimed occurrences that the new rules do not have
  std::vector<PlannedOccurrence> planned;  ///< new occurrences
  std::vector<PlannedOccurrence> served;   ///< their slot ran already at another instant: skipped
  std::vector<Move> moved;
  std::optional<Occurrence> next;  ///< the first one after `through`
};

/// `job` has the new rules. An unclaimed slot that now lies in the past is planned there; the next claim judges it as
/// late. Slots of a cadence follow real time, so each of them may run twice.
Rezoned rezone(const Job& job, const KnownPlan& known, Instant now);

}  // namespace nowd
