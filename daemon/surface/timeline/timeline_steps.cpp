#include "surface/timeline/timeline_steps.hpp"

#include <algorithm>

#include "surface/moment.hpp"

namespace nowd {
namespace {

using Kind = TimelineStep::Kind;

constexpr std::size_t max_marks = 400;

/// The database's clock stands in for a call that has no answer: the daemon keeps its own readings until the end.
std::optional<Instant> begin_of(const ModelCallRecord& call) { return call.sent ? call.sent : call.recorded_at; }
std::optional<Instant> begin_of(const ToolCallRecord& call) { return call.started ? call.started : call.intent; }

template <class Call>
std::optional<TimelineStep> call_step(Kind kind, std::string label, const Call& call, Instant horizon) {
  const auto begin = begin_of(call);
  if (!begin) return std::nullopt;
  const Instant end = call.ended.value_or(std::max(*begin, horizon));
  return TimelineStep{kind, std::move(label), *begin, end, !call.ended, nullptr, nullptr};
}

class Steps {
 public:
  Steps(const RunRecord& run, Instant horizon) : run_(run), horizon_(horizon) {}

  void moment(Kind kind, std::string label, std::optional<Instant> at) {
    if (at) out.push_back({kind, std::move(label), *at, *at, false, nullptr, nullptr});
  }
  void model(const ModelCallRecord& call) {
    auto step = call_step(Kind::model, "inference " + std::to_string(call.seq), call, horizon_);
    if (!step) return;
    step->model = &call;
    out.push_back(std::move(*step));
  }
  /// The calls that the condition holds for.
  template <class Condition>
  void tools(Condition wanted) {
    for (const ToolCallRecord& call : run_.tool_calls) {
      if (!wanted(call)) continue;
      auto step = call_step(Kind::tool, (call.input ? "input " : "tool ") + call.tool, call, horizon_);
      if (!step) continue;
      step->tool = &call;
      out.push_back(std::move(*step));
    }
  }
  std::vector<TimelineStep> out;

 private:
  const RunRecord& run_;
  Instant horizon_;
};

std::string midnight_text(const Zone& zone, Instant at) {
  return "midnight: " + local_moment(zone, at).substr(0, 14) + " begins in " + zone.name();
}

std::string change_text(const OffsetChange& change) {
  return std::string("the clocks go ") + (change.after > change.before ? "forward" : "back") + ": " +
         offset_text(change.before) + " becomes " + offset_text(change.after);
}

}  // namespace

std::vector<TimelineStep> timeline_steps(const RunRecord& run, Instant now) {
  Steps steps(run, run.ended_at.value_or(now));
  steps.moment(Kind::scheduled, "scheduled", run.scheduled_at);
  steps.moment(Kind::requested, "asked for", run.requested_at);
  steps.moment(Kind::dispatch, "dispatch", run.dispatched_at);
  steps.tools([](const ToolCallRecord& call) { return call.input; });
  for (const ModelCallRecord& call : run.model_calls) {
    steps.model(call);
    steps.tools([&](const ToolCallRecord& tool) { return !tool.input && tool.inference_seq == call.seq; });
  }
  steps.moment(Kind::end, run.is_live() ? "now" : "end", run.is_live() ? now : run.ended_at);
  return std::move(steps.out);
}

std::vector<LocalMark> local_marks(const Zone& zone, Instant from, Instant until) {
  std::vector<LocalMark> marks;
  if (until <= from) return marks;
  for (LocalDay day = day_of(zone.local(from)) + days{1}; marks.size() < max_marks; day += days{1}) {
    const Instant midnight = zone.resolve(LocalTime{day.time_since_epoch()}).first;
    if (midnight > until) break;
    marks.push_back({midnight, midnight_text(zone, midnight), "midnight"});
  }
  for (const OffsetChange& change : zone.changes(from, until))
    if (change.before != change.after) marks.push_back({change.at, change_text(change), "clock change"});
  std::sort(marks.begin(), marks.end(), [](const LocalMark& a, const LocalMark& b) { return a.at < b.at; });
  return marks;
}

}  // namespace nowd
