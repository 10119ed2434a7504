// inputs, command and tools: the data, the agent and the means of a job.
#include "config/job/sections.hpp"

#include <algorithm>
#include <cctype>
#include <set>

#include "config/actions/sections.hpp"
#include "config/table/job_table.hpp"
#include "domain/gates/stated_date.hpp"
#include "foundation/text/nearest.hpp"

namespace nowd {
namespace {

/// A name that {{inputs.NAME}} can hold.
bool is_input_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; });
}

void read_action(const Mapping& map, const TemplateScope& scope, Input& input) {
  const ActionUse use{.by = ActionUse::By::input, .scope = scope};
  const auto kind =
      map.only_one({"exec", "http", "file", "sql"}, "an input comes from a command, a request, a file or a query");
  if (kind == "exec") assign(input.action, read_exec(map["exec"], use));
  if (kind == "http") assign(input.action, read_http(map["http"], use));
  if (kind == "file") assign(input.action, read_file(map["file"], use));
  if (kind == "sql") assign(input.action, read_sql(map["sql"], use));
}

Input read_input(const std::string& name, const Field& field, const TemplateScope& scope) {
  Input input;
  input.name = name;
  const Mapping map = read_section(field, input).map();
  read_action(map, scope, input);
  assign(input.data_time, read_data_time(map["data_time"], map.has("http")));
  return input;
}

}  // namespace

std::vector<Input> read_inputs(const Field& field, TemplateScope& scope) {
  std::vector<Input> out;
  for (const auto& [member, entry] : field.entries("{load: {exec: [/usr/bin/uptime]}}")) {
    if (!is_input_name(member->key))
      field.report().error(member->mark,
                           in_quotes(member->key) + " cannot name an input; use letters, digits, '_' and '-'");
    out.push_back(read_input(member->key, entry, scope));
    scope.inputs.insert(member->key);
  }
  return out;
}

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

CommandAgent read_command_mapping(const Field& field, const TemplateScope& scope) {
  CommandAgent command;
  const Mapping map = read_section(field, command).map();
  assign(command.argv, read_argv(map.required("argv", "write argv: [program, argument, …]"), scope));
  read_directory(map["directory"], command);
  if (map.has("environment")) read_environment(map["environment"], command);
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
      limits.error(std::string(key) +
                   " does not go with command, because nowd cannot see its calls; limits.wall bounds it");
}

}  // namespace

std::optional<CommandAgent> read_command(const Mapping& job, const TemplateScope& scope) {
  refuse_beside(job);
  const Field field = job["command"];
  const std::size_t before = field.report().errors();
  CommandAgent command;
  if (field.is(Node::Kind::map))
    command = read_command_mapping(field, scope);
  else
    assign(command.argv, read_argv(field, scope));
  if (field.report().errors() != before) return std::nullopt;
  return command;
}

namespace {

std::vector<std::string> tool_names(const Config& config) {
  std::vector<std::string> out{std::string(clock_tool_name)};
  for (const auto& [name, unused] : config.tools) out.push_back(name);
  return out;
}

/// Nothing for `clock`, for an unknown tool (reported), or without a configuration.
const Tool* look_up(const std::string& name, const Field& field, const Config* config) {
  if (config == nullptr || name == clock_tool_name) return nullptr;
  const auto found = config->tools.find(name);
  if (found != config->tools.end()) return &found->second;
  field.error(in_quotes(name) + " is not declared under tools: in nowd.yaml" + did_you_mean(name, tool_names(*config)));
  return nullptr;
}

void check_argument(const std::string& argument, const Tool& tool, const Member& member, Report& report) {
  const auto known = properties_of(tool.input);
  if (!declares_properties(tool.input) || known.contains(argument)) return;
  report.error(member.mark, "tool " + in_quotes(tool.name) + " has no argument " + in_quotes(argument) +
                                did_you_mean(argument, {known.begin(), known.end()}));
}

void read_bind(const Field& field, const Tool* tool, const TemplateScope& scope, ToolUse& use) {
  if (use.name == clock_tool_name)
    return field.error("is not possible for clock, because the model chooses its arguments; remove it");
  for (const auto& [member, value] : field.entries()) {
    if (tool != nullptr) check_argument(member->key, *tool, *member, field.report());
    if (member->key == stated_date_argument)
      field.report().error(member->mark, "'" + member->key + "' is the model's own statement; it cannot be bound");
    auto json = value.json();
    if (!json) continue;
    if (value.is(Node::Kind::scalar))
      check_templates(value, scope);
    else
      check_templates_in(*json, value, scope);
    use.bind[member->key] = std::move(*json);
  }
}

std::optional<ToolUse> read_use(const Field& field, const Config* config, const TemplateScope& scope) {
  const bool is_map = field.is(Node::Kind::map);
  ToolUse use;
  if (is_map) {
    const Mapping map(field, table_of<ToolUse>());
    const Field name_field = map.required("name", "write {name: TOOL, bind: {…}}");
    assign(use.name, name_field.name());
    const Tool* tool = use.name.empty() ? nullptr : look_up(use.name, name_field, config);
    if (map.has("bind")) read_bind(map["bind"], tool, scope, use);
  } else if (auto name = field.name()) {
    look_up(*name, field, config);
    use.name = std::move(*name);
  }
  return use.name.empty() ? std::nullopt : std::optional(std::move(use));
}

}  // namespace

std::vector<ToolUse> read_tool_uses(const Field& field, const Config* config, const TemplateScope& scope) {
  std::vector<ToolUse> out;
  for (const Field& item : field.items()) {
    auto use = read_use(item, config, scope);
    if (!use) continue;
    const bool repeated =
        std::any_of(out.begin(), out.end(), [&](const ToolUse& one) { return one.name == use->name; });
    if (repeated)
      item.error(in_quotes(use->name) + " is listed twice; remove one");
    else
      out.push_back(std::move(*use));
  }
  return out;
}

void check_must_call(const Field& field, const Job& job) {
  std::vector<std::string> tools;
  for (const ToolUse& use : job.tools) tools.push_back(use.name);
  std::set<std::string> seen;
  for (const std::string& name : job.output.must_call) {
    if (!seen.insert(name).second) field.error(in_quotes(name) + " is listed twice; remove one");
    if (std::find(tools.begin(), tools.end(), name) != tools.end()) continue;
    if (tools.empty())
      field.error(in_quotes(name) + " is no tool of this job, which has none" +
                  (job.command ? ": nowd cannot see the effects of a command; remove it" : "; list it under tools:"));
    else
      field.error(in_quotes(name) + " is not among the tools of this job" + did_you_mean(name, tools) +
                  "; list it under tools:, or remove it");
  }
}

}  // namespace nowd
