// Claiming in memory: what is due, judged by the same rules as ever.
#include <algorithm>

#include "ledger/deciding.hpp"
#include "ledger/memory/memory_ledger.hpp"

namespace nowd::memory {
namespace {

/// Everything that is due and may be judged now, by job. Jobs that are not in the snapshot, or that another daemon has
/// newer, are left out.
class Candidates {
 public:
  Candidates(Store& store, const Jobs& jobs, Instant now, const Looks& looks)
      : store_(store), jobs_(jobs), now_(now), looks_(looks) {}

  /// True if there may be more live ones.
  bool collect(std::size_t most) {
    std::size_t asked = 0;
    for (const auto& [number, request] : store_.requests)
      if (request.state == "planned" && asked++ < most) add(number, request);
    const std::vector<Key> live = store_.occurrences.due_on_time(now_, most);
    for (const Key& key : live) add(key);
    const auto may_start = [&](const JobName& name) {
      const JobRow& job = store_.jobs.at(name);
      return !job.retired && (job.paused_at || !store_.runs.is_busy(job.lane));
    };
    for (const Key& key : store_.occurrences.due_waiting(now_, most, may_start)) add(key);
    widen();
    return live.size() >= most;
  }

  /// In the order of what they wait for: requests, then live work, then what is made up for.
  const std::vector<JobName>& order() const { return order_; }
  std::vector<Due>& of(const JobName& job) { return due_[job]; }

 private:
  /// Nothing, if this daemon may not judge the job.
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
    due.candidate.making_up = store_.runs.is_made_up_for(name, job.lane);
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
    due.candidate.seen_on_time = looks_.saw_on_time(row.due_at, jobs_.at(key.first).missed.grace);
    due.candidate.planned_window_start = row.window_start;
    due.candidate.attempts = row.attempts;
    due.candidate.buffered = row.buffered;
    due.run.claim.fence = row.fence + 1;
    due.run.effects = row.kind != RunKind::backfill;
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
    due.run.request = number;
    due.run.claim.fence = request.fence + 1;
    due.run.effects = request.effects;
    due.run.dry_run = request.dry_run;
    due.run.given.input = escape_clock(request.input);
    due.run.after_run = request.after_run;
    take(std::move(due));
  }

  void take(Due due) {
    due.run.kind = due.candidate.kind;
    due.run.attempt = due.candidate.attempts + 1;
    due.run.scheduled_at = due.candidate.scheduled_at;
    due.run.due_at = due.candidate.due_at;
    std::vector<Due>& all = due_[due.run.job];
    if (all.empty()) order_.push_back(due.run.job);
    all.push_back(std::move(due));
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
    std::set<JobName> seen;
    std::erase_if(order_, [&](const JobName& job) { return !seen.insert(job).second; });
  }

  Store& store_;
  const Jobs& jobs_;
  Instant now_;
  const Looks& looks_;
  std::vector<JobName> order_;
  std::map<JobName, std::vector<Due>> due_;
};

/// Inserts the run and takes its occurrence or request. Nothing, if its lane is taken.
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
    Request& request = store.requests.at(*ours.request);
    request.state = "claimed";
    request.attempts = ours.attempt;
    request.fence = ours.claim.fence;
    request.run = id;
    return ours;
  }
  store.occurrences.change({ours.job, ours.scheduled_at}, [&](Occurrence& row) {
    row.state = "claimed";
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

void close(Store& store, const Decisions::Closing& closing, Instant now) {
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

Ledger::Claimed claim_due(Store& store, const Jobs& jobs, int limit, const Looks& looks, const Uuid& node,
                          Instant now) {
  Candidates candidates(store, jobs, now, looks);
  const bool more = candidates.collect(static_cast<std::size_t>(std::max(limit, fewest_candidates)));
  Deciding deciding(jobs, limit, store.runs.making_up());
  for (const JobName& job : candidates.order()) deciding.job(candidates.of(job));
  Decisions decisions = deciding.take();

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
