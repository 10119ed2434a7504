#include "ledger/memory/runs.hpp"

#include <algorithm>

namespace nowd::memory {
namespace {

/// The last outcome on record of a call; nothing where only its intent is.
std::optional<CallState> outcome_of(const Facts& facts, int seq) {
  std::optional<CallState> state;
  for (const OutcomeFact& outcome : facts.outcomes)
    if (outcome.seq == seq) state = outcome.state;
  return state;
}

bool is_effect(const CallFact& call) { return call.effect != Effect::read && call.intent && !call.shown; }

}  // namespace

bool Run::is_in_doubt() const {
  return std::any_of(facts.calls.begin(), facts.calls.end(), [&](const CallFact& call) {
    const auto outcome = outcome_of(facts, call.seq);
    return is_effect(call) && (!outcome || outcome == CallState::unknown);
  });
}

bool Run::has_acted() const {
  return std::any_of(facts.calls.begin(), facts.calls.end(), [&](const CallFact& call) {
    return is_effect(call) && outcome_of(facts, call.seq) != CallState::refused;
  });
}

bool Run::is_opaque() const {
  return std::any_of(facts.sending.begin(), facts.sending.end(), [](const SendingFact& call) { return call.opaque; });
}

std::optional<std::string> Run::output() const {
  for (const BodyFact& body : facts.bodies)
    if (body.part == BodyPart::output) return body.content;
  return std::nullopt;
}

UsedBefore Run::used() const {
  UsedBefore used = claimed.before;
  used.model_calls += static_cast<int>(facts.sending.size());
  for (const CallFact& call : facts.calls) used.tool_calls += call.source == CallSource::model ? 1 : 0;
  for (const SendingFact& sending : facts.sending) {
    const auto is_its = [&](const AnswerFact& answer) { return answer.seq == sending.seq; };
    const auto answer = std::find_if(facts.answers.begin(), facts.answers.end(), is_its);
    const bool lost = answer == facts.answers.end();
    used.spent.usd += (lost ? sending.reserved : answer->cost).value_or(Usd{});
    if (lost || !answer->reply.usage) continue;
    used.spent.input += answer->reply.usage->input;
    used.spent.output += answer->reply.usage->output;
  }
  return used;
}

bool Runs::is_catch_up(const Run& run) {
  return run.claimed.kind == RunKind::catch_up || run.claimed.kind == RunKind::backfill;
}

bool Runs::is_catching_up(const JobName& job, const std::optional<std::string>& lane) const {
  const auto live = lane ? live_in(*lane) : std::nullopt;
  return live && rows_.at(*live).claimed.job == job && is_catch_up(rows_.at(*live));
}

bool Runs::is_of_another(const JobName& job, const std::optional<std::string>& lane) const {
  const auto live = lane ? live_in(*lane) : std::nullopt;
  return live && rows_.at(*live).claimed.job != job;
}

std::optional<RunId> Runs::insert(Run run) {
  if (is_busy(run.lane)) return std::nullopt;
  const RunId id{++last_};
  run.claimed.claim.run = id;
  if (run.lane) lanes_[*run.lane] = id;
  if (is_catch_up(run)) ++served_catch_ups_;
  live_[id] = run.node;
  rows_.emplace(id, std::move(run));
  return id;
}

Run* Runs::find(RunId run) {
  const auto found = rows_.find(run);
  return found == rows_.end() ? nullptr : &found->second;
}

const Run* Runs::find(RunId run) const {
  const auto found = rows_.find(run);
  return found == rows_.end() ? nullptr : &found->second;
}

void Runs::end(RunId id, RunState state, RunReason reason, std::string detail, Instant at) {
  Run& run = rows_.at(id);
  run.state = state;
  run.reason = reason;
  run.detail = std::move(detail);
  run.ended_at = at;
  if (run.lane) lanes_.erase(*run.lane);
  leave(id);
  deferred_.erase(id);
}

void Runs::defer(RunId id, RunReason reason, std::string detail, Instant not_before) {
  Run& run = rows_.at(id);
  run.state = RunState::suspended;
  run.reason = reason;
  run.detail = std::move(detail);
  run.not_before = not_before;
  leave(id);
  deferred_.insert(id);
}

/// Its daemon serves it no longer.
void Runs::leave(RunId id) {
  if (live_.erase(id) > 0 && is_catch_up(rows_.at(id))) --served_catch_ups_;
}

std::vector<RunId> Runs::due_again(Instant now) const {
  std::vector<RunId> found;
  for (const RunId id : deferred_)
    if (const Run& run = rows_.at(id); run.cancel || *run.not_before <= now) found.push_back(id);
  return found;
}

void Runs::erase(RunId run) { rows_.erase(run); }

std::vector<RunId> Runs::live_of(const Uuid& node) const {
  std::vector<RunId> found;
  for (const auto& [run, owner] : live_)
    if (owner == node) found.push_back(run);
  return found;
}

std::optional<RunId> Runs::live_in(const std::string& lane) const {
  const auto found = lanes_.find(lane);
  return found == lanes_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace nowd::memory
