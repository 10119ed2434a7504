// What the guard lets out of a run, and what follows where it does not.
#include <nlohmann/json.hpp>

#include "domain/run/run_machine.hpp"
#include "domain/run/transcript.hpp"

namespace nowd {
namespace {

/// All texts in the arguments of an effect: what it would say to the world.
std::string texts_in(const Json& value) {
  if (value.is_string()) return value.get<std::string>() + "\n";
  std::string out;
  if (value.is_structured())
    for (const Json& each : value) out += texts_in(each);
  return out;
}

}  // namespace

/// The guard's decision on an effect that is otherwise in order. What follows from it is next_call()'s.
GateFact RunMachine::pass_guard(Judged& judged, const ProposedCall& call, const Json& arguments) {
  GateFact gate =
      witness_.decide(plan_, "effect", call.tool, {judged.now.wall, judged.now.boot}, {texts_in(arguments), given()});
  gate.call_seq = call_seq_ + 1;
  if (const auto stated = take_stated_date(call.arguments); stated.text) gate.evidence["stated"] = *stated.text;
  return gate;
}

/// A text can be written anew, and a clock block that is too old is replaced by a fresh one: once.
bool RunMachine::may_mend(const Objection& why) {
  if (why.rule == "lint") return true;
  if (why.rule != "fresh" || refreshed_) return false;
  return refreshed_ = true;
}

std::vector<std::string_view> RunMachine::given() const {
  std::vector<std::string_view> out;
  for (const auto* messages : {&messages_, &answers_})
    for (const Message& message : *messages)
      if (message.role != Message::Role::assistant) out.push_back(message.text);
  return out;
}

/// The answer as it came, and why it is not accepted. What was resumed is in the conversation already.
void RunMachine::send_back(Judged& judged, const std::string& why) {
  messages_.push_back(message_of(judged.facts.answers.back().reply, model_calls_));
  resumed_text_.clear();
  resumed_ = 0;
  answers_.push_back({.role = Message::Role::user, .text = "Not accepted: " + escape_clock(why)});
}

/// The answer went by a wrong date: it is sent back once.
RunAction RunMachine::correct(Judged& judged, const std::string& fault) {
  send_back(judged, fault + ". Answer again, whole, for this date.");
  return ask(judged);
}

/// The answer breaks a rule of `output`: it is sent back once. A command is not run twice for that.
RunAction RunMachine::mend_output(Judged& judged, const std::string& fault) {
  const bool last_call = model_calls_ >= plan_.job.limits.model_calls;
  if (repaired_ || last_call || plan_.job.command) return finish(judged, RunState::failed, "output", fault);
  repaired_ = true;
  attempt_ = 1;
  send_back(judged, fault + ". Answer again, whole.");
  return call_again(judged, "repair", fault);
}

RunAction RunMachine::contradicted(Judged& judged, const std::string& fault) {
  judged.facts.gates.push_back(ClockWitness::refused_turn(fault, judged.now.wall));
  witness_.found(judged.facts.gates.back().objections.front().finding);
  return finish(judged, RunState::failed, "contradicted",
                "told the date, the model still went by another one: " + fault + "; nothing of that turn was done");
}

RunAction RunMachine::refused_by_guard(Judged& judged, const GateFact& gate) {
  judged.facts.gates.push_back(gate);
  const Objection& why = *refusal(gate.objections);
  const std::string reason =
      why.finding.verdict == Verdict::aligned ? std::string(why.rule) : std::string(to_string(why.finding.verdict));
  return finish(judged, RunState::failed, reason,
                why.finding.detail + "; refused by clocks." + std::string(why.rule) + ": " + gate.subject);
}

}  // namespace nowd
