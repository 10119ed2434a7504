#include "domain/run/run_machine.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "domain/prompt/template.hpp"
#include "domain/run/effects.hpp"
#include "domain/run/ending.hpp"
#include "domain/run/tool_outcome.hpp"

namespace nowd {
namespace {

constexpr std::size_t max_kept_of_bad_answer = 16 * 1024;
constexpr std::size_t max_belief = 100;
constexpr std::string_view unsynchronised = "unsynchronised";  // the word of Clock::sync_state

/// The dates that the model states: with each effect that a turn proposes, or with its JSON output.
std::vector<StatedDate> stated_dates(const RunPlan& plan, const std::vector<ProposedCall>& calls,
                                     const std::string& text, StopAction action) {
  std::vector<StatedDate> out;
  if (plan.job.clocks.model_as_of == ClockRules::Stating::none || plan.job.command) return out;
  if (action == StopAction::commit && plan.job.output.format == OutputRules::Format::json)
    out.push_back(take_stated_date(text));
  if (action == StopAction::run_tools)
    for (const ProposedCall& call : calls)
      if (states_date_with(plan, offered_tool(plan, call.tool))) out.push_back(take_stated_date(call.arguments));
  return out;
}

}  // namespace

RunMachine::RunMachine(RunPlan plan) : plan_(std::move(plan)), spending_(plan_.before) {}

RunStep RunMachine::on(const RunEvent& event, const Reading& now) {
  recorder_.begin_step(now);
  RunAction action = decide(event);
  Facts facts = recorder_.end_step();
  if (plan_.redact) redact_facts(facts, plan_.redact);
  pending_action_ = action;
  return {std::move(facts), std::move(action)};
}

RunAction RunMachine::decide(const RunEvent& event) {
  if (const auto* broken = std::get_if<Broken>(&event)) return end_broken(*broken);
  if (const auto* cancelled = std::get_if<Cancelled>(&event)) return end_cancelled(*cancelled);
  if (const auto* day_spent = std::get_if<DaySpent>(&event)) return end_day_spent(*day_spent);
  switch (phase_) {
    case Phase::starting:
      return start(std::get<Dispatched>(event));
    case Phase::checking_when:
      return accept_when(std::get<InputRead>(event).outcome);
    case Phase::reading_inputs:
      return accept_input(std::get<InputRead>(event).outcome);
    case Phase::probing:
      return accept_probe(std::get<ModelAnswered>(event));
    case Phase::asking:
      return accept_answer(std::get<ModelAnswered>(event));
    case Phase::calling:
      return accept_outcome(std::get<ToolAnswered>(event).outcome);
    case Phase::done:
      break;
  }
  throw std::logic_error("a run that has ended gets no further event");
}

// Before the model is asked.

RunAction RunMachine::start(const Dispatched& event) {
  dispatched_ = event.host;
  recorder_.record_dispatch(event.host);
  if (const auto late = too_late_to_start(plan_, event.host.wall))
    return finish(
        {RunState::cancelled, *late, "it was taken in time, and started too late: " + std::string(to_string(*late))});
  if (!plan_.job.when) return read_next_input();
  Input question;
  question.name = "when";
  std::visit([&](const auto& action) { question.action = action; }, plan_.job.when->action);
  question.timeout = plan_.job.when->timeout;
  return read_input(question, CallSource::when, Phase::checking_when);
}

RunAction RunMachine::read_input(const Input& input, CallSource source, Phase phase) {
  CallFact fact;
  fact.source = source;
  fact.tool = input.name;
  fact.effect = Effect::read;
  phase_ = phase;
  return ReadInput{recorder_.record_call(std::move(fact), true), input};
}

RunAction RunMachine::read_next_input() {
  if (auto end = out_of_time(plan_, recorder_.reading().boot)) return finish(std::move(*end));
  if (next_input_ == plan_.job.inputs.size()) return ask_model();
  return read_input(plan_.job.inputs[next_input_], CallSource::input, Phase::reading_inputs);
}

RunAction RunMachine::accept_when(const ToolOutcome& outcome) {
  const OutcomeFact fact = recorder_.record_outcome(outcome, Effect::read);
  switch (anything_to_do(plan_.job.when->action, outcome)) {
    case Answer::yes:
      return read_next_input();
    case Answer::no:
      return finish({RunState::cancelled, RunReason::nothing_to_do, "there was nothing to do"});
    case Answer::none:
      break;
  }
  return finish({RunState::failed, RunReason::when, fact.error});
}

RunAction RunMachine::accept_input(const ToolOutcome& outcome) {
  const Input& input = plan_.job.inputs.at(next_input_++);
  const OutcomeFact fact = recorder_.record_outcome(outcome, Effect::read);
  witness_.add_data(input.name, true, outcome.data);
  const bool read = outcome.state == CallState::confirmed;
  if (!read && input.required)
    return finish({RunState::failed, RunReason::input, "input " + input.name + ": " + fact.error});
  inputs_[input.name] =
      read ? escape_clock(outcome.result) : "(" + input.name + " could not be read: " + escape_clock(fact.error) + ")";
  if (read && outcome.unredacted) inputs_with_secrets_[input.name] = escape_clock(*outcome.unredacted);
  return read_next_input();
}

std::map<std::string, std::string> RunMachine::inputs_for_tools() const {
  std::map<std::string, std::string> out = inputs_with_secrets_;
  out.insert(inputs_.begin(), inputs_.end());  // does not replace an input that is there
  return out;
}

// Calls of the model, or of the job's command.

RunAction RunMachine::ask_model() {
  if (spending_.model_calls() == 0) {  // the data of the inputs is known before a model is paid for
    const auto stale = object_to_data(plan_.job.clocks, witness_.data(), plan_.time);
    if (stale && stale->response == Response::refuse)
      return end_refused(pass_gates(plan_, witness_, {GateSubject::output, "", recorder_.moment(), "", {}}));
    if (plan_.probe) return call_model(CallPurpose::probe);
  }
  if (auto end = refuse_model_call()) return finish(std::move(*end));
  if (const auto rule = command_refusal(plan_, is_synchronised()))
    return finish({RunState::failed, RunReason::refused, *rule});
  if (plan_.job.command) {
    GateFact gate = pass_gates(plan_, witness_, {GateSubject::command, "", recorder_.moment(), "", {}});
    if (!gate.allowed) return end_refused(std::move(gate));
    recorder_.record_gate(std::move(gate));
  }
  second_chances_.begin_turn();
  conversation_.send_new_messages();
  return call_model(CallPurpose::plan);
}

RunAction RunMachine::call_model(CallPurpose purpose, std::string cause, milliseconds wait) {
  phase_ = purpose == CallPurpose::probe ? Phase::probing : Phase::asking;
  SendingFact sending;
  sending.seq = spending_.begin_model_call(plan_, plan_call());
  sending.provider = plan_.job.provider;
  sending.model = plan_.model;
  sending.purpose = purpose;
  sending.cause = std::move(cause);
  sending.attempt = second_chances_.attempt();
  sending.reserved = spending_.reserved();
  AskModel action;
  action.seq = sending.seq;
  action.probe = purpose == CallPurpose::probe;
  action.turn = spending_.calls_to_provider();
  action.attempt = sending.attempt;
  action.wait = wait;
  if (const auto& command = plan_.job.command) {
    sending.provider = command_provider;
    sending.opaque = action.opaque = command->repeat == CommandAgent::Repeat::once;
    action.idempotency_key = effect_key(plan_, "0");  // tool calls count from 1
  }
  recorder_.record_sending(std::move(sending));
  return action;
}

RunAction RunMachine::call_again(CallAgain chance) {
  if (auto end = refuse_model_call()) return finish(std::move(*end));
  conversation_.repeat_last_message();
  if (chance.cause.empty() && last_stop_) chance.cause = to_string(*last_stop_);
  return call_model(chance.purpose, std::move(chance.cause), chance.wait);
}

std::optional<EndRun> RunMachine::refuse_model_call() const {
  if (auto end = out_of_time(plan_, recorder_.reading().boot)) return end;
  auto why = spending_.refuse_model_call(plan_, plan_call());
  if (!why) return std::nullopt;
  return EndRun{RunState::failed, RunReason::limit, std::move(*why)};
}

std::optional<std::int64_t> RunMachine::max_output_tokens() const {
  return output_bound(plan_.job.limits, spending_.charged(), second_chances_.max_output_tokens(plan_));
}

/// An estimate, made before the request is rendered.
Planned RunMachine::plan_call() const {
  Planned out{conversation_.estimated_tokens() + about_tokens(plan_.job.system), max_output_tokens()};
  if (!conversation_.is_empty()) return out;
  out.input += about_tokens(plan_.job.prompt);
  for (const auto& [unused, text] : inputs_) out.input += about_tokens(text);
  return out;
}

Result<ModelRequest> RunMachine::request(Now now) {
  if (phase_ == Phase::probing) {
    injected_now_.reset();
    return probe_request(plan_);
  }
  if (conversation_.is_empty()) {
    Result<std::string> prompt = render(plan_.job.prompt, TemplateValues{&plan_.time, now, inputs_, {}});
    if (!prompt) return prompt.error();
    conversation_.begin(std::move(*prompt));
  }
  if (conversation_.render_clock(plan_.time, now, spending_.model_calls(),
                                 data_line(witness_.data(), plan_.time.zone))) {
    injected_now_ = now.wall;
    witness_.add_clock_block(now);
  }
  return request_of(plan_, conversation_, max_output_tokens());
}

// Answers of the model.

RunAction RunMachine::accept_probe(const ModelAnswered& answered) {
  witness_.add_exchange(plan_, "");
  StatedDate belief;
  belief.text = answered.reply.text.substr(0, max_belief);
  record_answer(answered, StopAction::commit, {belief});
  return ask_model();  // whatever the model believes: a probe decides nothing
}

RunAction RunMachine::accept_answer(ModelAnswered answered) {
  witness_.add_exchange(plan_, "");
  answered.reply = second_chances_.effective_reply(plan_, answered.reply, conversation_.min_tokens());
  const ModelReply& reply = answered.reply;
  const StopAction action = action_on(plan_, reply);
  last_stop_ = reply.stop;
  std::string text = conversation_.unfinished_text() + reply.text;
  if (action == StopAction::commit && plan_.job.output.format == OutputRules::Format::json && !plan_.job.command)
    text = without_fence(text);
  const std::vector<StatedDate> stated = stated_dates(plan_, reply.calls, text, action);
  record_answer(answered, action, stated);
  if (action != StopAction::commit && action != StopAction::run_tools) return take_second_chance(answered, action);

  auto fault = witness_.fault_in_dates(plan_, stated);
  if (fault && date_corrected_) return end_contradicted(*fault);
  if (fault) {
    date_corrected_ = true;
    recorder_.record_gate(refused_turn(*fault, recorder_.reading().wall));
  }
  if (action == StopAction::run_tools) {
    second_chances_.begin_turn();
    second_chances_.end_resuming();
    conversation_.add_reply(reply, spending_.model_calls());
    turn_.begin(reply.calls, std::move(fault));
    return serve_turn();
  }
  if (!fault) return succeed(stated.empty() ? text : stated.back().rest);
  send_back(*fault + ". Answer again, whole, for this date.");
  return ask_model();
}

void RunMachine::record_answer(const ModelAnswered& answered, StopAction action,
                               const std::vector<StatedDate>& stated) {
  const int seq = spending_.model_calls();
  AnswerFact fact{seq,
                  answered.reply,
                  answered.times,
                  injected_now_,
                  last_stated(stated),
                  answered.remote,
                  answered.http_status,
                  answered.request_sha256,
                  action};
  fact.notes = answered.notes;
  spending_.charge_answer(plan_, fact);
  recorder_.record_answer(std::move(fact));
  recorder_.record_body(BodyPart::request, seq, conversation_.store_request(plan_));
  recorder_.record_body(BodyPart::response, seq, response_text(answered.reply));
  if (action != StopAction::commit && action != StopAction::run_tools && action != StopAction::resume)
    recorder_.last_body().content += "\n\n" + answered.raw.substr(0, max_kept_of_bad_answer);
}

/// The answer goes back to the model with the reason why nowd does not accept it.
void RunMachine::send_back(const std::string& fault) {
  conversation_.add_reply(recorder_.last_reply(), spending_.model_calls());
  conversation_.add_user_message("Not accepted: " + escape_clock(fault));
  second_chances_.end_resuming();
}

RunAction RunMachine::take_second_chance(const ModelAnswered& answered, StopAction action) {
  const bool has_acted = effects_.may_have_acted;
  const ChanceInputs inputs{effects_.confirmed,
                            {has_acted, spending_.has_model_calls_left(plan_.job.limits)},
                            next_provider_ < plan_.next.size() && !has_acted,
                            conversation_.messages().size() <= 1,
                            recorder_.reading().wall};
  SecondChance chance = second_chances_.after_answer(plan_, answered, action, inputs);
  if (auto* again = std::get_if<CallAgain>(&chance)) {
    if (again->purpose == CallPurpose::resume)
      conversation_.add_unfinished_reply(answered.reply, spending_.model_calls());
    if (again->purpose == CallPurpose::nudge) conversation_.add_user_message(std::string(nudge_text()));
    return call_again(std::move(*again));
  }
  if (const auto* other = std::get_if<FailOver>(&chance)) return fail_over(other->cause);
  if (const auto* deferral = std::get_if<DeferRun>(&chance)) return defer(*deferral, answered.reply.stop);
  return end_stopped(answered.reply, std::get<NoChance>(chance).detail);
}

/// A provider with its own prompt begins a new conversation; else the conversation continues, and the new provider
/// ignores parts that only the other one can read (Carried).
RunAction RunMachine::fail_over(const std::string& cause) {
  const std::string from = plan_.job.provider;
  const NextProvider& next = plan_.next.at(next_provider_++);
  plan_.job.provider = next.provider;
  plan_.model = next.model;
  plan_.params = next.params;
  plan_.prices = next.prices;
  plan_.word = next.word;
  plan_.remotes = next.remotes;
  spending_.change_provider();
  if (plan_.job.prompt != next.prompt || conversation_.is_empty()) {
    plan_.job.prompt = next.prompt;
    conversation_.clear();
    effects_.calls.clear();
  }
  conversation_.store_from_beginning();
  if (auto end = refuse_model_call()) return finish(std::move(*end));
  conversation_.send_new_messages();
  return call_model(CallPurpose::plan, "instead of " + from + ": " + cause);
}

// Tool calls.

RunParts RunMachine::parts() {
  return {plan_, recorder_, conversation_, spending_, effects_, witness_, is_synchronised()};
}

RunAction RunMachine::serve_turn() {
  TurnStep step = turn_.next_step(parts());
  if (auto* call = std::get_if<CallTool>(&step)) {
    phase_ = Phase::calling;
    return std::move(*call);
  }
  if (auto* end = std::get_if<EndRun>(&step)) return finish(std::move(*end));
  if (auto* refused = std::get_if<RefusedByGate>(&step)) return end_refused(std::move(refused->gate));
  return ask_model();
}

RunAction RunMachine::accept_outcome(const ToolOutcome& outcome) {
  const Effect effect = std::get<CallTool>(pending_action_).effect;
  if (auto end = turn_.accept_outcome(parts(), effect, outcome)) return finish(std::move(*end));
  return serve_turn();
}

bool RunMachine::is_synchronised() const { return dispatched_.source != unsynchronised; }

}  // namespace nowd
