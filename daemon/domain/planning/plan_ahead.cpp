#include "domain/planning/plan_ahead.hpp"

#include <algorithm>
#include <deque>

#include "domain/planning/judge.hpp"

namespace nowd {
namespace {

/// This many missed occurrences, or more, become one range: a row for each would cost more than it is worth.
constexpr std::int64_t long_gap = 50;

/// Occurrences that are certainly missed: their number, and the newest few of them.
struct Absence {
  MissedRange range;
  std::deque<Occurrence> newest;         ///< at most max_catch_ups()
  std::optional<Instant> before_newest;  ///< the occurrence before `newest`
  std::optional<Occurrence> after;       ///< the first one that may be on time
};

std::size_t max_catch_ups(const MissedRules& rules) {
  if (rules.policy == MissedRules::Policy::skip) return 0;
  return rules.policy == MissedRules::Policy::latest ? 1 : static_cast<std::size_t>(std::max(rules.max, 1));
}

Absence measure(const Job& job, Instant cursor, Instant now, Instant until) {
  Absence gap;
  const std::size_t most = max_catch_ups(job.missed);
  std::optional<Occurrence> at = next_occurrence(job.schedule, cursor);
  for (; at && at->at <= until && due_at(job.schedule, job.name, at->at) + job.missed.grace < now;
       at = next_occurrence(job.schedule, at->at)) {
    if (gap.range.count++ == 0) gap.range.first = at->at;
    gap.range.last = at->at;
    gap.newest.push_back(*at);
    if (gap.newest.size() <= most) continue;
    gap.before_newest = gap.newest.front().at;
    gap.newest.pop_front();
  }
  gap.after = at;
  return gap;
}

Instant previous_of(const Schedule& schedule, Instant at) {
  const std::optional<Occurrence> before = previous_occurrence(schedule, at);
  return before ? before->at : at;
}

/// One reason for the whole range: `down`, unless one known gap in the polling explains all of it.
OccurrenceReason why_unwatched(const Job& job, const MissedRange& range, const Stretches& unwatched) {
  const auto first = reason_at(unwatched, due_at(job.schedule, job.name, range.first));
  const auto last = reason_at(unwatched, due_at(job.schedule, job.name, range.last));
  return first && first == last ? *first : OccurrenceReason::down;
}

/// The newest of a long absence become catch-ups if they may still start; the rest is one range.
void make_up(const Job& job, Instant now, Absence gap, Plan& plan) {
  const auto startable = [&](const Occurrence& each) {
    return !too_late(job.missed, job.schedule.zone, day_of(each.slot), due_at(job.schedule, job.name, each.at), now);
  };
  while (!gap.newest.empty() && !startable(gap.newest.front())) {
    gap.before_newest = gap.newest.front().at;
    gap.newest.pop_front();
  }
  const bool latest = job.missed.policy == MissedRules::Policy::latest;
  if (!gap.newest.empty()) {
    gap.range.last = *gap.before_newest;
    gap.range.count -= static_cast<std::int64_t>(gap.newest.size());
    gap.range.reason = latest ? OccurrenceReason::none : OccurrenceReason::limit;
    gap.range.state = latest ? OccurrenceState::coalesced : OccurrenceState::missed;
    if (latest) gap.range.coalesced_into = gap.newest.back().at;
  }
  Instant previous = latest ? previous_of(job.schedule, gap.range.first) : gap.before_newest.value_or(gap.range.first);
  for (const Occurrence& each : gap.newest) {
    plan.rows.push_back({each, due_at(job.schedule, job.name, each.at), previous, true});
    previous = each.at;
  }
  plan.missed = gap.range;
}

/// Occurrences that are certainly missed and fell due in a pause.
MissedRange paused_range(const Job& job, Instant cursor, Instant now, Instant until, Instant paused_through) {
  MissedRange range;
  range.state = OccurrenceState::skipped;
  range.reason = range.cause = OccurrenceReason::paused;
  for (auto at = next_occurrence(job.schedule, cursor); at && at->at <= until;
       at = next_occurrence(job.schedule, at->at)) {
    const Instant due = due_at(job.schedule, job.name, at->at);
    if (due > paused_through || due + job.missed.grace >= now) break;
    if (range.count++ == 0) range.first = at->at;
    range.last = at->at;
  }
  return range;
}

}  // namespace

Plan plan_ahead(const Job& job, Instant cursor, Instant now, Instant until, const Stretches& unwatched,
                std::optional<Instant> paused_through) {
  Plan plan;
  MissedRange paused;
  if (paused_through) paused = paused_range(job, cursor, now, until, *paused_through);
  Absence gap = measure(job, paused.count > 0 ? paused.last : cursor, now, until);
  if (paused.count > 0 && paused.count + gap.range.count >= long_gap) {
    cursor = paused.last;
    plan.paused = std::move(paused);
  }
  std::optional<Occurrence> at = next_occurrence(job.schedule, cursor);
  if (gap.range.count >= long_gap) {
    at = gap.after;
    gap.range.cause = gap.range.reason = why_unwatched(job, gap.range, unwatched);
    make_up(job, now, std::move(gap), plan);
  }
  if (!at) return plan;
  Instant previous = previous_of(job.schedule, at->at);
  for (; at && at->at <= until; at = next_occurrence(job.schedule, at->at)) {
    plan.rows.push_back({*at, due_at(job.schedule, job.name, at->at), previous});
    previous = at->at;
  }
  plan.next = at;
  return plan;
}

}  // namespace nowd
