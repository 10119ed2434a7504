#include "domain/planning/claim_decider.hpp"

#include <algorithm>

namespace nowd {
namespace {

bool closes_because_another_runs(const Judgement& judgement, bool on_time) {
  const bool skipped = judgement.state == OccurrenceState::skipped && judgement.reason != OccurrenceReason::paused;
  return skipped || judgement.state == OccurrenceState::superseded ||
         (judgement.state == OccurrenceState::coalesced && on_time);
}

/// Requests before live work before the rest; then the earliest.
std::pair<int, std::int64_t> rank(const Due& due) {
  if (due.run.request) return {0, *due.run.request};
  return {due.candidate.kind == RunKind::scheduled ? 1 : 2, due.candidate.due_at.time_since_epoch().count()};
}

}  // namespace

std::vector<JobName> in_order(const DueByJob& due) {
  std::vector<std::pair<std::pair<int, std::int64_t>, JobName>> ranked;
  for (const auto& [job, all] : due) {
    if (all.empty()) continue;
    auto best = rank(all.front());
    for (const Due& each : all) best = std::min(best, rank(each));
    ranked.emplace_back(best, job);
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<JobName> jobs;
  for (auto& [unused, job] : ranked) jobs.push_back(std::move(job));
  return jobs;
}

bool needs_all(const Due& due, const Job& job) {
  const bool late = due.candidate.now - due.candidate.due_at > job.missed.grace;
  const bool waits =
      due.candidate.busy && (job.overlap.policy != OverlapRules::Policy::skip || due.candidate.catching_up ||
                             due.candidate.other_job || due.candidate.unseen);
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

ClaimDecider::ClaimDecider(const Jobs& jobs, int capacity, int live_catch_ups)
    : jobs_(jobs), capacity_(capacity), catch_up_capacity_(max_concurrent_catch_ups - live_catch_ups) {}

void ClaimDecider::decide_job(std::vector<Due>& due) {
  if (due.empty()) return;
  const Job& spec = jobs_.at(due.front().run.job);
  const std::optional<std::string> lane = lane_of(spec);
  std::vector<Candidate> candidates;
  for (Due& each : due) {
    const bool just_taken = lane && lanes_.count(*lane) > 0;  // by another job, because each job is decided once
    each.candidate.other_job = each.candidate.other_job || (just_taken && !each.candidate.busy);
    each.candidate.busy = each.candidate.busy || just_taken;
    candidates.push_back(each.candidate);
  }
  const std::vector<Judgement> judgements = judge(candidates, spec);
  bool crowded = false;
  std::set<Instant> not_started;  // only those on time: a waiting catch-up keeps the window of all that it serves
  for (std::size_t k = 0; k < due.size(); ++k) {
    if (judgements[k].what != Judgement::What::run || has_capacity(judgements[k])) continue;
    crowded = true;
    if (!judgements[k].catch_up) not_started.insert(due[k].candidate.scheduled_at);
  }
  for (std::size_t k = 0; k < due.size(); ++k) {
    const bool on_time = due[k].candidate.now - due[k].candidate.due_at <= spec.missed.grace;
    const auto& into = judgements[k].coalesced_into;
    const bool not_yet = (into && not_started.count(*into) > 0) || closes_because_another_runs(judgements[k], on_time);
    apply(due[k], judgements[k], crowded && not_yet, lane);
  }
}

void ClaimDecider::apply(Due& due, const Judgement& judgement, bool not_yet, const std::optional<std::string>& lane) {
  const Candidate& candidate = due.candidate;
  if (judgement.what == Judgement::What::run && has_capacity(judgement)) {
    --capacity_;
    if (judgement.catch_up) --catch_up_capacity_;
    if (lane) lanes_.insert(*lane);
    due.run.window_start = judgement.window_start;
    if (judgement.catch_up && candidate.kind == RunKind::scheduled) due.run.kind = RunKind::catch_up;
    decisions_.starting.push_back(std::move(due.run));
    return;
  }
  if (judgement.what == Judgement::What::close && !not_yet) {
    decisions_.closed.push_back({candidate.job, candidate.scheduled_at, judgement.state, judgement.reason,
                                 judgement.coalesced_into, due.run.request});
  } else {
    decisions_.more = decisions_.more || judgement.what == Judgement::What::run;
    if (judgement.cancel_running && lane) decisions_.lanes_to_end.insert(*lane);
    keep_waiting(candidate, judgement);
  }
}

void ClaimDecider::keep_waiting(const Candidate& candidate, const Judgement& judgement) {
  if (candidate.kind == RunKind::manual || candidate.kind == RunKind::after) return;  // a request has no such columns
  const bool buffered = candidate.buffered || judgement.what == Judgement::What::buffer;
  const bool catch_up = judgement.catch_up && candidate.kind == RunKind::scheduled;
  if (buffered == candidate.buffered && !catch_up) return;
  decisions_.waiting.push_back({candidate.job, candidate.scheduled_at, catch_up ? RunKind::catch_up : candidate.kind,
                                buffered, catch_up ? std::optional(judgement.window_start) : std::nullopt});
}

}  // namespace nowd
