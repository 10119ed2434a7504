#include "delivery/exec.hpp"

#include <algorithm>

#include "delivery/cut_text.hpp"
#include "delivery/mail/mail_text.hpp"
#include "domain/delivery/outbox.hpp"
#include "foundation/text/words.hpp"
#include "net/process/program.hpp"

namespace nowd {
namespace {

using What = SendOutcome::What;

constexpr std::size_t max_error_line = 300;

Result<std::string> argument(const std::string& configured, const TemplateValues& values) {
  auto text = render(configured, values, unchanged_value);
  if (!text) return text;
  if (text->find('\0') != std::string::npos) return refused("argument '" + configured + "' holds a NUL");
  // A subject must not become an option of the command.
  if (text->starts_with('-') && !configured.starts_with('-'))
    return refused("argument '" + configured + "' became an option: '" + text->substr(0, 80) + "'");
  return text;
}

void add_environment(Command& command, const Delivery& delivery, Now now) {
  command.environment = {{"PATH", std::string(children_path)}, {"HOME", "/"}, {"LANG", "C.UTF-8"}};
  if (delivery.run)
    for (auto& variable : run_environment(*delivery.run, now, "")) command.environment.push_back(std::move(variable));
  const auto add = [&](const char* name, std::string_view value) {
    command.environment.emplace_back(name, on_one_line(value));
  };
  add("NOWD_PURPOSE", to_string(delivery.purpose));
  add("NOWD_SUBJECT", delivery.subject);
  add("NOWD_STATE", delivery.run_state);
  add("NOWD_VERDICT", delivery.verdict);
  add("NOWD_IDEMPOTENCY_KEY", delivery.key);
}

std::string last_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  return beginning_of(text.substr(text.rfind('\n') + 1), max_error_line);  // npos + 1 is 0
}

std::string how_it_ended(const CommandResult& result, const Redactor& redact) {
  const std::string error_line = last_line(redact(result.errors));
  switch (result.end) {
    case CommandResult::End::exited:
      return "exit code " + std::to_string(result.code) + (error_line.empty() ? "" : ": " + error_line);
    case CommandResult::End::signalled:
      return "killed by signal " + std::to_string(result.code) + "; it may have done its work";
    case CommandResult::End::timed_out:
      return "no end before its time was up; it may have done its work";
  }
  return error_line;
}

std::string quoted(const std::string& argument) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_";
  if (!argument.empty() && argument.find_first_not_of(plain) == std::string::npos) return argument;
  std::string out = "'";
  for (const char c : argument) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

Result<Command> plan_command(const ExecSink& sink, milliseconds timeout, const Delivery& delivery, Now now) {
  if (sink.argv.empty()) return invalid("the command is empty");
  const TemplateValues values = message_values(delivery, now);
  Command command;
  command.argv = {sink.argv.front()};
  for (std::size_t i = 1; i < sink.argv.size(); ++i) {
    auto text = argument(sink.argv[i], values);
    if (!text) return text.error();
    command.argv.push_back(std::move(*text));
  }
  add_environment(command, delivery, now);
  command.stdin_text = delivery.text;
  command.timeout = timeout;
  return command;
}

SendOutcome judge(const CommandResult& result, const Redactor& redact) {
  const bool exited = result.end == CommandResult::End::exited;
  SendOutcome out;
  out.what = !exited ? What::unknown : result.code == 0 ? What::delivered : What::again;
  out.detail = how_it_ended(result, redact);
  out.started = result.started;
  out.ended = result.ended;
  return out;
}

Result<std::string> find_command(const ExecSink& sink) {
  if (sink.argv.empty()) return invalid("the command is empty");
  return find_program(sink.argv.front());
}

Result<std::string> command_preview(const ExecSink& sink, const Delivery& delivery, Now now) {
  const auto command = plan_command(sink, milliseconds{0}, delivery, now);
  if (!command) return command.error();
  std::string out;
  for (const std::string& argument : command->argv) out += (out.empty() ? "" : " ") + quoted(argument);
  return out + "\n\n" + command->stdin_text + "\n";
}

}  // namespace nowd
