// What is sent to the model: the conversation so far, with the clock as it is when the request leaves.
#include <algorithm>
#include <iterator>

#include <nlohmann/json.hpp>
#include "domain/prompt/template.hpp"
#include "domain/run/run_machine.hpp"

namespace nowd {
namespace {

constexpr std::string_view probe_question =
    "What is today's date? Answer with the date alone, as YYYY-MM-DD. If you do not know it, give your best guess.";

}  // namespace

Result<ModelRequest> RunMachine::request(Now now) {
  ModelRequest request;
  request.model = plan_.model;
  request.params = plan_.params;
  if (probing_) {
    injected_now_.reset();
    request.messages.push_back({.role = Message::Role::user, .text = std::string(probe_question)});
    return request;
  }
  if (messages_.empty()) {
    TemplateValues values{&plan_.time, now, inputs_, {}};
    Result<std::string> prompt = render(plan_.job.prompt, values);
    if (!prompt) return prompt.error();
    while (prompt->ends_with('\n')) prompt->pop_back();
    messages_.push_back({.role = Message::Role::user, .text = *prompt + "\n\n"});
    clock_at_ = messages_.back().text.size();
  } else if (!answers_.empty()) {
    // Inside the last tool result: text after tool results makes some models stop.
    answers_.back().text += "\n";
    clock_at_ = answers_.back().text.size();
    std::move(answers_.begin(), answers_.end(), std::back_inserter(messages_));
    answers_.clear();
  }
  // What ends with the model's own words, to be resumed, has no place for a clock.
  if (messages_.back().role != Message::Role::assistant) render_clock(now);
  const bool states = plan_.job.clocks.model_as_of != ClockRules::Stating::none;
  request.system = std::string(clock_rule());
  if (states && plan_.job.output.format == OutputRules::Format::json && !plan_.job.command)
    request.system += " " + std::string(stated_date_output_rule());
  if (!plan_.job.system.empty()) request.system += "\n\n" + plan_.job.system;
  request.messages = messages_;
  request.output_schema = output_schema();
  for (const OfferedTool& tool : plan_.tools) {
    request.tools.push_back(tool.offer);
    if (states && tool.effect != Effect::read)
      request.tools.back().input =
          with_stated_date(tool.offer.input, plan_.job.clocks.model_as_of == ClockRules::Stating::require);
  }
  request.max_output_tokens =
      output_bound(plan_.job.limits, used_, max_output_ ? max_output_ : plan_.job.max_output_tokens);
  return request;
}

/// With the stated date in it, which nowd takes out of the answer again. It is asked for under `observe` too.
Json RunMachine::output_schema() const {
  const OutputRules& rules = plan_.job.output;
  if (plan_.job.command || rules.format != OutputRules::Format::json || !rules.schema.is_object()) return {};
  const bool states = plan_.job.clocks.model_as_of != ClockRules::Stating::none;
  return states ? with_stated_date(rules.schema, true) : rules.schema;
}

/// Ends the last message with the clock of this moment, in place of the one it had if it was sent before.
void RunMachine::render_clock(Now now) {
  std::string& text = messages_.back().text;
  text.resize(clock_at_);
  text += messages_.size() == 1
              ? clock_block(plan_.time, now, model_calls_, data_line(witness_.data(), plan_.time.zone))
              : clock_line(plan_.time, now, model_calls_);
  injected_now_ = now.wall;
  witness_.prompted(now);
}

/// Before the request is rendered: the texts that it will hold, more or less.
Planned RunMachine::planned() const {
  Planned out;
  out.output = output_bound(plan_.job.limits, used_, max_output_ ? max_output_ : plan_.job.max_output_tokens);
  const auto add = [&](const std::string& text) { out.input += about_tokens(text); };
  add(plan_.job.system);
  if (messages_.empty()) {
    add(plan_.job.prompt);
    for (const auto& [unused, text] : inputs_) add(text);
  }
  for (const auto* messages : {&messages_, &answers_})
    for (const Message& message : *messages) {
      add(message.text);
      for (const ProposedCall& call : message.calls) add(call.arguments);
    }
  return out;
}

}  // namespace nowd
