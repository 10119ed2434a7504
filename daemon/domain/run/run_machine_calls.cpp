// The calls of a turn, one after the other: refused, or guarded and made.
#include <nlohmann/json.hpp>

#include "domain/run/effects.hpp"
#include "domain/run/ending.hpp"
#include "domain/run/run_machine.hpp"
#include "domain/run/transcript.hpp"

namespace nowd {
RunAction RunMachine::next_call(Judged& judged) {
  while (!proposed_.empty()) {
    if (remaining(judged.now.boot) == milliseconds{0}) return out_of_time(judged);
    const ProposedCall& call = proposed_.front();
    if (++tool_calls_ + plan_.before.tool_calls > plan_.job.limits.tool_calls) {
      --tool_calls_;
      return finish(judged, RunState::failed, "limit",
                    "limits.tool_calls: all " + std::to_string(plan_.job.limits.tool_calls) +
                        " are used and the model wants more");
    }
    const OfferedTool* tool = offered(call.tool);
    const Result<Json> arguments = arguments_of(call, tool, {judged.now.wall, judged.now.boot});
    if (!arguments) {
      refuse(judged, call, tool, arguments.error().message);
      continue;
    }
    if (const auto late = no_time_for(*tool, remaining(judged.now.boot), plan_.job.limits.wall)) {
      refuse(judged, call, tool, *late);
      continue;
    }
    if (tool->effect != Effect::read) {
      const GateFact gate = pass_guard(judged, call, *arguments);
      if (!gate.allowed) {
        const Objection& why = *refusal(gate.objections);
        refuse(judged, call, tool, why.finding.detail);
        if (!may_mend(why)) return refused_by_guard(judged, gate);
        judged.facts.gates.push_back(gate);
        continue;
      }
      judged.facts.gates.push_back(gate);
    }
    if (plan_.dry_run && tool->effect != Effect::read) {
      show(judged, call, *tool, *arguments);
      continue;
    }
    CallFact fact = call_fact(call, tool);
    fact.arguments = dump_json(*arguments);
    fact.idempotency_key = effect_key(plan_, std::to_string(tool_calls_));
    fact.intent_at = judged.now.wall;
    judged.facts.calls.push_back(fact);
    note(judged, "tool", "intent:" + std::to_string(fact.seq), judged.now);
    calling_ = tool->effect;
    return CallTool{fact.seq, call.tool, *arguments, tool->effect, fact.idempotency_key};
  }
  return ask(judged);
}

/// As the tool gets them, or why the call is refused before any clock is looked at.
Result<Json> RunMachine::arguments_of(const ProposedCall& call, const OfferedTool* tool, Now now) const {
  if (const auto rule = call_refusal(plan_, call, tool, synchronised())) return refused(*rule);
  if (!states_date_with(call)) return plan_.arguments(call.tool, call.arguments, now);
  if (turn_fault_) return refused(*turn_fault_ + "; ask again, with this date");
  return plan_.arguments(call.tool, take_stated_date(call.arguments).rest, now);
}

bool RunMachine::states_date_with(const ProposedCall& call) const {
  const OfferedTool* tool = offered(call.tool);
  return plan_.job.clocks.model_as_of != ClockRules::Stating::none && tool != nullptr && tool->effect != Effect::read;
}

RunAction RunMachine::handle(Judged& judged, const ToolAnswered& event) {
  const ProposedCall call = proposed_.front();
  proposed_.pop_front();
  const OutcomeFact fact = settle(judged, call_seq_, event.outcome);
  const bool effect = calling_.value_or(Effect::irreversible) != Effect::read;
  calling_.reset();
  witness_.read(call.tool, false, event.outcome.data);
  witness_.exchanged(plan_, call.tool);
  acted_ = acted_ || (effect && effect_may_have_happened(event.outcome.state, event.outcome.started.has_value()));
  if (effect && event.outcome.started && !effect_at_) effect_at_ = event.outcome.started->wall;
  if (effect && event.outcome.state == CallState::confirmed)
    made_.push_back(call.tool + " (call " + std::to_string(call_seq_) + ")");
  const bool confirmed = event.outcome.state == CallState::confirmed;
  if (const OfferedTool* tool = offered(call.tool))
    called(*tool, confirmed ? CalledTool::End::confirmed : CalledTool::End::failed, fact.error);
  if (effect && event.outcome.state == CallState::unknown)
    return finish(judged, RunState::interrupted, "effect_in_doubt",
                  call.tool + " may have happened and is not repeated: " + fact.error + "; see nowd.effects_in_doubt");
  const std::string before = confirmed ? "" : "error: ";
  answer_call(call, before + event.outcome.result);
  refer_to_result(answers_.back(), fact.seq, before, event.outcome.result);
  return next_call(judged);
}

const OfferedTool* RunMachine::offered(const std::string& name) const {
  for (const OfferedTool& tool : plan_.tools)
    if (tool.offer.name == name) return &tool;
  return nullptr;
}

CallFact RunMachine::call_fact(const ProposedCall& call, const OfferedTool* tool) {
  CallFact fact;
  fact.seq = ++call_seq_;
  fact.inference_seq = model_calls_;
  fact.call_id = call.id;
  fact.tool = call.tool;
  fact.effect = tool == nullptr ? Effect::read : tool->effect;
  return fact;
}

void RunMachine::show(Judged& judged, const ProposedCall& call, const OfferedTool& tool, const Json& arguments) {
  CallFact fact = call_fact(call, &tool);
  fact.shown = true;
  fact.arguments = dump_json(arguments);
  fact.idempotency_key = effect_key(plan_, std::to_string(tool_calls_));
  judged.facts.calls.push_back(std::move(fact));
  called(tool, CalledTool::End::withheld);
  answer_call(call, "this is a dry run: " + call.tool + " was not called; go on as if it had succeeded");
  proposed_.pop_front();
}

void RunMachine::refuse(Judged& judged, const ProposedCall& call, const OfferedTool* tool, const std::string& why) {
  CallFact fact = call_fact(call, tool);
  fact.arguments = call.arguments;
  fact.error = why;
  judged.facts.calls.push_back(std::move(fact));
  // A run that may only read was asked for as such: its effects are held back, which is no failure of theirs.
  const bool withheld = tool != nullptr && tool->effect != Effect::read && !plan_.effects;
  if (tool != nullptr) called(*tool, withheld ? CalledTool::End::withheld : CalledTool::End::failed, "refused: " + why);
  answer_call(call, "refused, nothing was done: " + why);
  proposed_.pop_front();
}

void RunMachine::called(const OfferedTool& tool, CalledTool::End end, std::string words) {
  const bool may_fail = tool.effect == Effect::read || tool.on_error == OnError::tell;
  called_.push_back({tool.offer.name, call_seq_, may_fail, end, std::move(words)});
}

void RunMachine::answer_call(const ProposedCall& call, const std::string& text) {
  answers_.push_back({.role = Message::Role::tool, .text = escape_clock(text), .call_id = call.id, .tool = call.tool});
}

}  // namespace nowd
