// The ends of a run: success, a refusal, a cancel, a failure inside nowd, a spent budget.
#include "domain/run/effects.hpp"
#include "domain/run/ending.hpp"
#include "domain/run/run_machine.hpp"
#include "foundation/text/words.hpp"

namespace nowd {

RunAction RunMachine::succeed(const std::string& text) {
  if (const auto fault = fault_in_calls(effects_.calls, plan_.job.output.must_call))
    return finish({RunState::failed, reason_of(fault->reason), fault->detail});
  if (const auto fault = plan_.output_fault(text)) {
    // A command is not started a second time for its output.
    const bool last_call = spending_.model_calls() >= plan_.job.limits.model_calls;
    auto again = last_call || plan_.job.command ? std::nullopt : second_chances_.after_output_fault(*fault);
    if (!again) return finish({RunState::failed, RunReason::output, *fault});
    send_back(*fault + ". Answer again, whole.");
    return call_again(std::move(*again));
  }
  GateFact gate =
      pass_gates(plan_, witness_, {GateSubject::output, "", recorder_.moment(), text, conversation_.shown_texts()});
  if (!gate.allowed) return end_refused(std::move(gate));
  if (plan_.delivers_output() || !gate.objections.empty()) recorder_.record_gate(std::move(gate));
  // The ledger keeps a text once.
  if (recorder_.last_reply().text == text) recorder_.last_body().content = response_that_is_the_output();
  recorder_.record_body(BodyPart::output, 0, text);
  RunAction action = finish({RunState::succeeded, RunReason::none, ""});
  EndFact& end = recorder_.end();
  end.deliveries = deliveries_of(plan_, text, end);
  if (plan_.dry_run) return action;
  end.followers = plan_.followers;
  end.closes_alerts_of = plan_.job.name;
  return action;
}

RunAction RunMachine::defer(const DeferRun& deferral, Stop stop) {
  const BeforeDeferral before{effects_.may_have_acted, spending_.has_model_calls_left(plan_.job.limits)};
  const std::string detail = deferral.detail + "; not before " + rfc3339(deferral.not_before);
  if (const auto why = cannot_defer(plan_, before, deferral.not_before))
    return finish({RunState::failed, RunReason::deferred, detail + "; it is not deferred: " + *why});
  RunAction action = finish({RunState::suspended, RunReason::deferred, detail});
  EndFact& end = recorder_.end();
  end.not_before = deferral.not_before;
  if (!deferral.nothing_was_sent) return action;
  if (deferral.is_rate_limit) end.trouble.reset();
  if (end.trouble) end.trouble->reason = to_string(stop);  // as for a call that was made and failed
  return action;
}

RunAction RunMachine::end_stopped(const ModelReply& reply, const std::string& also) {
  const bool command = plan_.job.command.has_value();
  std::string detail = stopped_detail(reply, command);
  if (!also.empty()) detail += "; " + also;
  if (reply.stop == Stop::unknown && !command) detail += "; " + remedy_for_unknown(plan_);
  return finish({RunState::failed, stopped_reason(reply.stop, command), std::move(detail)});
}

RunAction RunMachine::end_contradicted(const std::string& fault) {
  GateFact gate = refused_turn(fault, recorder_.reading().wall);
  witness_.add_finding(gate.objections.front().finding);
  recorder_.record_gate(std::move(gate));
  return finish({RunState::failed, RunReason::contradicted,
                 "the model had the date and still used another one: " + fault + "; nothing of that turn was done"});
}

/// Requires: an objection of the gate refuses.
RunAction RunMachine::end_refused(GateFact gate) {
  const Objection objection = *refusal(gate.objections);
  const Verdict verdict = objection.finding.verdict;
  const std::string rule(to_string(objection.rule));
  const std::string subject(to_string(gate.subject));
  recorder_.record_gate(std::move(gate));
  return finish({RunState::failed, verdict == Verdict::aligned ? reason_of(objection.rule) : reason_of(verdict),
                 objection.finding.detail + "; refused by clocks." + rule + ": " + subject});
}

RunAction RunMachine::end_broken(const Broken& event) {
  if (event.begun && std::holds_alternative<AskModel>(pending_action_)) spending_.charge_reservation();
  const auto* call = std::get_if<CallTool>(&pending_action_);
  const bool in_doubt = event.in_doubt || (event.begun && call != nullptr && call->effect != Effect::read);
  return finish({in_doubt ? RunState::interrupted : RunState::failed, event.reason, event.detail});
}

/// The state `cancelled` promises that the run changed nothing: a run that made an effect, or may have, never gets it.
RunAction RunMachine::end_cancelled(const Cancelled& event) {
  settle_cancelled_call(event);
  charge_cancelled_call(event);
  const std::string who = "by " + event.by + ": " + event.reason;
  const std::string made =
      effects_.confirmed.empty() ? "" : "; made before that, and standing: " + joined(effects_.confirmed, ", ");
  const auto* call = std::get_if<CallTool>(&pending_action_);
  if (event.begun && call != nullptr && call->effect != Effect::read)
    return finish({RunState::interrupted, RunReason::effect_in_doubt,
                   "stopped " + who + "; " + call->tool +
                       " was under way: it may have happened and is not repeated, see nowd.effects_in_doubt" + made});
  if (const auto* model = std::get_if<AskModel>(&pending_action_); event.begun && model != nullptr && model->opaque)
    return finish({RunState::interrupted, RunReason::command_in_doubt,
                   "stopped " + who + "; the job's command was under way, and nowd cannot see its effects" + made});
  if (!effects_.confirmed.empty())
    return finish({RunState::aborted_partial, RunReason::effects_made, "stopped " + who + made});
  return finish({RunState::cancelled, RunReason::cancelled, who});
}

void RunMachine::settle_cancelled_call(const Cancelled& event) {
  const auto* call = std::get_if<CallTool>(&pending_action_);
  if (call == nullptr && !std::holds_alternative<ReadInput>(pending_action_)) return;
  const Effect effect = call == nullptr ? Effect::read : call->effect;
  ToolOutcome outcome;
  outcome.state = effect != Effect::read && event.begun ? CallState::unknown : CallState::failed;
  outcome.error =
      event.begun ? "cut: " + event.by + " stopped the run" : "it did not begin: " + event.by + " stopped the run";
  recorder_.record_cancelled_call(outcome, effect);
}

/// A cancelled model call costs its reservation, or more where its provider had reported more by then.
void RunMachine::charge_cancelled_call(const Cancelled& event) {
  const auto* model = std::get_if<AskModel>(&pending_action_);
  if (model == nullptr) return;
  const auto cost = event.reported ? spending_.charge_reported(plan_, *event.reported) : std::nullopt;
  if (!cost) return spending_.charge_reservation();
  AnswerFact fact;
  fact.seq = model->seq;
  fact.reply.stop = Stop::cancelled;
  fact.reply.detail = "cut: " + event.by + " stopped the run";
  fact.reply.usage_so_far = event.reported;
  fact.usage_estimated = true;
  fact.cost = cost;
  recorder_.record_answer(std::move(fact));
}

RunAction RunMachine::end_day_spent(const DaySpent& event) {
  const Usd limit = plan_.job.limits.usd_per_day.value_or(event.usd);
  ModelAnswered not_asked;
  not_asked.reply.stop = Stop::budget_exceeded;
  not_asked.reply.detail = "limits.usd_per_day leaves no room; nothing was sent";
  injected_now_.reset();
  last_stop_ = Stop::budget_exceeded;
  record_answer(not_asked, StopAction::fail, {});
  return finish({RunState::failed, RunReason::limit,
                 "limits.usd_per_day: with this call the job's runs of today would come to " + to_string(event.usd) +
                     " of " + to_string(limit) + "; nothing was sent"});
}

RunAction RunMachine::finish(EndRun why) {
  phase_ = Phase::done;
  EndFact end;
  end.state = why.state;
  end.reason = why.reason;
  end.detail = std::move(why.detail);
  end.ended = recorder_.reading();
  end.duration = end.ended.boot - dispatched_.boot;
  end.stop = last_stop_;
  end.findings = findings({plan_.time, plan_.job.missed.grace, is_synchronised(), effects_.first_effect,
                           plan_.job.command && spending_.model_calls() > 0, witness_.findings()});
  end.model_calls = spending_.model_calls();
  end.tool_calls = spending_.tool_calls();
  end.input_tokens = spending_.reported_usage().input;
  end.output_tokens = spending_.reported_usage().output;
  if (plan_.prices) end.cost = spending_.cost();
  end.provider = plan_.job.provider;
  end.trouble = trouble_of(plan_, end);
  const RunState state = end.state;
  recorder_.record_end(std::move(end));
  return Finish{state};
}

}  // namespace nowd
