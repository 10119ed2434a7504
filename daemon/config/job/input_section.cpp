#include "config/job/input_section.hpp"

#include <algorithm>
#include <cctype>

#include "config/actions/action_section.hpp"
#include "config/yaml/mapping.hpp"

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
  const Mapping map(field, Section::input);
  Input input;
  input.name = name;
  read_action(map, scope, input);
  assign(input.data_time, read_data_time(map["data_time"], map.has("http")));
  assign(input.max_bytes, map["max_bytes"].size(max_result));
  assign(input.required, map["required"].boolean());
  assign(input.timeout, map["timeout"].duration(milliseconds{1}, max_call));
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

}  // namespace nowd
