// Planning in memory: jobs, cursors, and the occurrences that a schedule names.
#include <algorithm>

#include "ledger/memory/memory_ledger.hpp"

namespace nowd::memory {
namespace {

bool has_schedule(const Job& job) { return !std::holds_alternative<Manual>(job.schedule.kind); }

void withdraw(Store& store, const Key& key, OccurrenceReason reason, Instant now) {
  store.occurrences.change(key, [&](Occurrence& row) {
    row.state = OccurrenceState::withdrawn;
    row.reason = reason;
    row.judged_at = now;
  });
}

void refuse(Store& store, const JobName& job, OccurrenceReason reason,
            const std::function<bool(const Request&)>& wanted) {
  const auto waiting = store.waiting.find(job);
  if (waiting == store.waiting.end()) return;
  for (const std::int64_t number : std::set<std::int64_t>(waiting->second))
    if (wanted(store.requests.at(number))) store.set_state(number, "refused", std::string(to_string(reason)));
}

void retire_others(Store& store, const Jobs& jobs, Instant now) {
  for (auto& [name, row] : store.jobs) {
    if (row.retired || jobs.count(name) > 0) continue;
    row.retired = true;
    for (const Key& key : store.occurrences.planned_of(name)) withdraw(store, key, OccurrenceReason::retired, now);
    refuse(store, name, OccurrenceReason::retired, [](const Request&) { return true; });
    store.cursors.at(name).next_at.reset();
  }
}

/// A changed schedule starts now: of the occurrences before, only waiting ones that it names too may fire; occurrences
/// planned for later are withdrawn.
void move_cursor(Store& store, const Job& job, Instant now) {
  const auto [place, is_new] = store.cursors.emplace(job.name, CursorRow{job.schedule_revision, now, now, {}});
  if (is_new || place->second.schedule_revision == job.schedule_revision) return;
  place->second = CursorRow{job.schedule_revision, now, now, {}};
  for (const Key& key : store.occurrences.planned_of(job.name)) {
    const Occurrence& row = *store.occurrences.find(key);
    const bool begun = row.attempts > 0 || row.kind == RunKind::backfill;
    if (key.second > now || (!begun && !has_occurrence(job.schedule, key.second)))
      withdraw(store, key, OccurrenceReason::rescheduled, now);
  }
}

/// Refuses requests of a job that no longer runs after the job which asked for them.
void forget_leader(Store& store, const Job& job) {
  refuse(store, job.name, OccurrenceReason::rescheduled, [&](const Request& request) {
    const Run* leader = request.after_run ? store.runs.find(*request.after_run) : nullptr;
    return leader != nullptr && leader->claimed.job != job.after;
  });
}

void insert(Store& store, const Job& job, const PlannedOccurrence& planned, Instant now) {
  const Key key{job.name, planned.occurrence.at};
  Occurrence row;
  row.kind = planned.catch_up ? RunKind::catch_up : RunKind::scheduled;
  row.due_at = planned.due_at;
  row.window_start = planned.previous;
  if (const auto& resumed = store.jobs.at(job.name).resumed_at; resumed && *resumed >= row.due_at) {
    row.state = OccurrenceState::skipped;
    row.reason = OccurrenceReason::paused;
    row.judged_at = now;
  }
  if (store.occurrences.insert(key, std::move(row))) return;
  store.occurrences.change(key, [&](Occurrence& known) {
    if (known.state != OccurrenceState::withdrawn) return;
    known.state = OccurrenceState::planned;
    known.reason = OccurrenceReason::none;
    known.judged_at.reset();
    known.due_at = planned.due_at;
    known.window_start = planned.previous;
  });
}

void insert(std::vector<MissedRange>& ranges, const MissedRange& missed) {
  const bool known =
      std::any_of(ranges.begin(), ranges.end(), [&](const MissedRange& range) { return range.first == missed.first; });
  if (!known) ranges.push_back(missed);
}

/// Closes planned occurrences that belong to an absence as its range is closed: one catch-up serves the whole absence.
void join_range(Store& store, const Job& job, const MissedRange& range, Instant now) {
  if (store.jobs.at(job.name).paused_at) return;  // left to the pause
  for (const Key& key : store.occurrences.planned_of(job.name)) {
    const Occurrence row = *store.occurrences.find(key);
    if (key.second >= range.first || row.due_at >= now - job.missed.grace || row.waits() || row.attempts > 0) continue;
    store.occurrences.change(key, [&](Occurrence& missed) {
      missed.state = range.state;
      missed.reason = range.reason;
      missed.coalesced_into = range.coalesced_into;
      missed.judged_at = now;
    });
    if (range.coalesced_into)
      store.occurrences.change({job.name, *range.coalesced_into}, [&](Occurrence& heir) {
        heir.window_start = std::min(heir.window_start, row.window_start);
      });
  }
}

Cursor plan_job(Store& store, const Job& job, CursorRow& cursor, Instant until, Instant now) {
  const JobRow& row = store.jobs.at(job.name);
  const Plan plan =
      plan_ahead(job, cursor.through, now, until, {}, row.paused_at ? std::optional(now) : row.resumed_at);
  if (plan.paused) insert(store.ranges[job.name], *plan.paused);
  for (const PlannedOccurrence& each : plan.rows) insert(store, job, each, now);
  if (plan.missed) insert(store.ranges[job.name], *plan.missed);
  if (plan.missed && plan.missed->is_made_up_for()) join_range(store, job, *plan.missed, now);
  cursor.through = std::max(cursor.through, until);
  cursor.next_at = plan.next ? std::optional(plan.next->at) : std::nullopt;
  return {job.name, cursor.next_at};
}

}  // namespace

std::vector<Cursor> load_jobs(Store& store, const Jobs& jobs, Instant now) {
  std::vector<JobName> scheduled;
  for (const auto& [name, job] : jobs) {
    JobRow& row = store.jobs[name];
    if (row.retired) store.cursors.at(name).planned_from = store.cursors.at(name).through = now;
    row.revision = job.revision;
    row.lane = lane_of(job);
    row.retired = false;
    store.specs.emplace(std::pair(name, job.revision), job.canonical);
    move_cursor(store, job, now);
    forget_leader(store, job);
    if (has_schedule(job)) scheduled.push_back(name);
  }
  retire_others(store, jobs, now);
  return plan_jobs(store, jobs, scheduled, seconds{60}, now);
}

std::vector<Cursor> plan_jobs(Store& store, const Jobs& jobs, const std::vector<JobName>& names, seconds horizon,
                              Instant now) {
  std::vector<Cursor> cursors;
  for (const JobName& name : names) {
    const auto job = jobs.find(name);
    const auto cursor = store.cursors.find(name);
    // Another revision's cursor: a daemon with newer files plans this job.
    if (job == jobs.end() || cursor == store.cursors.end()) continue;
    if (cursor->second.schedule_revision != job->second.schedule_revision) continue;
    cursors.push_back(plan_job(store, job->second, cursor->second, now + horizon, now));
  }
  return cursors;
}

}  // namespace nowd::memory
