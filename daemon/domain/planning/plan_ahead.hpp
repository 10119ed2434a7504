// Plans the occurrences of a stretch of time, and counts those that a long absence of the daemon missed. Pure.
#pragma once

#include <optional>
#include <vector>

#include "domain/job/job.hpp"
#include "domain/model/fate.hpp"
#include "domain/planning/unwatched.hpp"

namespace nowd {

/// An occurrence that gets a row of its own.
struct PlannedOccurrence {
  Occurrence occurrence;
  Instant due_at;
  Instant previous;  ///< start of its window: the occurrence before it; of a catch-up, before all that it serves
  bool catch_up = false;
  bool operator==(const PlannedOccurrence&) const = default;
};

/// Missed occurrences of one job that share a fate, in one row.
struct MissedRange {
  Instant first, last;
  std::int64_t count = 0;
  OccurrenceState state = OccurrenceState::missed;   ///< missed, coalesced or skipped
  OccurrenceReason reason = OccurrenceReason::down;  ///< none when coalesced
  std::optional<Instant> coalesced_into;             ///< the occurrence that serves them all
  OccurrenceReason cause = OccurrenceReason::down;   ///< down, suspended or clock_jump, also when coalesced

  /// Older rows that were planned and missed share its fate: one absence is made up for once.
  bool is_made_up_for() const { return coalesced_into || reason == OccurrenceReason::limit; }
  bool operator==(const MissedRange&) const = default;
};

struct Plan {
  std::optional<MissedRange> paused;  ///< fell due in a pause: no run makes up for it
  std::optional<MissedRange> missed;  ///< late by more than grace, when there are 50 or more
  std::vector<PlannedOccurrence> rows;
  std::optional<Occurrence> next;  ///< the first one after `until`
  bool operator==(const Plan&) const = default;
};

/// Plans (cursor, until] of the job's schedule. Invariant: each of its occurrences is in exactly one of `paused`,
/// `missed` and `rows`. `unwatched`: known gaps in the daemon's polling. `paused_through`: the end of a pause, up to
/// which due occurrences count as paused.
Plan plan_ahead(const Job& job, Instant cursor, Instant now, Instant until, const Stretches& unwatched = {},
                std::optional<Instant> paused_through = {});

}  // namespace nowd
