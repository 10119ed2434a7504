#include "domain/schedule/judge.hpp"

#include <algorithm>

namespace nowd {
namespace {

Judgement closed(std::string state, std::string reason) {
  return {Judgement::What::close, std::move(state), std::move(reason), {}};
}

/// From this many on, missed occurrences become one range.
constexpr std::int64_t long_gap = 50;

Judgement started(Instant window_start) { return {Judgement::What::run, {}, {}, window_start}; }

}  // namespace

Instant manual_window_start(const Candidate& candidate, const Zone& zone) {
  if (candidate.succeeded_through && *candidate.succeeded_through < candidate.scheduled_at)
    return *candidate.succeeded_through;
  const LocalTime midnight{day_of(zone.local(candidate.scheduled_at))};
  const Resolution resolved = zone.resolve(midnight);
  return std::min(resolved.first, candidate.scheduled_at);
}

Judgement judge(const Candidate& candidate, const Job& job) {
  if (candidate.kind == RunKind::manual || candidate.kind == RunKind::after) {
    if (candidate.busy) return {};
    if (candidate.planned_window_start) return started(*candidate.planned_window_start);  // of the run it follows
    return started(manual_window_start(candidate, job.schedule.zone));
  }
  const auto late = candidate.now - candidate.due_at;
  const bool again = candidate.attempts > 0;
  if (late > (again ? std::max(job.grace, restart_window) : job.grace)) {
    const bool seen_due = candidate.last_look && *candidate.last_look > candidate.due_at;
    return closed("missed", again ? "window" : seen_due ? "limit" : "down");
  }
  if (candidate.busy) return again ? Judgement{} : closed("skipped", "overlap");
  Instant start = candidate.planned_window_start.value_or(candidate.scheduled_at);
  // Three days down leave no hole: the window reaches back to where the last success ended.
  if (candidate.succeeded_through) start = std::min(start, *candidate.succeeded_through);
  return started(start);
}

Plan plan_ahead(const Job& job, Instant cursor, Instant now, Instant until) {
  Plan plan;
  const auto next = [&](Instant after) { return next_occurrence(job.schedule, after); };
  std::optional<Occurrence> at = next(cursor);
  // What is surely missed needs no row each, if it is much: counted first, and planned row by row only if it is little.
  MissedRange gap;
  std::optional<Occurrence> on_time = at;
  for (; on_time && on_time->at <= until && due_at(job.schedule, job.name, on_time->at) + job.grace < now;
       on_time = next(on_time->at)) {
    if (gap.count++ == 0) gap.first = on_time->at;
    gap.last = on_time->at;
  }
  if (gap.count >= long_gap) {
    plan.missed = gap;
    at = on_time;
  }
  if (!at) return plan;
  const std::optional<Occurrence> before = previous_occurrence(job.schedule, at->at);
  Instant previous = before ? before->at : at->at;
  for (; at && at->at <= until; at = next(at->at)) {
    plan.rows.push_back({*at, due_at(job.schedule, job.name, at->at), previous});
    previous = at->at;
  }
  plan.next = at;
  return plan;
}

}  // namespace nowd
