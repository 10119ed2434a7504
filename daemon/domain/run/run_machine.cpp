#include "domain/run/run_machine.hpp"

#include <algorithm>

#include "domain/clocks/template.hpp"
#include "domain/run/effect_rule.hpp"
#include "domain/run/ending.hpp"
#include "domain/run/transcript.hpp"
#include "domain/run/when.hpp"

namespace nowd {
namespace {

constexpr std::size_t kept_of_a_bad_answer = 16 * 1024;
constexpr std::string_view unsynchronised = "unsynchronised";  // as Clock::sync_state names it

std::string seq_point(const char* point, int seq) { return point + (":" + std::to_string(seq)); }

}  // namespace

RunMachine::RunMachine(RunPlan plan) : plan_(std::move(plan)) {}

RunStep RunMachine::on(RunEvent event, const Reading& now) {
  Judged judged{now, {}};
  RunAction action = std::visit([&](const auto& what) { return handle(judged, what); }, event);
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
  const bool read = event.outcome.state == CallState::confirmed;
  if (!read && input.required)
    return finish(judged, RunState::failed, "input", "input " + input.name + ": " + fact.error);
  inputs_[input.name] = read ? escape_clock(event.outcome.result)
                             : "(" + input.name + " could not be read: " + escape_clock(fact.error) + ")";
  return next_input(judged);
}

RunAction RunMachine::ask(Judged& judged) {
  if (remaining(judged.now.boot) == milliseconds{0}) return out_of_time(judged);
  if (model_calls_ == plan_.job.limits.model_calls)
    return finish(judged, RunState::failed, "limit",
                  "limits.model_calls: all " + std::to_string(model_calls_) + " are used and the model is not done");
  if (const auto rule = command_refusal(plan_, synchronised()))
    return finish(judged, RunState::failed, "refused", *rule);
  const int seq = ++model_calls_;
  SendingFact sending{seq, plan_.job.provider, plan_.model};
  AskModel action{seq};
  if (const auto& command = plan_.job.command) {
    sending.provider = command_provider;
    sending.opaque = action.opaque = command->repeat == CommandAgent::Repeat::once;
    action.idempotency_key = effect_key(plan_, "0");  // tool calls count from 1
  }
  judged.facts.sending.push_back(std::move(sending));
  return action;
}

Result<ModelRequest> RunMachine::request(Now now) {
  if (messages_.empty()) {
    TemplateValues values{&plan_.time, now, inputs_, {}};
    Result<std::string> prompt = render(plan_.job.prompt, values);
    if (!prompt) return prompt.error();
    while (prompt->ends_with('\n')) prompt->pop_back();
    messages_.push_back(
        {.role = Message::Role::user, .text = *prompt + "\n\n" + clock_block(plan_.time, now, model_calls_)});
  } else {
    // Inside the last tool result: text after tool results makes some models stop.
    answers_.back().text += "\n" + clock_line(plan_.time, now, model_calls_);
    std::move(answers_.begin(), answers_.end(), std::back_inserter(messages_));
    answers_.clear();
  }
  injected_now_ = now.wall;
  ModelRequest request;
  request.model = plan_.model;
  request.system = std::string(clock_rule());
  if (!plan_.job.system.empty()) request.system += "\n\n" + plan_.job.system;
  request.messages = messages_;
  for (const OfferedTool& tool : plan_.tools) request.tools.push_back(tool.offer);
  request.max_output_tokens = plan_.job.max_output_tokens;
  request.params = plan_.params;
  return request;
}

RunAction RunMachine::handle(Judged& judged, const ModelAnswered& event) {
  const ModelReply& reply = event.reply;
  const StopAction action = action_on(reply.stop);
  last_stop_ = reply.stop;
  if (reply.usage) {
    used_.input += reply.usage->input;
    used_.output += reply.usage->output;
  }
  const int seq = model_calls_;
  judged.facts.answers.push_back({seq, reply, event.times, injected_now_.value_or(judged.now.wall), event.remote,
                                  event.http_status, event.request_sha256, action});
  judged.facts.bodies.push_back({"request", seq, request_text(plan_, messages_, saved_messages_)});
  judged.facts.bodies.push_back({"response", seq, response_text(reply)});
  if (action == StopAction::fail || action == StopAction::hold)
    judged.facts.bodies.back().content += "\n\n" + event.raw.substr(0, kept_of_a_bad_answer);
  saved_messages_ = messages_.size();

  note(judged, "inference", seq_point("injected", seq), injected_now_, judged.now.source, judged.now.uncertainty);
  note(judged, "inference", seq_point("sent", seq), event.times.sent);
  note(judged, "inference", seq_point("headers", seq), event.times.headers);
  note(judged, "inference", seq_point("first_token", seq), event.times.first_token);
  note(judged, "inference", seq_point("end", seq), event.times.ended);
  note(judged, "inference", seq_point("provider_date", seq), event.times.remote_date, "http-date", seconds{1});
  return decide(judged, event, action);
}

RunAction RunMachine::decide(Judged& judged, const ModelAnswered& answered, StopAction action) {
  const ModelReply& reply = answered.reply;
  if (action == StopAction::commit) return succeed(judged, reply.text);
  if (action == StopAction::run_tools) {
    messages_.push_back(message_of(reply, model_calls_));
    proposed_.assign(reply.calls.begin(), reply.calls.end());
    return next_call(judged);
  }
  const bool command = plan_.job.command.has_value();
  return finish(judged, RunState::failed, stopped_reason(reply.stop, command), stopped_detail(reply, command));
}

RunAction RunMachine::next_call(Judged& judged) {
  while (!proposed_.empty()) {
    if (remaining(judged.now.boot) == milliseconds{0}) return out_of_time(judged);
    const ProposedCall& call = proposed_.front();
    if (++tool_calls_ > plan_.job.limits.tool_calls) {
      --tool_calls_;
      return finish(judged, RunState::failed, "limit",
                    "limits.tool_calls: all " + std::to_string(tool_calls_) + " are used and the model wants more");
    }
    const OfferedTool* tool = offered(call.tool);
    const std::optional<std::string> rule = call_refusal(plan_, call, tool, synchronised());
    const Result<Json> arguments = rule
                                       ? Result<Json>(refused(*rule))
                                       : plan_.arguments(call.tool, call.arguments, {judged.now.wall, judged.now.boot});
    if (!arguments) {
      refuse(judged, call, tool, arguments.error().message);
      continue;
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
    note(judged, "tool", seq_point("intent", fact.seq), judged.now);
    calling_ = tool->effect;
    return CallTool{fact.seq, call.tool, *arguments, tool->effect, fact.idempotency_key};
  }
  return ask(judged);
}

RunAction RunMachine::handle(Judged& judged, const ToolAnswered& event) {
  const ProposedCall call = proposed_.front();
  proposed_.pop_front();
  const OutcomeFact fact = settle(judged, call_seq_, event.outcome);
  const bool effect = calling_.value_or(Effect::irreversible) != Effect::read;
  calling_.reset();
  if (effect && event.outcome.started && !effect_at_) effect_at_ = event.outcome.started->wall;
  if (effect && event.outcome.state == CallState::confirmed)
    made_.push_back(call.tool + " (call " + std::to_string(call_seq_) + ")");
  if (effect && event.outcome.state == CallState::unknown)
    return finish(judged, RunState::interrupted, "effect_in_doubt",
                  call.tool + " may have happened and is not repeated: " + fact.error + "; see nowd.effects_in_doubt");
  const std::string before = event.outcome.state == CallState::confirmed ? "" : "error: ";
  answer_call(call, before + event.outcome.result);
  refer_to_result(answers_.back(), fact.seq, before, event.outcome.result);
  return next_call(judged);
}

RunAction RunMachine::handle(Judged& judged, const Broken& event) {
  const bool effect_under_way = calling_ && *calling_ != Effect::read;
  return finish(judged, effect_under_way ? RunState::interrupted : RunState::failed, event.reason, event.detail);
}

RunAction RunMachine::succeed(Judged& judged, const std::string& text) {
  if (const auto fault = plan_.output_fault(text)) return finish(judged, RunState::failed, "output", *fault);
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
  end.findings =
      findings({plan_.time, plan_.job.missed.grace, synchronised(), effect_at_, plan_.job.command && model_calls_ > 0});
  end.model_calls = model_calls_;
  end.tool_calls = tool_calls_;
  end.input_tokens = used_.input;
  end.output_tokens = used_.output;
  end.provider = plan_.job.provider;
  end.trouble = trouble_of(plan_, end);
  judged.facts.end = std::move(end);
  note(judged, "dispatch", "end", judged.now);
  return Finish{state};
}

bool RunMachine::synchronised() const { return dispatched_.source != unsynchronised; }

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
  answer_call(call, "this is a dry run: " + call.tool + " was not called; go on as if it had succeeded");
  proposed_.pop_front();
}

void RunMachine::refuse(Judged& judged, const ProposedCall& call, const OfferedTool* tool, const std::string& why) {
  CallFact fact = call_fact(call, tool);
  fact.arguments = call.arguments;
  fact.error = why;
  judged.facts.calls.push_back(std::move(fact));
  answer_call(call, "refused, nothing was done: " + why);
  proposed_.pop_front();
}

void RunMachine::answer_call(const ProposedCall& call, const std::string& text) {
  answers_.push_back({.role = Message::Role::tool, .text = escape_clock(text), .call_id = call.id, .tool = call.tool});
}

OutcomeFact RunMachine::settle(Judged& judged, int seq, const ToolOutcome& outcome) {
  const OutcomeFact fact = outcome_fact(seq, outcome);
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
