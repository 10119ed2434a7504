#include "domain/run/run_machine.hpp"

#include <algorithm>

#include "domain/model/messages.hpp"
#include "domain/run/effects.hpp"
#include "domain/run/ending.hpp"
#include "domain/run/facts.hpp"
#include "domain/run/tool_outcome.hpp"
#include "domain/run/transcript.hpp"

namespace nowd {
namespace {

constexpr std::size_t kept_of_a_bad_answer = 16 * 1024;
constexpr std::size_t max_belief = 100;
constexpr std::string_view unsynchronised = "unsynchronised";  // as Clock::sync_state names it

std::string seq_point(const char* point, int seq) { return point + (":" + std::to_string(seq)); }

}  // namespace

RunMachine::RunMachine(RunPlan plan) : plan_(std::move(plan)), used_(plan_.before.spent) {}

RunStep RunMachine::on(RunEvent event, const Reading& now) {
  Judged judged{now, {}};
  RunAction action = std::visit([&](const auto& what) { return handle(judged, what); }, event);
  if (plan_.redact) redact_facts(judged.facts, plan_.redact);
  decided_ = action;
  return {std::move(judged.facts), std::move(action)};
}

milliseconds RunMachine::remaining(Tick now) const {
  const auto left = plan_.time.dispatched_tick + plan_.time.wall_limit - now;
  return std::max(milliseconds{0}, std::chrono::floor<milliseconds>(left));
}

RunAction RunMachine::handle(Judged& judged, const Dispatched& event) {
  dispatched_ = event.host;
  judged.facts.dispatch = DispatchFact{event.host};
  note(judged, "scheduled", "scheduled", plan_.time.scheduled_at, "schedule", nanoseconds{0});
  note(judged, "dispatch", "database", event.database, "database", std::nullopt);
  note(judged, "dispatch", "start", event.host);
  if (const auto late = too_late_to_start(plan_, event.host.wall))
    return finish(judged, RunState::cancelled, *late, "it was taken in time, and started too late: " + *late);
  return plan_.job.when ? ask_when(judged) : next_input(judged);
}

RunAction RunMachine::ask_when(Judged& judged) {
  asking_when_ = true;
  Input question;
  question.name = "when";
  std::visit([&](const auto& action) { question.action = action; }, plan_.job.when->action);
  question.timeout = plan_.job.when->timeout;
  return read(judged, question, "when");
}

RunAction RunMachine::read(Judged& judged, const Input& input, std::string source) {
  CallFact fact;
  fact.seq = ++call_seq_;
  fact.source = std::move(source);
  fact.tool = input.name;
  fact.effect = Effect::read;
  fact.intent_at = judged.now.wall;
  judged.facts.calls.push_back(fact);
  note(judged, "tool", seq_point("intent", fact.seq), judged.now);
  return ReadInput{fact.seq, input};
}

RunAction RunMachine::next_input(Judged& judged) {
  if (remaining(judged.now.boot) == milliseconds{0}) return out_of_time(judged);
  if (next_input_ == plan_.job.inputs.size()) return ask(judged);
  return read(judged, plan_.job.inputs[next_input_], "input");
}

RunAction RunMachine::handle(Judged& judged, const InputRead& event) {
  if (asking_when_) {
    asking_when_ = false;
    const OutcomeFact fact = settle(judged, call_seq_, event.outcome);
    switch (anything_to_do(plan_.job.when->action, event.outcome)) {
      case Answer::yes:
        return next_input(judged);
      case Answer::no:
        return finish(judged, RunState::cancelled, std::string(nothing_to_do), "there was nothing to do");
      case Answer::none:
        return finish(judged, RunState::failed, "when", fact.error);
    }
  }
  const Input& input = plan_.job.inputs.at(next_input_++);
  const OutcomeFact fact = settle(judged, call_seq_, event.outcome);
  witness_.read(input.name, true, event.outcome.data);
  const bool read = event.outcome.state == CallState::confirmed;
  if (!read && input.required)
    return finish(judged, RunState::failed, "input", "input " + input.name + ": " + fact.error);
  inputs_[input.name] = read ? escape_clock(event.outcome.result)
                             : "(" + input.name + " could not be read: " + escape_clock(fact.error) + ")";
  if (read && event.outcome.unredacted) with_secrets_[input.name] = escape_clock(*event.outcome.unredacted);
  return next_input(judged);
}

std::map<std::string, std::string> RunMachine::inputs_for_tools() const {
  std::map<std::string, std::string> out = with_secrets_;
  out.insert(inputs_.begin(), inputs_.end());  // keeps what is there
  return out;
}

RunAction RunMachine::ask(Judged& judged) {
  if (model_calls_ == 0) {  // what was read is known before a model is paid for
    if (const auto stale = object_to_data(plan_.job.clocks, witness_.data(), plan_.time);
        stale && stale->response == Response::refuse)
      return refused_by_guard(judged, witness_.decide(plan_, "output", "", {judged.now.wall, judged.now.boot}, {}));
    if (plan_.probe) return probe(judged);
  }
  if (const auto end = spent(judged)) return *end;
  if (const auto rule = command_refusal(plan_, synchronised()))
    return finish(judged, RunState::failed, "refused", *rule);
  if (plan_.job.command) {
    const GateFact gate = witness_.decide(plan_, "command", "", {judged.now.wall, judged.now.boot}, {});
    if (!gate.allowed) return refused_by_guard(judged, gate);
    judged.facts.gates.push_back(gate);
  }
  attempt_ = 1;
  again_ = false;
  return send(judged, "plan");
}

/// Before each call, whatever it is for.
std::optional<RunAction> RunMachine::spent(Judged& judged) {
  if (remaining(judged.now.boot) == milliseconds{0}) return out_of_time(judged);
  if (calls_made() >= plan_.job.limits.model_calls)
    return finish(judged, RunState::failed, "limit",
                  "limits.model_calls: all " + std::to_string(plan_.job.limits.model_calls) + " are used" +
                      (plan_.before.model_calls > 0
                           ? ", " + std::to_string(plan_.before.model_calls) + " of them by earlier attempts,"
                           : "") +
                      " and the model is not done");
  if (plan_.job.command) return std::nullopt;
  const Planned next = planned();
  if (const auto why = exhausted(plan_.job.limits, used_, next, reservation(plan_.prices, next)))
    return finish(judged, RunState::failed, "limit", *why);
  return std::nullopt;
}

/// A separate call without the clock block and without tools: what the model believes when nobody tells it.
RunAction RunMachine::probe(Judged& judged) {
  probing_ = true;
  return send(judged, "probe");
}

RunAction RunMachine::send(Judged& judged, std::string purpose, std::string cause) {
  const int seq = ++model_calls_;
  SendingFact sending;
  sending.seq = seq;
  sending.provider = plan_.job.provider;
  sending.model = plan_.model;
  sending.purpose = std::move(purpose);
  sending.cause = std::move(cause);
  sending.attempt = attempt_;
  planned_ = planned();
  sending.reserved = reserved_ = plan_.job.command ? std::nullopt : reservation(plan_.prices, planned_);
  AskModel action;
  action.seq = seq;
  action.probe = probing_;
  action.turn = seq - calls_of_others_;
  action.attempt = attempt_;
  if (const auto& command = plan_.job.command) {
    sending.provider = command_provider;
    sending.opaque = action.opaque = command->repeat == CommandAgent::Repeat::once;
    action.idempotency_key = effect_key(plan_, "0");  // tool calls count from 1
  }
  judged.facts.sending.push_back(std::move(sending));
  return action;
}

RunAction RunMachine::handle(Judged& judged, const ModelAnswered& event) {
  const ModelReply& reply = event.reply;
  witness_.exchanged(plan_, "");
  if (probing_) {
    StatedDate belief;
    belief.text = reply.text.substr(0, max_belief);
    record(judged, event, StopAction::commit, {belief});
    probing_ = false;  // whatever came of it: a probe decides nothing
    return ask(judged);
  }
  ModelAnswered judged_as = event;
  judged_as.reply = seen(event.reply);
  const StopAction action = action_on(plan_, judged_as.reply);
  last_stop_ = judged_as.reply.stop;
  ModelReply whole = judged_as.reply;
  whole.text.insert(0, resumed_text_);
  const bool json = plan_.job.output.format == OutputRules::Format::json && !plan_.job.command;
  if (json && action == StopAction::commit) whole.text = without_fence(whole.text);
  const std::vector<StatedDate> stated = stated_by(whole, action);
  record(judged, judged_as, action, stated);
  judged_as.reply.text = std::move(whole.text);
  return decide(judged, judged_as, action, stated);
}

/// A call that was cut may have been answered all the same: it costs what was reserved.
void RunMachine::keep_reservation() {
  if (std::holds_alternative<AskModel>(decided_)) used_.usd += reserved_.value_or(Usd{});
}

/// Usage that did not arrive is what was reserved, or more if more was told; of a whole answer, what it holds.
void RunMachine::count(AnswerFact& fact) {
  const auto& usage = fact.reply.usage;
  if (usage) {
    counted_.input += usage->input;
    counted_.output += usage->output;
  }
  if (plan_.job.command) return;
  const bool billed = fact.times.sent && fact.http_status < 400 && !fact.reply.no_answer;  // an error is not
  fact.usage_estimated = !usage && billed && (plan_.prices || fact.http_status != 0);
  const bool cut = fact.reply.stop == Stop::stream_cut || fact.reply.stop == Stop::provider_error;
  const std::int64_t written = about_tokens(fact.reply.text);
  const Usage told = fact.reply.usage_so_far.value_or(Usage{});
  if (usage || billed) {
    used_.input += usage ? usage->input : std::max(planned_.input, told.input);
    used_.output += usage ? usage->output : std::max(told.output, cut ? planned_.output.value_or(written) : written);
  }
  if (!plan_.prices) return;
  const Usd estimated = std::max(reserved_.value_or(Usd{}), cost_of(*plan_.prices, told));
  fact.cost = usage ? cost_of(*plan_.prices, *usage) : fact.usage_estimated ? estimated : Usd{};
  used_.usd += fact.cost.value_or(Usd{});
}

void RunMachine::record(Judged& judged, const ModelAnswered& event, StopAction action,
                        const std::vector<StatedDate>& stated) {
  const int seq = model_calls_;
  AnswerFact fact{seq,          event.reply,       event.times,          injected_now_, last_stated(stated),
                  event.remote, event.http_status, event.request_sha256, action};
  fact.notes = event.notes;
  count(fact);
  judged.facts.answers.push_back(std::move(fact));
  judged.facts.bodies.push_back({"request", seq, request_text(plan_, messages_, saved_messages_, again_)});
  judged.facts.bodies.push_back({"response", seq, response_text(event.reply)});
  if (action != StopAction::commit && action != StopAction::run_tools && action != StopAction::resume)
    judged.facts.bodies.back().content += "\n\n" + event.raw.substr(0, kept_of_a_bad_answer);
  saved_messages_ = messages_.size();

  note(judged, "inference", seq_point("injected", seq), injected_now_, judged.now.source, judged.now.uncertainty);
  note(judged, "inference", seq_point("sent", seq), event.times.sent);
  note(judged, "inference", seq_point("headers", seq), event.times.headers);
  note(judged, "inference", seq_point("first_token", seq), event.times.first_token);
  note(judged, "inference", seq_point("end", seq), event.times.ended);
  note(judged, "inference", seq_point("provider_date", seq), event.times.remote_date, "http-date", seconds{1});
}

/// With each effect that a turn proposes, or with its JSON output.
std::vector<StatedDate> RunMachine::stated_by(const ModelReply& reply, StopAction action) const {
  std::vector<StatedDate> out;
  if (plan_.job.clocks.model_as_of == ClockRules::Stating::none || plan_.job.command) return out;
  if (action == StopAction::commit && plan_.job.output.format == OutputRules::Format::json)
    out.push_back(take_stated_date(reply.text));
  if (action == StopAction::run_tools)
    for (const ProposedCall& call : reply.calls)
      if (states_date_with(call)) out.push_back(take_stated_date(call.arguments));
  return out;
}

RunAction RunMachine::decide(Judged& judged, const ModelAnswered& answered, StopAction action,
                             const std::vector<StatedDate>& stated) {
  const ModelReply& reply = answered.reply;
  const bool good = action == StopAction::commit || action == StopAction::run_tools;
  turn_fault_ = good ? witness_.judge_turn(plan_, stated) : std::nullopt;
  if (turn_fault_ && corrected_) return contradicted(judged, *turn_fault_);
  corrected_ = corrected_ || turn_fault_;
  if (turn_fault_) judged.facts.gates.push_back(ClockWitness::refused_turn(*turn_fault_, judged.now.wall));
  if (action == StopAction::commit) {
    if (turn_fault_) return correct(judged, *turn_fault_);
    return succeed(judged, stated.empty() ? reply.text : stated.back().rest);
  }
  if (action == StopAction::run_tools) {
    attempt_ = 1;
    resumed_ = 0;
    messages_.push_back(message_of(judged.facts.answers.back().reply, model_calls_));
    resumed_text_.clear();
    proposed_.assign(reply.calls.begin(), reply.calls.end());
    return next_call(judged);
  }
  return ended_otherwise(judged, answered, action);
}

RunAction RunMachine::handle(Judged& judged, const Broken& event) {
  if (event.begun) keep_reservation();
  const bool effect_under_way = event.in_doubt || (event.begun && calling_ && *calling_ != Effect::read);
  return finish(judged, effect_under_way ? RunState::interrupted : RunState::failed, event.reason, event.detail);
}

RunAction RunMachine::succeed(Judged& judged, const std::string& text) {
  if (const auto fault = fault_in_calls(called_, plan_.job.output.must_call))
    return finish(judged, RunState::failed, std::string(fault->reason), fault->detail);
  if (const auto fault = plan_.output_fault(text)) return mend_output(judged, *fault);
  GateFact gate = witness_.decide(plan_, "output", "", {judged.now.wall, judged.now.boot}, {text, given()});
  if (!gate.allowed) return refused_by_guard(judged, gate);
  if (plan_.delivers_output() || !gate.objections.empty()) judged.facts.gates.push_back(std::move(gate));
  // A text is kept once.
  if (judged.facts.answers.back().reply.text == text)
    judged.facts.bodies.back().content = response_that_is_the_output();
  judged.facts.bodies.push_back({"output", 0, text});
  const RunAction action = finish(judged, RunState::succeeded, "", "");
  judged.facts.end->deliveries = deliveries_of(plan_, text, *judged.facts.end);
  if (plan_.dry_run) return action;
  judged.facts.end->followers = plan_.followers;
  judged.facts.end->closes_alerts_of = plan_.job.name;
  return action;
}

RunAction RunMachine::out_of_time(Judged& judged) {
  return finish(judged, RunState::failed, "limit",
                "limits.wall: " + human(plan_.time.wall_limit) + " have passed since dispatch");
}

RunAction RunMachine::finish(Judged& judged, RunState state, std::string reason, std::string detail) {
  EndFact end;
  end.state = state;
  end.reason = std::move(reason);
  end.detail = std::move(detail);
  end.ended = judged.now;
  end.duration = judged.now.boot - dispatched_.boot;
  end.stop = last_stop_;
  end.findings = findings({plan_.time, plan_.job.missed.grace, synchronised(), effect_at_,
                           plan_.job.command && model_calls_ > 0, witness_.findings()});
  end.model_calls = model_calls_;
  end.tool_calls = tool_calls_;
  end.input_tokens = counted_.input;
  end.output_tokens = counted_.output;
  if (plan_.prices) end.cost = used_.usd - plan_.before.spent.usd;
  end.provider = plan_.job.provider;
  end.trouble = trouble_of(plan_, end);
  judged.facts.end = std::move(end);
  note(judged, "dispatch", "end", judged.now);
  return Finish{state};
}

bool RunMachine::synchronised() const { return dispatched_.source != unsynchronised; }

OutcomeFact RunMachine::settle(Judged& judged, int seq, const ToolOutcome& outcome) {
  const OutcomeFact fact = outcome_fact(seq, outcome, calling_.value_or(Effect::read));
  judged.facts.outcomes.push_back(fact);
  judged.facts.bodies.push_back({"result", seq, outcome.result});
  note(judged, "tool", seq_point("start", seq), outcome.started);
  note(judged, "tool", seq_point("end", seq), outcome.ended);
  note(judged, "tool", seq_point("remote_date", seq), outcome.remote_date, "http-date", seconds{1});
  if (outcome.data) {
    note(judged, "data", seq_point("oldest", seq), outcome.data->oldest, "data", std::nullopt);
    note(judged, "data", seq_point("newest", seq), outcome.data->newest, "data", std::nullopt);
  }
  return fact;
}

void RunMachine::note(Judged& judged, std::string_view clock, std::string point,
                      const std::optional<Reading>& reading) {
  if (reading) judged.facts.readings.push_back(reading_fact(++reading_seq_, clock, std::move(point), *reading));
}

void RunMachine::note(Judged& judged, std::string_view clock, std::string point, std::optional<Instant> at,
                      std::string source, std::optional<nanoseconds> uncertainty) {
  if (!at) return;
  judged.facts.readings.push_back(
      {++reading_seq_, std::string(clock), std::move(point), *at, uncertainty, std::nullopt, "", std::move(source)});
}

}  // namespace nowd
