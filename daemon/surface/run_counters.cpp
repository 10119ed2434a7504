#include "surface/run_counters.hpp"

#include <algorithm>

namespace nowd {
namespace {

/// Runs whose sink is down for long are forgotten, the oldest first: their effect is in the ledger.
constexpr std::size_t most_waiting = 1000;

double seconds_of(nanoseconds gap) { return std::chrono::duration<double>(gap).count(); }

}  // namespace

void GapHistogram::add(nanoseconds gap) {
  const double size = std::max(0.0, seconds_of(gap));
  const auto bucket = std::lower_bound(gap_bounds.begin(), gap_bounds.end(), size);
  ++counts[static_cast<std::size_t>(bucket - gap_bounds.begin())];
  ++count;
  sum += size;
}

void RunCounters::ended(const EndedRun& run) {
  ++runs_[{run.job, run.state}];
  ++verdicts_[{run.job, run.verdict}];
  if (!run.scheduled) return;
  lateness_[run.job] = std::max(0.0, seconds_of(run.dispatched_at - run.due_at));
  gaps_[{run.job, "scheduled_to_dispatch"}].add(run.dispatched_at - run.scheduled_at);
  if (run.inferred_at) gaps_[{run.job, "dispatch_to_inference"}].add(*run.inferred_at - run.dispatched_at);
  if (run.effect_at) return effect(run, *run.effect_at);
  if (!run.to_deliver) return;
  if (waiting_.size() == most_waiting) waiting_.pop_front();
  waiting_.push_back(run);
}

void RunCounters::effect(const EndedRun& run, Instant at) {
  if (run.inferred_at) gaps_[{run.job, "inference_to_effect"}].add(at - *run.inferred_at);
  gaps_[{run.job, "scheduled_to_effect"}].add(at - run.scheduled_at);
}

void RunCounters::sent(const std::string& sink, const std::string& outcome, std::optional<RunId> run,
                       std::optional<Instant> started) {
  ++attempts_[{sink, outcome}];
  if (!run || !started) return;
  const auto waiting =
      std::find_if(waiting_.begin(), waiting_.end(), [&](const EndedRun& each) { return each.run == *run; });
  if (waiting == waiting_.end()) return;
  effect(*waiting, *started);
  waiting_.erase(waiting);
}

}  // namespace nowd
