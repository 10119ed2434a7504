#include "simulate/check/checker.hpp"

#include <algorithm>
#include <tuple>

namespace nowd::sim {
namespace {

std::string name_of(const JobName& job, Instant at) { return "the occurrence " + job + " " + rfc3339(at); }
std::string name_of(const memory::Run& run) {
  return "run " + to_string(run.claimed.claim.run) + " of " + run.claimed.job + " " + rfc3339(run.claimed.scheduled_at);
}

std::size_t size_of(const Facts& facts) {
  return facts.sending.size() + facts.answers.size() + facts.calls.size() + facts.outcomes.size() +
         facts.bodies.size() + facts.gates.size();
}

bool is_final(DeliveryState state) { return state != DeliveryState::pending && state != DeliveryState::sending; }
bool is_planned_kind(RunKind kind) { return kind == RunKind::scheduled || kind == RunKind::catch_up; }

/// Others may declare a daemon dead after 15 s without a beat; half a second is for the rates of their clocks.
constexpr milliseconds min_silence{14'500};

}  // namespace

void Checker::know(const Files& files) {
  for (const Job& job : files.jobs) {
    lanes_[job.name] = lane_of(job).value_or("");
    const auto beat = files.beats.find(job.name);
    if (beat != files.beats.end()) beat_of_[job.schedule_revision] = beat->second;
  }
}

void Checker::check(Instant now, nanoseconds at) {
  check_runs();
  check_lanes(now);
  check_cursors();
  check_nodes(at);
  check_deliveries();
  check_spending();
}

void Checker::check_runs() {
  for (const auto& [id, run] : store_.runs.all()) {
    const auto before = ended_.find(id);
    if (before == ended_.end()) {
      std::set<int> seqs;
      for (const CallFact& call : run.facts.calls)
        if (!seqs.insert(call.seq).second) witness_.fail("the intent of a call of " + name_of(run) + " is there twice");
      if (is_terminal(run.state)) check_new_end(run);
      continue;
    }
    const Ended now_is{run.state, run.reason, size_of(run.facts)};
    if (std::tie(before->second.state, before->second.reason, before->second.facts) !=
        std::tie(now_is.state, now_is.reason, now_is.facts))
      witness_.fail(name_of(run) + " changed after its end, from " + std::string(to_string(before->second.state)) +
                    " to " + std::string(to_string(run.state)) + " " + std::string(to_string(run.reason)));
  }
}

void Checker::check_new_end(const memory::Run& run) {
  const RunId id = run.claimed.claim.run;
  ended_[id] = {run.state, run.reason, size_of(run.facts)};
  if (run.state == RunState::succeeded && witness_.last_stop(id) != Stop::complete)
    witness_.fail(name_of(run) + " succeeded, and its model did not give a complete answer");
  for (const OutcomeFact& outcome : run.facts.outcomes)
    for (const CallFact& call : run.facts.calls) {
      if (call.seq != outcome.seq || call.effect == Effect::read || !call.intent) continue;
      const bool seen = witness_.has_seen_effect(call.idempotency_key);
      if (outcome.state == CallState::confirmed && !seen)
        witness_.fail("an effect of " + name_of(run) + " is confirmed, and did not happen");
      if ((outcome.state == CallState::refused || outcome.state == CallState::failed) && seen)
        witness_.fail("an effect of " + name_of(run) + " is " + std::string(to_string(outcome.state)) +
                      ", and it happened");
    }
}

void Checker::check_lanes(Instant now) {
  std::map<std::string, RunId> live;
  std::map<std::tuple<JobName, Instant, std::int64_t>, RunId> served;
  for (const auto& [id, run] : store_.runs.all()) {
    if (is_terminal(run.state)) continue;
    const std::string& lane = lanes_.at(run.claimed.job);
    if (!lane.empty() && !live.emplace(lane, id).second)
      witness_.fail("two runs of lane '" + lane + "' are live: " + to_string(live.at(lane)) + " and " + to_string(id));
    const std::tuple key(run.claimed.job, run.claimed.scheduled_at, run.claimed.request.value_or(0));
    if (!served.emplace(key, id).second) witness_.fail("two live runs serve " + name_of(run));
    if (seen_.insert(id).second) check_start(run, now);
  }
}

void Checker::check_start(const memory::Run& run, Instant now) {
  if (!run.claimed.request && run.claimed.due_at > now) witness_.fail(name_of(run) + " started before it was due");
  if (store_.jobs.at(run.claimed.job).paused_at && is_planned_kind(run.claimed.kind))
    witness_.fail(name_of(run) + " started while its job was paused");
}

void Checker::check_cursors() {
  for (const auto& [job, cursor] : store_.cursors) {
    const auto beat = beat_of_.find(cursor.schedule_revision);
    if (beat == beat_of_.end()) continue;
    std::vector<Era>& eras = eras_[job];
    if (eras.empty() || eras.back().revision != cursor.schedule_revision || eras.back().from != cursor.planned_from) {
      if (!eras.empty()) eras.back().until = std::min(cursor.planned_from, eras.back().planned_through);
      eras.push_back({beat->second, cursor.planned_from, cursor.through, cursor.schedule_revision, {}});
      continue;
    }
    if (cursor.through < eras.back().planned_through) witness_.fail("the cursor of " + job + " went back");
    eras.back().planned_through = cursor.through;
  }
}

void Checker::check_nodes(nanoseconds at) {
  for (const auto& [id, node] : store_.nodes) {
    if (node.alive || !dead_.insert(id).second) continue;
    const auto beat = beats_.find(id);
    if (beat != beats_.end() && at - beat->second < min_silence)
      witness_.fail("a daemon was declared dead " + human(at - beat->second) + " after its last beat");
  }
}

void Checker::check_deliveries() {
  for (const auto& [number, row] : store_.outbox.deliveries) {
    const auto before = settled_.find(number);
    if (before != settled_.end() && before->second != row.state)
      witness_.fail("delivery " + std::to_string(number) + " changed after it was settled, to " +
                    std::string(to_string(row.state)));
    if (before != settled_.end() || !is_final(row.state)) continue;
    settled_[number] = row.state;
    if (row.state == DeliveryState::delivered && !witness_.has_seen_message(row.sink, row.key))
      witness_.fail("delivery " + std::to_string(number) + " is delivered, and did not arrive");
  }
}

void Checker::check_spending() {
  std::map<JobName, Usd> known;
  for (const auto& [key, row] : store_.budgets) {
    std::int64_t& before = spent_[key];
    if (row.spent.units < before || row.reserved.units < 0)
      witness_.fail("the spending of " + key.first + " went back");
    before = row.spent.units;
    known[key.first] += row.spent + row.reserved;
  }
  for (const auto& [job, sum] : known)
    if (sum < witness_.billed(job))
      witness_.fail("the ledger knows of less money than the models of " + job + " billed");
}

std::optional<std::string> Checker::unrest(Instant now) const {
  for (const auto& [id, run] : store_.runs.all())
    if (!is_terminal(run.state)) return name_of(run) + " is " + std::string(to_string(run.state));
  for (const auto& [key, row] : store_.occurrences.all())
    if (row.state == OccurrenceState::claimed || (row.is_planned() && row.due_at <= now))
      return name_of(key.first, key.second) + " is " + std::string(to_string(row.state));
  for (const auto& [number, request] : store_.requests)
    if (request.state == "planned" || request.state == "claimed")
      return "request " + std::to_string(number) + " for " + request.job + " is " + request.state;
  for (const auto& [number, row] : store_.outbox.deliveries)
    if (!is_final(row.state))
      return "delivery " + std::to_string(number) + " to " + row.sink + " is " + std::string(to_string(row.state));
  for (const auto& [job, cursor] : store_.cursors)
    if (!store_.jobs.at(job).retired && cursor.next_at && *cursor.next_at <= now)
      return "job " + job + " is not planned after " + rfc3339(cursor.through);
  return std::nullopt;
}

bool Checker::is_expected(const JobName& job, Instant at) const {
  const auto eras = eras_.find(job);
  return eras != eras_.end() && std::any_of(eras->second.begin(), eras->second.end(), [&](const Era& era) {
           return at > era.from && (!era.until || at <= *era.until) &&
                  (at.time_since_epoch() - era.beat.first) % era.beat.period == microseconds{0};
         });
}

void Checker::check_fate(const JobName& job, Instant at) {
  const memory::Occurrence* row = store_.occurrences.find({job, at});
  int fates = row != nullptr && row->kind != RunKind::backfill ? 1 : 0;
  if (const auto ranges = store_.ranges.find(job); ranges != store_.ranges.end())
    for (const MissedRange& range : ranges->second) fates += range.first <= at && at <= range.last ? 1 : 0;
  if (fates == 0 && row != nullptr) return;  // a person asked for it before it was planned
  if (fates != 1) witness_.fail(name_of(job, at) + " has " + std::to_string(fates) + " fates");
}

void Checker::check_rows(const JobName& job) {
  for (const auto& [key, row] : store_.occurrences.all()) {
    if (key.first != job) continue;
    if (row.kind != RunKind::backfill && row.state != OccurrenceState::withdrawn && !is_expected(job, key.second))
      witness_.fail(name_of(job, key.second) + " is in the ledger, and no schedule names it");
    const memory::Run* run = row.run ? store_.runs.find(*row.run) : nullptr;
    if (row.state == OccurrenceState::done && (run == nullptr || !is_terminal(run->state)))
      witness_.fail(name_of(job, key.second) + " is done without a run");
    if (row.state == OccurrenceState::coalesced && row.coalesced_into &&
        store_.occurrences.find({job, *row.coalesced_into}) == nullptr)
      witness_.fail(name_of(job, key.second) + " is served by an occurrence that is not there");
  }
}

void Checker::check_end(Instant end) {
  for (const auto& [job, eras] : eras_) {
    for (const Era& era : eras)
      for (const Instant at : expected(era.beat, era.from, std::min(era.until.value_or(end), end)))
        if (at < end) check_fate(job, at);
    check_rows(job);
  }
  std::map<std::tuple<JobName, Instant, std::int64_t>, int> successes;
  for (const auto& [id, run] : store_.runs.all())
    if (run.state == RunState::succeeded &&
        ++successes[{run.claimed.job, run.claimed.scheduled_at, run.claimed.request.value_or(0)}] > 1)
      witness_.fail(name_of(run) + " is the second success of the same occurrence");
}

}  // namespace nowd::sim
