// `nowctl clocks RUN`: a drawing of the clocks of one run. It answers, at 3 a.m.: when did the run really happen, by
// which clock, where did the time go, and do the clocks agree?
//
// From top to bottom: the run, a drawing (one lane for each clock, one axis for all), the readings with the gaps
// between neighbouring clocks, the other clocks compared with this host's, and the verdict with its reasons. Findings
// come from the ledger; the timeline only marks readings that contradict each other.
#pragma once

#include <string>
#include <vector>

#include "surface/run_record.hpp"
#include "surface/text.hpp"
#include "surface/timeline/timeline_steps.hpp"

namespace nowd {

/// `now` stands for the end of a run that is still going.
std::string timeline(const RunRecord& run, Instant now, const Style& style);

// The parts of the timeline; each gives whole lines.

using Lines = std::vector<std::string>;

/// The drawing: an axis of local times, five lanes, an axis of UTC.
Lines draw_lanes(const RunRecord& run, const std::vector<TimelineStep>& steps, const Style& style);

/// The readings one below the other, with the gap between each two of them.
Lines chain_of_readings(const RunRecord& run, const std::vector<TimelineStep>& steps, const Style& style);

/// Other clocks compared with this host's: database, providers, hosts of tools, the model, the data; and steps of this
/// host's own wall clock during the run.
Lines other_clocks(const RunRecord& run, const Style& style);

/// "verdict: late", and every finding with its numbers.
Lines verdict_lines(const RunRecord& run, const Style& style);

/// Digits behind the seconds' point that distinguish the run's readings: 3, or 6 for a run within 50 ms.
int digits_for(const std::vector<TimelineStep>& steps);

}  // namespace nowd
