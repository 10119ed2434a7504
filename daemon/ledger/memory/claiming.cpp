// Claiming in memory: due candidates, judged by the same rules as in Postgres.
#include <algorithm>

#include "domain/planning/claim_decider.hpp"
#include "ledger/memory/memory_ledger.hpp"

namespace nowd::memory {
namespace {

/// All due candidates that may be judged now, by job, without jobs outside the snapshot or with a newer revision
/// elsewhere.
class Candidates {
 public:
  Candidates(Store& store, const Jobs& jobs, Instant now, const PollHistory& polls)
      : store_(store), jobs_(jobs), now_(now), polls_(polls) {}

  /// True if there may be more live ones.
  bool collect(std::size_t most) {
    for (const std::int64_t number : requests(most)) add(number, store_.requests.at(number));
    const std::vector<Key> live = store_.occurrences.due_on_time(
        now_, most, [&](const JobName& name, RunKind) { return standing(name) != nullptr; });
    for (const Key& key : live) add(key);
    for (const Key& key : store_.occurrences.due_waiting(
             now_, most, [&](const JobName& name, RunKind kind) { return may_judge(name, kind); }))
      add(key);
    widen();
    return live.size() >= most;
  }

  DueByJob& all() { return due_; }

 private:
  /// A request that cannot start now does not take the place of one that can.
  bool may_judge(const JobName& name, RunKind kind) const {
    const JobRow& job = store_.jobs.at(name);
    if (standing(name) == nullptr) return false;
    if (job.paused_at) return kind != RunKind::backfill;
    return !store_.runs.is_busy(job.lane);
  }

  /// Of each job: those that may start now, one for a lane, and all of those that may be skipped for each other; of all
  /// jobs at most `most`.
  std::vector<std::int64_t> requests(std::size_t most) const {
    std::vector<std::int64_t> found;
    for (const auto& [name, numbers] : store_.waiting) {
      const JobRow* job = standing(name);
      if (job == nullptr) continue;
      std::size_t room = store_.runs.is_busy(job->lane) ? 0 : job->lane ? 1 : most;
      for (const std::int64_t number : numbers) {
        const Request& request = store_.requests.at(number);
        const bool held = job->paused_at && !request.even_if_paused;
        if (!request.asked || (held && request.after_run))
          found.push_back(number);
        else if (!held && room > 0) {
          found.push_back(number);
          --room;
        }
      }
    }
    std::sort(found.begin(), found.end());
    if (found.size() > most) found.resize(most);
    return found;
  }

  /// None if this daemon may not judge the job.
  const JobRow* standing(const JobName& name) const {
    const auto job = jobs_.find(name);
    const auto row = store_.jobs.find(name);
    if (job == jobs_.end() || row == store_.jobs.end() || row->second.retired) return nullptr;
    return row->second.revision == job->second.revision ? &row->second : nullptr;
  }

  Due due_of(const JobName& name, const JobRow& job) const {
    Due due;
    due.candidate.job = due.run.job = name;
    due.candidate.busy = store_.runs.is_busy(job.lane);
    due.candidate.catching_up = store_.runs.is_catching_up(name, job.lane);
    due.candidate.other_job = store_.runs.is_of_another(name, job.lane);
    due.candidate.succeeded_through = job.succeeded_through;
    due.candidate.paused = job.paused_at.has_value();
    due.candidate.now = due.run.claimed_at = now_;
    due.run.revision = job.revision;
    due.run.previous_success = job.succeeded_at;
    due.run.claim.claim_id = store_.fresh_uuid();
    return due;
  }

  void add(const Key& key) {
    const JobRow* job = standing(key.first);
    if (job == nullptr) return;
    const Occurrence& row = *store_.occurrences.find(key);
    Due due = due_of(key.first, *job);
    due.candidate.kind = row.kind;
    due.candidate.scheduled_at = key.second;
    due.candidate.due_at = row.due_at;
    due.candidate.seen_on_time = polls_.polled_on_time(row.due_at, jobs_.at(key.first).missed.grace);
    due.candidate.unseen = polls_.fell_due_unpolled(row.due_at, now_);
    due.candidate.planned_window_start = row.window_start;
    due.candidate.attempts = row.attempts;
    due.candidate.buffered = row.buffered;
    due.run.claim.fence = row.fence + 1;
    due.run.effects = due.run.deliver = due.run.starts_followers = row.kind != RunKind::backfill;
    take(std::move(due));
  }

  void add(std::int64_t number, const Request& request) {
    const JobRow* job = standing(request.job);
    if (job == nullptr) return;
    Due due = due_of(request.job, *job);
    due.candidate.kind = request.after_run ? RunKind::after : RunKind::manual;
    due.candidate.scheduled_at = request.scheduled_at;
    due.candidate.due_at = request.requested_at;
    due.candidate.planned_window_start = request.window_start;
    due.candidate.attempts = request.attempts;
    due.candidate.asked = request.asked;
    due.candidate.even_if_paused = request.even_if_paused;
    due.run.deliver = request.deliver;
    due.run.starts_followers = request.starts_followers;
    due.run.request = number;
    due.run.claim.fence = request.fence + 1;
    due.run.effects = request.effects;
    due.run.dry_run = request.dry_run;
    due.run.outside_texts.input = ModelText::from_outside(request.input);
    due.run.after_run = request.after_run;
    take(std::move(due));
  }

  void take(Due due) {
    due.run.kind = due.candidate.kind;
    due.run.attempt = due.candidate.attempts + 1;
    due.run.scheduled_at = due.candidate.scheduled_at;
    due.run.due_at = due.candidate.due_at;
    due_[due.run.job].push_back(std::move(due));
  }

  void widen() {
    std::set<JobName> names;
    for (auto& [job, all] : due_)
      if (all.size() > 1 || std::any_of(all.begin(), all.end(),
                                        [&, &spec = jobs_.at(job)](const Due& due) { return needs_all(due, spec); })) {
        names.insert(job);
        std::erase_if(all, [](const Due& due) { return !due.run.request; });
      }
    if (names.empty()) return;
    for (const Key& key : store_.occurrences.due_of(names, now_)) add(key);
  }

  Store& store_;
  const Jobs& jobs_;
  Instant now_;
  const PollHistory& polls_;
  DueByJob due_;
};

/// Inserts the run and marks its occurrence or request as claimed; none if its lane is taken.
std::optional<ClaimedRun> start(Store& store, ClaimedRun claimed, const Uuid& node, Instant now) {
  Run run;
  run.claimed = std::move(claimed);
  run.node = node;
  run.lane = store.jobs.at(run.claimed.job).lane;
  const auto last = run.claimed.request ? store.requests.at(*run.claimed.request).run
                                        : store.occurrences.find({run.claimed.job, run.claimed.scheduled_at})->run;
  if (last && store.runs.find(*last) != nullptr) run.claimed.before = store.runs.find(*last)->used();
  const auto id = store.runs.insert(std::move(run));
  if (!id) return std::nullopt;
  const ClaimedRun& ours = store.runs.find(*id)->claimed;
  if (ours.request) {
    store.set_state(*ours.request, "claimed");
    Request& request = store.requests.at(*ours.request);
    request.attempts = ours.attempt;
    request.fence = ours.claim.fence;
    request.run = id;
    return ours;
  }
  store.occurrences.change({ours.job, ours.scheduled_at}, [&](Occurrence& row) {
    row.state = OccurrenceState::claimed;
    row.kind = ours.kind;
    row.attempts = ours.attempt;
    row.fence = ours.claim.fence;
    row.window_start = ours.window_start;
    row.buffered = false;
    row.judged_at = now;
    row.run = id;
  });
  return ours;
}

/// Occurrences that a coalesced catch-up stood for point to the same occurrence as it does.
void take_along(Store& store, const Decisions::Closing& closing) {
  std::vector<Key> served;
  const auto& rows = store.occurrences.all();
  for (auto row = rows.lower_bound({closing.job, Instant::min()}); row->first < Key{closing.job, closing.at}; ++row)
    if (row->second.coalesced_into == closing.at) served.push_back(row->first);
  for (const Key& key : served)
    store.occurrences.change(key, [&](Occurrence& row) { row.coalesced_into = closing.into; });
}

void close(Store& store, const Decisions::Closing& closing, Instant now) {
  if (closing.request) return store.set_state(*closing.request, "refused", std::string(to_string(closing.reason)));
  if (closing.into) take_along(store, closing);
  store.occurrences.change({closing.job, closing.at}, [&](Occurrence& row) {
    row.state = closing.state;
    row.reason = closing.reason;
    row.coalesced_into = closing.into;
    row.buffered = false;
    row.judged_at = now;
  });
}

void keep(Store& store, const Decisions::Waiting& waiting) {
  store.occurrences.change({waiting.job, waiting.at}, [&](Occurrence& row) {
    row.kind = waiting.kind;
    row.buffered = waiting.buffered;
    row.window_start = waiting.window_start.value_or(row.window_start);
  });
}

void end_lane(Store& store, const std::string& lane) {
  const auto live = store.runs.live_in(lane);
  if (!live || store.runs.find(*live)->cancel) return;
  store.runs.find(*live)->cancel =
      CancelRequest{*live, "nowd", "a newer occurrence takes its place (overlap: cancel_running)"};
}

}  // namespace

Ledger::Claimed claim_due(Store& store, const Jobs& jobs, int limit, const PollHistory& polls, const Uuid& node,
                          Instant now) {
  Candidates candidates(store, jobs, now, polls);
  const bool more = candidates.collect(static_cast<std::size_t>(std::max(limit, min_candidates)));
  ClaimDecider decider(jobs, limit, store.runs.served_catch_ups());
  for (const JobName& job : in_order(candidates.all())) decider.decide_job(candidates.all().at(job));
  Decisions decisions = decider.take_decisions();

  Ledger::Claimed claimed;
  for (const ClaimedRun& each : decisions.starting)
    if (auto ours = start(store, each, node, now)) claimed.runs.push_back(std::move(*ours));
  for (const auto& each : closing(decisions, decisions.starting, claimed.runs)) {
    close(store, each, now);
    ++claimed.closed;
  }
  for (const auto& each : decisions.waiting) keep(store, each);
  for (const std::string& lane : decisions.lanes_to_end) end_lane(store, lane);
  claimed.more = decisions.more || more;
  claimed.next_due = store.occurrences.next_due(now);
  claimed.database_now = now;
  return claimed;
}

}  // namespace nowd::memory
