// The effect of a change of the zone's offset (daylight saving time) on a schedule.
#pragma once

#include <string_view>
#include <vector>

#include "domain/schedule/schedule.hpp"

namespace nowd {

struct ClockChange {
  enum class Outcome {
    untouched,  ///< no slot meets the change
    real_time,  ///< a cadence: it follows real time, no slot is lost or doubled
    moved,      ///< slots that do not exist run at another time (gap: next, shift)
    skipped,    ///< slots that do not exist do not run (gap: skip)
    once,       ///< slots that come twice run once (fold: first, second)
    twice,      ///< slots that come twice run both times (fold: both)
  };
  Instant at;
  seconds before{}, after{};  ///< UTC offsets
  Outcome outcome = Outcome::untouched;
  std::vector<Occurrence> runs;    ///< those that the gap or the fold rule made; none for a cadence
  std::vector<LocalTime> dropped;  ///< slots that do not run
  std::int64_t runs_that_day = 0;  ///< on the local date of the change
};

/// The changes of the schedule's zone in (from, until], ascending.
std::vector<ClockChange> clock_changes(const Schedule& schedule, Instant from, Instant until);

std::string_view to_string(ClockChange::Outcome outcome);

}  // namespace nowd
