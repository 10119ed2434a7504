// The clocks of one run, drawn for a browser (SVG): what `nowctl clocks RUN` draws in a terminal.
#pragma once

#include "surface/page/html.hpp"
#include "surface/run_record.hpp"

namespace nowd {

/// A figure: scheduled, dispatch with its uncertainty, inference, tool, the guard's decisions, and the Dates of other
/// hosts, over one axis in the job's zone and in UTC. Long idle stretches are cut, and say how long they were.
Html timeline_chart(const RunRecord& run, Instant now);

/// The distances in one sentence: "scheduled 2026-…; dispatch +12 ms; inference +291 ms; effect +3.6 s; end +37 s".
std::string distances_in_words(const RunRecord& run);

}  // namespace nowd
