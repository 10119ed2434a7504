#include "ledger/deciding.hpp"

#include <algorithm>

namespace nowd {

bool needs_all(const Due& due, const Job& job) {
  const bool late = due.candidate.now - due.candidate.due_at > job.missed.grace;
  const bool waits = due.candidate.busy && job.overlap.policy != OverlapRules::Policy::skip;
  return due.candidate.kind == RunKind::scheduled && (late || waits);
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
  for (std::size_t k = 0; k < due.size(); ++k) apply(due[k], judgements[k], crowded, lane);
}

void Deciding::apply(Due& due, const Judgement& judgement, bool crowded, const std::optional<std::string>& lane) {
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
  // What would have run did not for want of room: nothing was in the others' way yet.
  const bool by_the_way = judgement.state == "skipped" || judgement.state == "superseded";
  if (judgement.what == Judgement::What::close && !(crowded && by_the_way && judgement.reason != "paused")) {
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
