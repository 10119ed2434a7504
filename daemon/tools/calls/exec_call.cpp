#include "tools/calls/exec_call.hpp"

#include <nlohmann/json.hpp>

#include "net/process/program.hpp"
#include "tools/calls/result_text.hpp"
#include "tools/schema/schema_rules.hpp"

namespace nowd {
namespace {

constexpr std::size_t max_tail_lines = 20;
constexpr std::size_t max_tail_bytes = 4096;

Result<std::vector<std::string>> rendered_argv(const ExecAction& action, const CallEnvironment& environment) {
  TemplateValues values{&environment.run, environment.now, {}, {}};
  std::vector<std::string> argv;
  for (const std::string& element : action.argv) {
    auto text = render(element, values);
    if (!text && argv.empty()) return refused("the command itself: " + text.error().message);
    if (!text) return text.error();
    // A value from an input must not become an option of the next command.
    if (text->starts_with('-') && !element.starts_with('-'))
      return refused("argument " + std::to_string(argv.size()) + " of '" + argv.front() + "' is '" + element +
                     "' and became an option: '" + text->substr(0, 80) + "'");
    argv.push_back(std::move(*text));
    values.inputs = environment.inputs;  // only after argv[0]: outside data must not select the program
  }
  return argv;
}

/// The last lines of stderr.
std::string_view last_lines_of(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  if (text.size() > max_tail_bytes) {
    text.remove_prefix(text.size() - max_tail_bytes);
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);  // drops the cut first line
  }
  std::size_t begin = text.size();
  for (std::size_t lines = 0; lines < max_tail_lines && begin > 0; ++lines) {
    const std::size_t newline = text.rfind('\n', begin - 1);
    if (newline == std::string_view::npos) return text;
    begin = newline;
  }
  return text.substr(begin + (begin < text.size() && begin > 0 ? 1 : 0));
}

std::string how_it_ended(const CommandResult& ended) {
  switch (ended.end) {
    case CommandResult::End::exited:
      return "exit code " + std::to_string(ended.code);
    case CommandResult::End::signalled:
      return "killed by signal " + std::to_string(ended.code) + "; whether it did its work is not known";
    case CommandResult::End::timed_out:
      return "no end before its time was up; whether it did its work is not known";
  }
  return "ended";
}

CallState state_of(const CommandResult& ended) {
  if (ended.end != CommandResult::End::exited) return CallState::unknown;
  return ended.code == 0 ? CallState::confirmed : CallState::failed;
}

}  // namespace

Result<Command> plan_exec(const ExecAction& action, const Json& arguments, const CallEnvironment& environment,
                          const CallRules& rules) {
  if (action.argv.empty()) return invalid("the command is empty");
  Command command;
  command.argv = action.argv;
  if (!arguments.is_object()) {
    auto argv = rendered_argv(action, environment);
    if (!argv) return argv.error();
    command.argv = std::move(*argv);
  }
  for (const std::string& element : command.argv)
    if (element.find('\0') != std::string::npos) return refused("an argument of '" + command.argv[0] + "' holds a NUL");
  if (arguments.is_object()) command.stdin_text = dump_json(arguments) + "\n";
  command.environment = {{"PATH", std::string(children_path)}, {"HOME", "/"}, {"LANG", "C.UTF-8"}};
  for (auto& variable : run_environment(environment.run, environment.now, environment.idempotency_key))
    command.environment.push_back(std::move(variable));
  command.timeout = rules.timeout;
  command.max_output = rules.max_bytes + redaction_slack;
  return command;
}

ToolOutcome exec_outcome(const CommandResult& ended, const CallRules& rules, const Zone& zone) {
  ToolOutcome outcome;
  outcome.state = state_of(ended);
  outcome.started = ended.started;
  outcome.ended = ended.ended;
  if (ended.end == CommandResult::End::exited) outcome.exit_code = ended.code;
  const bool good = outcome.state == CallState::confirmed;
  std::string heading;
  if (!good) {
    const std::string errors = rules.redact(ended.errors);  // before any cut, which could split a secret
    std::string why = last_error_lines(errors);
    if (why.empty()) why = last_error_lines(whole_part(rules.redact(ended.output), ended.output_cut));
    outcome.error = how_it_ended(ended) + (why.empty() ? "" : ": " + why);
    heading = how_it_ended(ended) + "\n";
    if (const auto lines = last_lines_of(errors); !lines.empty()) heading += std::string(lines) + "\n";
    if (!ended.output.empty()) heading += "output:\n";
  }
  const ResultText text = result_text(heading, ended.output, ended.output_cut, rules.max_bytes, rules.redact);
  outcome.result = text.text;
  outcome.unredacted = text.unredacted;
  outcome.cut = text.cut;
  if (good) outcome.data = declared_data_time(rules, ended.output, ended.output_cut, nullptr, zone);
  return outcome;
}

}  // namespace nowd
