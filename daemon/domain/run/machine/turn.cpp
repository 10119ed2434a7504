#include "domain/run/machine/turn.hpp"

#include <nlohmann/json.hpp>

#include "domain/run/ending.hpp"

namespace nowd {
namespace {

/// All texts in the arguments of an effect: the words that would leave.
std::string texts_in(const Json& value) {
  if (value.is_string()) return value.get<std::string>() + "\n";
  std::string out;
  if (value.is_structured())
    for (const Json& each : value) out += texts_in(each);
  return out;
}

CallFact call_fact(const RunParts& run, const ProposedCall& call, const OfferedTool* tool) {
  CallFact fact;
  fact.inference_seq = run.spending.model_calls();
  fact.call_id = call.id;
  fact.tool = call.tool;
  fact.effect = tool == nullptr ? Effect::read : tool->effect;
  return fact;
}

std::string next_key(const RunParts& run) { return effect_key(run.plan, std::to_string(run.spending.tool_calls())); }

void refuse_call(const RunParts& run, const ProposedCall& call, const OfferedTool* tool, const std::string& why) {
  CallFact fact = call_fact(run, call, tool);
  fact.arguments = call.arguments;
  fact.error = why;
  const int seq = run.recorder.record_call(std::move(fact));
  // A person asked for a run that may only read: its effects are withheld, which is no failure of them.
  const bool withheld = tool != nullptr && tool->effect != Effect::read && !run.plan.effects;
  if (tool != nullptr)
    run.effects.add_call(*tool, seq, withheld ? CalledTool::End::withheld : CalledTool::End::failed, "refused: " + why);
  run.conversation.answer_call(call, "refused, nothing was done: " + why);
}

void show_call(const RunParts& run, const ProposedCall& call, const OfferedTool& tool, const Json& arguments) {
  CallFact fact = call_fact(run, call, &tool);
  fact.shown = true;
  fact.arguments = dump_json(arguments);
  fact.idempotency_key = next_key(run);
  const int seq = run.recorder.record_call(std::move(fact));
  run.effects.add_call(tool, seq, CalledTool::End::withheld);
  run.conversation.answer_call(call,
                               "this is a dry run: " + call.tool + " was not called; go on as if it had succeeded");
}

CallTool begin_call(const RunParts& run, const ProposedCall& call, const OfferedTool& tool, const Json& arguments) {
  CallFact fact = call_fact(run, call, &tool);
  fact.arguments = dump_json(arguments);
  fact.idempotency_key = next_key(run);
  CallTool action{0, call.tool, arguments, tool.effect, fact.idempotency_key};
  action.seq = run.recorder.record_call(std::move(fact), true);
  return action;
}

}  // namespace

const OfferedTool* offered_tool(const RunPlan& plan, const std::string& name) {
  for (const OfferedTool& tool : plan.tools)
    if (tool.offer.name == name) return &tool;
  return nullptr;
}

bool states_date_with(const RunPlan& plan, const OfferedTool* tool) {
  return plan.job.clocks.model_as_of != ClockRules::Stating::none && tool != nullptr && tool->effect != Effect::read;
}

std::optional<EndRun> out_of_time(const RunPlan& plan, Tick now) {
  if (remaining_time(plan, now) > milliseconds{0}) return std::nullopt;
  return EndRun{RunState::failed, RunReason::limit,
                "limits.wall: " + human(plan.time.wall_limit) + " have passed since dispatch"};
}

/// The call that is served, with the tool of its name; null = no such tool.
struct Turn::Candidate {
  const ProposedCall& call;
  const OfferedTool* tool;
};

void Turn::begin(const std::vector<ProposedCall>& calls, std::optional<std::string> date_fault) {
  proposed_.assign(calls.begin(), calls.end());
  date_fault_ = std::move(date_fault);
}

TurnStep Turn::next_step(const RunParts& run) {
  const Limits& limits = run.plan.job.limits;
  for (; !proposed_.empty(); proposed_.pop_front()) {
    const Tick now = run.recorder.reading().boot;
    if (auto end = out_of_time(run.plan, now)) return std::move(*end);
    if (!run.spending.begin_tool_call(limits))
      return EndRun{
          RunState::failed, RunReason::limit,
          "limits.tool_calls: all " + std::to_string(limits.tool_calls) + " are used and the model wants more"};
    const ProposedCall& call = proposed_.front();
    const OfferedTool* tool = offered_tool(run.plan, call.tool);
    const Result<Json> arguments = arguments_of(run, {call, tool});
    if (!arguments) {
      refuse_call(run, call, tool, arguments.error().message);
      continue;
    }
    if (const auto late = no_time_for(*tool, remaining_time(run.plan, now), limits.wall)) {
      refuse_call(run, call, tool, *late);
      continue;
    }
    if (tool->effect != Effect::read) {
      GateFact gate = pass_gates_with(run, {call, tool}, *arguments);
      if (const Objection* objection = refusal(gate.objections)) {
        refuse_call(run, call, tool, objection->finding.detail);
        if (!may_try_again(*objection)) return RefusedByGate{std::move(gate)};
        run.recorder.record_gate(std::move(gate));
        continue;
      }
      run.recorder.record_gate(std::move(gate));
      if (run.plan.dry_run) {
        show_call(run, call, *tool, *arguments);
        continue;
      }
    }
    return begin_call(run, call, *tool, *arguments);
  }
  return TurnServed{};
}

/// The arguments as the tool gets them; or why the call is refused, before any gate is asked.
Result<Json> Turn::arguments_of(const RunParts& run, const Candidate& candidate) const {
  const auto& [call, tool] = candidate;
  if (const auto rule = call_refusal(run.plan, call, tool, run.synchronised)) return refused(*rule);
  const Now now = run.recorder.moment();
  if (!states_date_with(run.plan, tool)) return run.plan.arguments(call.tool, call.arguments, now);
  if (date_fault_) return refused(*date_fault_ + "; ask again, with this date");
  return run.plan.arguments(call.tool, take_stated_date(call.arguments).rest, now);
}

GateFact Turn::pass_gates_with(const RunParts& run, const Candidate& candidate, const Json& arguments) const {
  const auto& [call, tool] = candidate;
  GateFact gate = pass_gates(
      run.plan, run.witness,
      {GateSubject::effect, call.tool, run.recorder.moment(), texts_in(arguments), run.conversation.shown_texts()});
  gate.call_seq = run.recorder.last_call() + 1;
  if (const auto stated = take_stated_date(call.arguments); stated.text) gate.evidence["stated"] = *stated.text;
  return gate;
}

/// The model can write a text again, and it gets a fresh clock block: the latter once per run.
bool Turn::may_try_again(const Objection& objection) {
  if (objection.rule == GateRule::lint) return true;
  if (objection.rule != GateRule::fresh || asked_for_fresh_clock_) return false;
  return asked_for_fresh_clock_ = true;
}

std::optional<EndRun> Turn::accept_outcome(const RunParts& run, Effect effect, const ToolOutcome& outcome) {
  const ProposedCall call = proposed_.front();
  proposed_.pop_front();
  const OutcomeFact fact = run.recorder.record_outcome(outcome, effect);
  run.witness.add_data(call.tool, false, outcome.data);
  run.witness.add_exchange(run.plan, call.tool);
  const bool confirmed = outcome.state == CallState::confirmed;
  if (effect != Effect::read) run.effects.add_effect(call.tool, fact.seq, outcome);
  if (const OfferedTool* tool = offered_tool(run.plan, call.tool))
    run.effects.add_call(*tool, fact.seq, confirmed ? CalledTool::End::confirmed : CalledTool::End::failed, fact.error);
  if (effect != Effect::read && outcome.state == CallState::unknown)
    return EndRun{RunState::interrupted, RunReason::effect_in_doubt,
                  call.tool + " may have happened and is not repeated: " + fact.error + "; see nowd.effects_in_doubt"};
  run.conversation.answer_call_with_result(call, fact.seq, confirmed ? "" : "error: ", outcome.result);
  return std::nullopt;
}

}  // namespace nowd
