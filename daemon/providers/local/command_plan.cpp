#include "providers/local/command_plan.hpp"

#include <algorithm>

#include "domain/job/secret_text.hpp"
#include "net/process/program.hpp"

namespace nowd {
namespace {

Result<std::vector<std::string>> rendered_argv(const CommandAgent& agent, const TemplateValues& values) {
  std::vector<std::string> argv{agent.argv.front()};
  for (std::size_t i = 1; i < agent.argv.size(); ++i) {
    const std::string& element = agent.argv[i];
    auto text = render(element, values);
    if (!text) return text.error();
    // What an input returned must not turn into an option of the agent.
    if (text->starts_with('-') && !element.starts_with('-'))
      return refused("command.argv: '" + element + "' became an option: '" + text->substr(0, 80) + "'");
    argv.push_back(std::move(*text));
  }
  return argv;
}

using Variables = std::vector<std::pair<std::string, std::string>>;

void set(Variables& variables, const std::string& name, std::string value) {
  const auto found =
      std::find_if(variables.begin(), variables.end(), [&](const auto& one) { return one.first == name; });
  if (found == variables.end())
    variables.emplace_back(name, std::move(value));
  else
    found->second = std::move(value);
}

}  // namespace

Result<Command> plan_command(const CommandAgent& agent, const ModelRequest& request, const CallContext& context,
                             const Account& account, const SecretReader& secrets, Redactor& redact) {
  auto argv = rendered_argv(agent, context.values);
  if (!argv) return argv.error();
  Command command;
  command.argv = std::move(*argv);
  command.environment = {{"PATH", std::string(children_path)},
                         {"HOME", account.home},
                         {"USER", account.name},
                         {"LOGNAME", account.name},
                         {"LANG", "C.UTF-8"}};
  for (const auto& [name, text] : agent.environment) {
    auto value = fill_secrets(text, context.values, secrets, redact);
    if (!value) return Error{value.error().kind, "command.environment." + name + ": " + value.error().message};
    set(command.environment, name, std::move(*value));
  }
  for (auto& [name, value] : run_environment(*context.values.run, context.values.now, context.idempotency_key))
    set(command.environment, name, std::move(value));
  if (!request.system.empty()) command.stdin_text = request.system + "\n\n";
  for (const Message& message : request.messages) command.stdin_text += message.text + "\n";
  command.directory = agent.directory;
  if (!account.own) {
    command.uid = account.uid;
    command.gid = account.gid;
  }
  command.timeout = context.deadline;
  command.max_output = static_cast<std::size_t>(agent.max_bytes) + command_slack;
  return command;
}

}  // namespace nowd
