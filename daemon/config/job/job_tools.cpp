#include "config/job/job_tools.hpp"

#include <algorithm>
#include <set>

#include "config/actions/tool_section.hpp"
#include "config/yaml/mapping.hpp"
#include "domain/gates/stated_date.hpp"
#include "foundation/text/nearest.hpp"

namespace nowd {
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
    return field.error("is not possible for clock, whose arguments are the model's; remove it");
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
    const Mapping map(field, Section::tool_use);
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
                  (job.command ? ": what a command does is not visible to nowd; remove it" : "; list it under tools:"));
    else
      field.error(in_quotes(name) + " is not among the tools of this job" + did_you_mean(name, tools) +
                  "; list it under tools:, or remove it");
  }
}

}  // namespace nowd
