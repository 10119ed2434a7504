#include "simulate/check/witness.hpp"

namespace nowd::sim {

void Witness::fail(const std::string& why) {
  if (!failure_) failure_ = why;
}

bool Witness::is_ended(RunId run) const {
  const memory::Run* row = store_.runs.find(run);
  return row == nullptr || !row->is_served();
}

void Witness::see_effect(const std::string& key, RunId run, bool unaware) {
  const auto [before, is_new] = effects_.emplace(key, run);
  if (!is_new)
    fail("an effect happened twice: run " + to_string(run) + " repeats that of run " + to_string(before->second));
  const memory::Run* row = store_.runs.find(run);
  const bool intended = row != nullptr && [&] {
    for (const CallFact& call : row->facts.calls)
      if (call.idempotency_key == key && call.intent) return true;
    return false;
  }();
  if (!intended) fail("an effect of run " + to_string(run) + " happened before its intent was in the ledger");
  if (is_ended(run) && !unaware) fail("an effect of run " + to_string(run) + " began after the run had ended");
}

void Witness::see_command(const std::string& key, RunId run, bool unaware) {
  const auto [before, is_new] = effects_.emplace(key, run);
  if (!is_new) fail("a command ran twice: run " + to_string(run) + " repeats that of run " + to_string(before->second));
  const memory::Run* row = store_.runs.find(run);
  if (row == nullptr || !row->is_opaque()) fail("the command of run " + to_string(run) + " began before its record");
  if (is_ended(run) && !unaware) fail("the command of run " + to_string(run) + " began after the run had ended");
}

void Witness::see_answer(RunId run, Stop stop, Usd billed) {
  stops_[run] = stop;
  if (const memory::Run* row = store_.runs.find(run)) billed_[row->claimed.job] += billed;
}

std::optional<Stop> Witness::last_stop(RunId run) const {
  const auto found = stops_.find(run);
  return found == stops_.end() ? std::nullopt : std::optional(found->second);
}

Usd Witness::billed(const JobName& job) const {
  const auto found = billed_.find(job);
  return found == billed_.end() ? Usd{} : found->second;
}

void Witness::see_message(const std::string& sink, const Delivery& message, bool repeatable) {
  ++messages_;
  const std::string name = "delivery " + std::to_string(message.delivery) + " to " + sink;
  const auto [before, is_new] = taken_.emplace(sink + ' ' + message.key, message.subject + '\n' + message.text);
  if (!is_new && !repeatable) fail(name + " was taken twice by a sink that does not recognise a repetition");
  if (!is_new && before->second != message.subject + '\n' + message.text)
    fail(name + " has another text than at the attempt before");
  if (message.purpose != Purpose::output) return;
  const memory::Run* run = message.run ? store_.runs.find(message.run->run) : nullptr;
  if (run == nullptr || run->state != RunState::succeeded)
    fail(name + " left for a run that did not succeed: " + (message.run ? to_string(message.run->run) : "none"));
}

}  // namespace nowd::sim
