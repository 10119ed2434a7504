// How a run ends that a person asked to end. `cancelled` says that nothing was done to the world: it is never said of a
// run that made an effect, or may have.
#include "domain/run/run_machine.hpp"

namespace nowd {
namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

RunAction RunMachine::handle(Judged& judged, const Cancelled& event) {
  settle_cut_call(judged, event);
  settle_cut_answer(judged, event);
  const std::string who = "by " + event.by + ": " + event.reason;
  const std::string made = made_.empty() ? "" : "; made before that, and standing: " + listed(made_);
  const auto* call = std::get_if<CallTool>(&decided_);
  if (event.begun && call != nullptr && call->effect != Effect::read)
    return finish(judged, RunState::interrupted, "effect_in_doubt",
                  "stopped " + who + "; " + call->tool +
                      " was under way: it may have happened and is not repeated, see nowd.effects_in_doubt" + made);
  if (const auto* model = std::get_if<AskModel>(&decided_); event.begun && model != nullptr && model->opaque)
    return finish(
        judged, RunState::interrupted, "command_in_doubt",
        "stopped " + who + "; the job's command was under way, and what it did is not visible to nowd" + made);
  if (!made_.empty()) return finish(judged, RunState::aborted_partial, "effects_made", "stopped " + who + made);
  return finish(judged, RunState::cancelled, "cancelled", who);
}

/// The row of a call that was cut says what is known of it.
void RunMachine::settle_cut_call(Judged& judged, const Cancelled& event) {
  const auto* call = std::get_if<CallTool>(&decided_);
  if (call == nullptr && !std::holds_alternative<ReadInput>(decided_)) return;
  const bool effect = call != nullptr && call->effect != Effect::read;
  ToolOutcome outcome;
  outcome.state = effect && event.begun ? CallState::unknown : CallState::failed;
  outcome.error =
      event.begun ? "cut: " + event.by + " stopped the run" : "it did not begin: " + event.by + " stopped the run";
  judged.facts.outcomes.push_back(outcome_fact(call_seq_, outcome, effect ? call->effect : Effect::read));
  calling_.reset();
}

/// A model call that was cut costs what was reserved for it; more, where its provider had told of more by then.
void RunMachine::settle_cut_answer(Judged& judged, const Cancelled& event) {
  const auto* model = std::get_if<AskModel>(&decided_);
  if (model == nullptr || !event.told || !plan_.prices) return keep_reservation();
  const Usd told = cost_of(*plan_.prices, *event.told);
  if (told <= reserved_.value_or(Usd{})) return keep_reservation();
  AnswerFact fact;
  fact.seq = model->seq;
  fact.reply.stop = Stop::cancelled;
  fact.reply.detail = "cut: " + event.by + " stopped the run";
  fact.reply.usage_so_far = event.told;
  fact.usage_estimated = true;
  fact.cost = told;
  used_.usd += told;
  judged.facts.answers.push_back(std::move(fact));
}

}  // namespace nowd
