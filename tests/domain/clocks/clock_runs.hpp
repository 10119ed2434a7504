// Runs with known clocks, shared by the tests of the clock block, the templates and the verdict.
#pragma once

#include <string>

#include "domain/prompt/run_time.hpp"

namespace nowd::test {

inline Instant at(std::string_view text) { return parse_rfc3339(text).value(); }

/// The run of the manual: Monday stand-up in Berlin, dispatched four seconds after nine, ten minutes of wall time.
inline RunTime standup() {
  RunTime run;
  run.run = RunId{1234};
  run.job = "daily-standup";
  run.zone = Zone::find("Europe/Berlin").value();
  run.scheduled_at = run.due_at = run.as_of = run.window_end = at("2026-06-01T07:00:00Z");
  run.window_start = at("2026-05-29T07:00:00Z");
  run.dispatched_at = at("2026-06-01T07:00:04Z");
  run.dispatched_tick = Tick{seconds{5000}};
  run.wall_limit = minutes{10};
  run.previous_success = at("2026-05-29T07:00:41Z");
  return run;
}

/// `later` after the run's dispatch, on both clocks.
inline Now after_dispatch(const RunTime& run, microseconds later) {
  return {run.dispatched_at + later, run.dispatched_tick + later};
}

}  // namespace nowd::test
