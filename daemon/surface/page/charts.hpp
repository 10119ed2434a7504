// The clocks of one run, drawn for a browser (SVG): what `nowctl clocks RUN` draws in a terminal.
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

// A gap between two clocks over a job's last runs, as a small chart (SVG) with what it says in words.

struct DriftPoint {
  std::int64_t run = 0;
  Instant scheduled_at;
  nanoseconds gap{};
};

/// A figure. `id` is unique in the page, `name` what the gap is ("Dispatch lag"). `points`: the oldest first. The scale
/// is logarithmic, from 1 ms: a gap may be of milliseconds or of hours. Gaps below zero, which no honest clock gives,
/// lie on the floor and are marked.
Html drift_chart(const std::string& id, const std::string& name, const std::vector<DriftPoint>& points,
                 const Zone& zone);

}  // namespace nowd
