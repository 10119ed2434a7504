#include "config/job/command_section.hpp"

#include <algorithm>
#include <cctype>

#include "config/actions/action_section.hpp"

namespace nowd {
namespace {

bool is_variable_name(std::string_view name) {
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

bool usually_secret(std::string_view variable) {
  for (std::string_view end : {"_KEY", "_TOKEN", "_SECRET", "_PASSWORD"})
    if (variable.ends_with(end)) return true;
  return false;
}

std::optional<std::vector<std::string>> read_argv(const Field& field, const TemplateScope& scope) {
  auto exec = read_exec(field, {.by = ActionUse::By::input, .scope = scope});
  if (!exec) return std::nullopt;
  const auto items = field.items();
  if (!items.empty()) refuse_templates(items.front(), "name the program itself; its arguments may hold tokens");
  return std::move(exec->argv);
}

void check_variable(const Member& member, const Field& value) {
  const std::string& name = member.key;
  if (!is_variable_name(name))
    value.report().error(
        member.mark, in_quotes(name) + " is not the name of a variable; use letters, digits and '_', no digit first");
  else if (name.starts_with("NOWD_"))
    value.report().error(member.mark, in_quotes(name) + " is nowd's own to set; choose a name without NOWD_");
  if (!value.is(Node::Kind::scalar)) return;
  check_secret_slots(value);
  refuse_templates(value, "dates come as NOWD_AS_OF and the like; argv may hold tokens");
  if (usually_secret(name) && value.node().text.find("${") == std::string::npos)
    value.warning("holds its secret in the file, and so in the ledger; use ${credential:NAME} or ${env:NAME}");
}

void read_environment(const Field& field, CommandAgent& command) {
  for (const auto& [member, value] : field.entries()) {
    check_variable(*member, value);
    if (auto text = value.text()) command.environment[member->key] = std::move(*text);
  }
}

void read_directory(const Field& field, CommandAgent& command) {
  auto path = field.filled_text();
  if (!path) return;
  refuse_templates(field, "one directory serves all runs; the command may change to another");
  if (!path->starts_with('/')) return field.error(in_quotes(*path) + " is not absolute; write the path from / on");
  command.directory = std::move(*path);
}

CommandAgent read_mapping(const Mapping& map, const TemplateScope& scope) {
  CommandAgent command;
  assign(command.argv, read_argv(map.required("argv", "write argv: [program, argument, …]"), scope));
  read_directory(map["directory"], command);
  assign(command.user, map["user"].name());
  if (map.has("environment")) read_environment(map["environment"], command);
  assign(command.repeat, map["repeat"].choice(repeat_words));
  assign(command.max_bytes, map["max_bytes"].size(max_result));
  return command;
}

void refuse_beside(const Mapping& job) {
  const auto refuse = [&](std::string_view key, const std::string& why) {
    if (job.has(key)) job[key].error("does not go with command: " + why);
  };
  refuse("provider", "the command is the agent; remove one of the two");
  refuse("params", "nowd does not know its model; give the agent's own options in argv");
  refuse("max_output_tokens_ceiling", "nowd does not know its model; command.max_bytes bounds the output");
  refuse("priority", "nowd does not know which key it calls with; schedule it when others are quiet");
  refuse("stop", "a command ends with its exit code, and is run once");
  refuse("max_output_tokens", "nowd does not know its model; command.max_bytes bounds the output");
  refuse("tools", "nowd's tools are for models that nowd asks; the agent has its own");
  const Field limits = job["limits"];
  for (std::string_view key : {"model_calls", "tool_calls", "input_tokens", "output_tokens", "usd", "usd_per_day"})
    if (limits.is(Node::Kind::map) && limits.node().find(key) != nullptr)
      limits.error(std::string(key) + " does not go with command, whose calls nowd cannot see; limits.wall bounds it");
}

}  // namespace

std::optional<CommandAgent> read_command(const Mapping& job, const TemplateScope& scope) {
  refuse_beside(job);
  const Field field = job["command"];
  const std::size_t before = field.report().errors();
  CommandAgent command;
  if (field.is(Node::Kind::map))
    command = read_mapping(Mapping(field, Section::command), scope);
  else
    assign(command.argv, read_argv(field, scope));
  if (field.report().errors() != before) return std::nullopt;
  return command;
}

}  // namespace nowd
