// What happened in one run, in the order in which it must have happened: the lanes and the chain of readings draw this.
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
  bool open = false;  ///< a call whose end is not known: `end` is now, or where the run ended
  const ModelCallRecord* model = nullptr;
  const ToolCallRecord* tool = nullptr;
};

/// By cause, never by wall time, so that a clock that ran backwards is seen as such: scheduled, request, dispatch,
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
