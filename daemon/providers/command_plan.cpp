#include "providers/command_plan.hpp"
#include "net/program.hpp"

#include <algorithm>

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

Result<SecretSource> source_of(std::string_view reference) {
  const std::size_t colon = reference.find(':');
  const std::string_view kind = reference.substr(0, colon);
  const std::string name(colon == std::string_view::npos ? "" : reference.substr(colon + 1));
  if (kind == "credential" && !name.empty()) return SecretSource{SecretSource::Kind::credential, name};
  if (kind == "env" && !name.empty()) return SecretSource{SecretSource::Kind::env, name};
  return invalid("${" + std::string(reference) + "} is not known; write ${credential:NAME} or ${env:NAME}");
}

Result<std::string> with_secrets(std::string_view text, const SecretReader& secrets, Redactor& redact) {
  std::string out;
  while (true) {
    const std::size_t open = text.find("${");
    out += text.substr(0, open);
    if (open == std::string_view::npos) return out;
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) return invalid("'${' has no '}'");
    const auto source = source_of(text.substr(open + 2, close - open - 2));
    if (!source) return source.error();
    const auto secret = secrets(*source);
    if (!secret) return secret.error();
    redact.add(*secret);
    out += secret->reveal();
    text.remove_prefix(close + 1);
  }
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
    auto value = with_secrets(text, secrets, redact);
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
