// Recording in memory: facts of runs, their ends, and the runs of dead daemons.
#include <algorithm>

#include "domain/run/ending.hpp"
#include "ledger/memory/memory_ledger.hpp"

namespace nowd::memory {
namespace {

/// The state of an occurrence after its run has ended.
void settle(Occurrence& row, const EndFact& end, Instant now) {
  const bool too_late = end.reason == RunReason::window || end.reason == RunReason::cutoff;
  const bool idle = end.reason == RunReason::nothing_to_do;
  row.state = idle ? OccurrenceState::skipped : too_late ? OccurrenceState::missed : OccurrenceState::done;
  row.reason = idle || too_late ? parse_occurrence_reason(to_string(end.reason)).value() : OccurrenceReason::none;
  row.judged_at = now;
}

/// A follower has the same moment and window as its leader, and the same effects.
void ask_follower(Store& store, const JobName& follower, const ClaimedRun& leader, Instant now) {
  const auto job = store.jobs.find(follower);
  const bool asked = std::any_of(store.requests.begin(), store.requests.end(), [&](const auto& each) {
    return each.second.job == follower && each.second.after_run == leader.claim.run;
  });
  if (job == store.jobs.end() || job->second.retired || asked) return;
  Request request;
  request.job = follower;
  request.scheduled_at = leader.scheduled_at;
  request.requested_at = now;
  request.effects = leader.effects;
  request.after_run = leader.claim.run;
  request.window_start = leader.window_start;
  request.asked = leader.request ? store.requests.at(*leader.request).asked : leader.kind == RunKind::backfill;
  request.deliver = leader.deliver;
  store.ask(std::move(request));
}

void remember_success(JobRow& job, const ClaimedRun& run, Instant ended) {
  if (run.kind == RunKind::backfill || run.dry_run) return;
  if (job.succeeded_through && *job.succeeded_through > run.scheduled_at) return;
  job.succeeded_through = run.scheduled_at;
  job.succeeded_at = ended;
}

void end_run(Store& store, const ClaimedRun& run, const EndFact& end, Instant now) {
  if (end.not_before) return store.runs.defer(run.claim.run, end.reason, end.detail, *end.not_before);
  store.runs.end(run.claim.run, end.state, end.reason, end.detail, end.ended.wall);
  if (end.state == RunState::succeeded) remember_success(store.jobs.at(run.job), run, end.ended.wall);
  if (run.request)
    store.set_state(*run.request, "done");
  else
    store.occurrences.change({run.job, run.scheduled_at}, [&](Occurrence& row) {
      if (row.state == OccurrenceState::claimed) settle(row, end, now);
    });
  record_end(store, *store.runs.find(run.claim.run), end);
  for (const JobName& follower : end.followers) ask_follower(store, follower, run, now);
}

std::string asker(const Run& run) { return run.cancel ? "by " + run.cancel->by + ": " + run.cancel->reason : ""; }

/// Number of attempts at the same occurrence or request, without deferred ones: those did not crash.
int attempts_that_count(const Store& store, const ClaimedRun& claimed) {
  const auto is_same = [&](const ClaimedRun& other) {
    return other.job == claimed.job && other.scheduled_at == claimed.scheduled_at && other.request == claimed.request;
  };
  const auto deferrals = std::count_if(store.runs.all().begin(), store.runs.all().end(), [&](const auto& each) {
    return each.second.not_before && each.first < claimed.claim.run && is_same(each.second.claimed);
  });
  return claimed.attempt - static_cast<int>(deferrals);
}

/// Its occurrence or request is planned again, or done; later writes of the run are fenced.
void end_unserved(Store& store, RunId id, const OrphanEnd& end, Instant now) {
  const ClaimedRun claimed = store.runs.find(id)->claimed;
  const bool was_deferred = store.runs.find(id)->not_before.has_value();
  store.runs.end(id, end.state, end.reason, end.detail, now);
  ++store.runs.find(id)->claimed.claim.fence;
  if (claimed.request) {
    store.set_state(*claimed.request, end.again ? "planned" : "done");
    ++store.requests.at(*claimed.request).fence;
    return;
  }
  store.occurrences.change({claimed.job, claimed.scheduled_at}, [&](Occurrence& row) {
    row.state = end.again ? OccurrenceState::planned : OccurrenceState::done;
    if (was_deferred && end.again && row.kind == RunKind::scheduled) row.kind = RunKind::catch_up;
    row.judged_at = now;
    ++row.fence;
  });
}

/// Returns the sum that the job has reserved and spent on this day, if these facts reserve some.
std::optional<Usd> reserve(Store& store, const ClaimedRun& run, const Facts& facts, Instant now) {
  const std::int64_t day = std::chrono::floor<days>(now.time_since_epoch()).count();
  std::optional<Usd> today;
  for (const SendingFact& call : facts.sending) {
    if (!call.reserved) continue;
    BudgetRow& budget = store.budgets[{run.job, day}];
    budget.reserved += *call.reserved;
    store.reserved_on[{run.claim.run, call.seq}] = day;
    today = budget.reserved + budget.spent;
  }
  return today;
}

void settle_reservations(Store& store, const Run& run, const Facts& facts) {
  for (const AnswerFact& answer : facts.answers) {
    const auto day = store.reserved_on.find({run.claimed.claim.run, answer.seq});
    if (day == store.reserved_on.end()) continue;
    BudgetRow& budget = store.budgets.at({run.claimed.job, day->second});
    for (const SendingFact& call : run.facts.sending)
      if (call.seq == answer.seq) budget.reserved = budget.reserved - *call.reserved;
    budget.spent += answer.cost.value_or(Usd{});
    store.reserved_on.erase(day);
  }
}

}  // namespace

Written write_facts(Store& store, const Claim& claim, Facts facts, Instant now) {
  Run* run = store.runs.find(claim.run);
  if (run == nullptr || !run->is_served() || !(run->claimed.claim == claim)) return {true};
  if (facts.dispatch) run->dispatched_at = facts.dispatch->host.wall;
  const std::optional<EndFact> end = std::move(facts.end);
  facts.end.reset();
  settle_reservations(store, *run, facts);
  const std::optional<Usd> spent_today = reserve(store, run->claimed, facts, now);
  run->facts.append(std::move(facts));
  if (end) end_run(store, ClaimedRun(run->claimed), *end, now);
  return {false, spent_today};
}

void end_lost_run(Store& store, RunId id, const std::string& why, Instant now) {
  const Run& run = *store.runs.find(id);
  const OrphanEnd end = end_of(
      {run.is_in_doubt(), run.has_acted(), run.is_opaque(), attempts_that_count(store, run.claimed), why, asker(run)});
  end_unserved(store, id, end, now);
  if (is_trouble(end) && !run.claimed.dry_run)
    record_troubles(store, {{AlertKind::run, run.claimed.job, std::string(to_string(end.reason)), end.detail,
                             run.claimed.job, id, now}});
}

int end_runs_of(Store& store, const Uuid& node, const std::string& why, Instant now) {
  release_deliveries_of(store, node, why, now);
  const std::vector<RunId> runs = store.runs.live_of(node);
  for (const RunId id : runs) end_lost_run(store, id, why, now);
  return static_cast<int>(runs.size());
}

int wake_deferred(Store& store, Instant now) {
  const std::vector<RunId> runs = store.runs.due_again(now);
  for (const RunId id : runs) {
    const Run& run = *store.runs.find(id);
    end_unserved(store, id, end_of_deferred(asker(run), run.detail), now);
  }
  return static_cast<int>(runs.size());
}

}  // namespace nowd::memory
