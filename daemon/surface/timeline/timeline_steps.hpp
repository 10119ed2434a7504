// The steps of one run in causal order: input of the lanes and of the chain of readings.
#pragma once

#include <string>
#include <vector>

#include "surface/run_record.hpp"

namespace nowd {

struct TimelineStep {
  enum class Kind { scheduled, requested, dispatch, model, tool, end };
  Kind kind = Kind::scheduled;
  std::string label;
  Instant begin;
  Instant end;        ///< of calls; else the same as begin
  bool open = false;  ///< a call without a known end: `end` is now, or the end of the run
  const ModelCallRecord* model = nullptr;
  const ToolCallRecord* tool = nullptr;
};

/// In causal order, not by wall time, so that a clock that ran backwards is visible: scheduled, request, dispatch,
/// inputs, then each model call followed by the tool calls it proposed, and the end (or now). Refused calls have no
/// times and are left out. Requires: `run` outlives the result.
std::vector<TimelineStep> timeline_steps(const RunRecord& run, Instant now);

/// Local midnights and changes of the UTC offset in (from, until].
struct LocalMark {
  Instant at;
  std::string text;        ///< "midnight: Tue 2026-06-02 begins in Europe/Berlin"
  std::string short_text;  ///< "midnight", "clock change"
};
std::vector<LocalMark> local_marks(const Zone& zone, Instant from, Instant until);

}  // namespace nowd
