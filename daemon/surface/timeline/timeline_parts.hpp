// The parts of the timeline; each gives whole lines.
#pragma once

#include <string>
#include <vector>

#include "surface/style.hpp"
#include "surface/timeline/timeline_steps.hpp"

namespace nowd {

using Lines = std::vector<std::string>;

/// The drawing: an axis of local times, five lanes, an axis of UTC.
Lines draw_lanes(const RunRecord& run, const std::vector<TimelineStep>& steps, const Style& style);

/// The readings one below the other, with the gap between each two of them.
Lines chain_of_readings(const RunRecord& run, const std::vector<TimelineStep>& steps, const Style& style);

/// What the clocks of others say against this host's: database, providers, hosts of tools, the model, the data; and
/// whether this host's own wall clock was stepped during the run.
Lines other_clocks(const RunRecord& run, const Style& style);

/// "verdict: late", and every finding with its numbers.
Lines verdict_lines(const RunRecord& run, const Style& style);

/// Digits behind the seconds' point that tell the run's readings apart: 3, or 6 when everything happened within 50 ms.
int digits_for(const std::vector<TimelineStep>& steps);

}  // namespace nowd
