// Charts for a browser (SVG): the clocks of one run, as `nowctl clocks RUN` draws them in a terminal, and the drift of
// a job.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "surface/page/html.hpp"
#include "surface/run_record.hpp"

namespace nowd {

/// A figure: scheduled, dispatch with its uncertainty, inference, tool, the guard's decisions, and the Dates of other
/// hosts, over one axis in the job's zone and in UTC. Long idle stretches are cut, and say how long they were.
Html timeline_chart(const RunRecord& run, Instant now);

/// The distances in one sentence: "scheduled 2026-…; dispatch +12 ms; inference +291 ms; effect +3.6 s; end +37 s".
std::string distances_in_words(const RunRecord& run);

/// A gap between two clocks of one run.
struct DriftPoint {
  std::int64_t run = 0;
  Instant scheduled_at;
  nanoseconds gap{};
};

/// A figure with a summary in words: a gap over a job's last runs. `id` is unique in the page, `name` names the gap
/// ("Dispatch lag"), `points` begin with the oldest. The scale is logarithmic, from 1 ms, because gaps range from
/// milliseconds to hours. Negative gaps, which no correct clock gives, are marked and lie on the floor.
Html drift_chart(const std::string& id, const std::string& name, const std::vector<DriftPoint>& points,
                 const Zone& zone);

}  // namespace nowd
