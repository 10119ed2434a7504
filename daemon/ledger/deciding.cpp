#include "ledger/deciding.hpp"

#include <algorithm>

namespace nowd {

namespace {

/// Closed only because another one runs.
bool is_by_the_way(const Judgement& judgement, bool on_time) {
  const bool skipped = judgement.state == "skipped" && judgement.reason != "paused";
  return skipped || judgement.state == "superseded" || (judgement.state == "coalesced" && on_time);
}

}  // namespace

bool needs_all(const Due& due, const Job& job) {
  const bool late = due.candidate.now - due.candidate.due_at > job.missed.grace;
  const bool waits =
      due.candidate.busy && (job.overlap.policy != OverlapRules::Policy::skip || due.candidate.making_up);
  return due.candidate.kind == RunKind::scheduled && (late || waits);
}

std::vector<Decisions::Closing> closing(const Decisions& decisions, const std::vector<ClaimedRun>& wanted,
                                        const std::vector<ClaimedRun>& started) {
  std::set<std::pair<JobName, Instant>> lost;
  for (const ClaimedRun& run : wanted) lost.insert({run.job, run.scheduled_at});
  for (const ClaimedRun& run : started) lost.erase({run.job, run.scheduled_at});
  std::vector<Decisions::Closing> out;
  for (const Decisions::Closing& each : decisions.closed)
    if (!each.into || lost.count({each.job, *each.into}) == 0) out.push_back(each);
  return out;
}

Deciding::Deciding(const Jobs& jobs, int room, int making_up)
    : jobs_(jobs), room_(room), catch_up_room_(most_made_up_at_once - making_up) {}

void Deciding::job(std::vector<Due>& due) {
  if (due.empty()) return;
  const Job& spec = jobs_.at(due.front().run.job);
  const std::optional<std::string> lane = lane_of(spec);
  std::vector<Candidate> candidates;
  for (Due& each : due) {
    each.candidate.busy = each.candidate.busy || (lane && lanes_.count(*lane) > 0);
    candidates.push_back(each.candidate);
  }
  const std::vector<Judgement> judgements = judge(candidates, spec);
  const bool crowded = std::any_of(judgements.begin(), judgements.end(), [&](const Judgement& judgement) {
    return judgement.what == Judgement::What::run && !has_room(judgement);
  });
  for (std::size_t k = 0; k < due.size(); ++k) {
    const bool on_time = due[k].candidate.now - due[k].candidate.due_at <= spec.missed.grace;
    apply(due[k], judgements[k], crowded && is_by_the_way(judgements[k], on_time), lane);
  }
}

void Deciding::apply(Due& due, const Judgement& judgement, bool not_yet, const std::optional<std::string>& lane) {
  const Candidate& candidate = due.candidate;
  if (judgement.what == Judgement::What::run && has_room(judgement)) {
    --room_;
    if (judgement.catch_up) --catch_up_room_;
    if (lane) lanes_.insert(*lane);
    due.run.window_start = judgement.window_start;
    if (judgement.catch_up && candidate.kind == RunKind::scheduled) due.run.kind = RunKind::catch_up;
    decisions_.starting.push_back(std::move(due.run));
    return;
  }
  if (judgement.what == Judgement::What::close && !not_yet) {
    decisions_.closed.push_back(
        {candidate.job, candidate.scheduled_at, judgement.state, judgement.reason, judgement.coalesced_into});
  } else {
    decisions_.more = decisions_.more || judgement.what == Judgement::What::run;
    if (judgement.cancel_running && lane) decisions_.lanes_to_end.insert(*lane);
    wait(candidate, judgement);
  }
}

void Deciding::wait(const Candidate& candidate, const Judgement& judgement) {
  const bool buffered = candidate.buffered || judgement.what == Judgement::What::buffer;
  const bool catch_up = judgement.catch_up && candidate.kind == RunKind::scheduled;
  if (buffered == candidate.buffered && !catch_up) return;
  decisions_.waiting.push_back({candidate.job, candidate.scheduled_at, catch_up ? RunKind::catch_up : candidate.kind,
                                buffered, catch_up ? std::optional(judgement.window_start) : std::nullopt});
}

}  // namespace nowd
