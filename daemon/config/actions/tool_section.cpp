#include "config/actions/sections.hpp"

#include "config/table/daemon_table.hpp"
#include "domain/gates/stated_date.hpp"
#include "foundation/text/nearest.hpp"

namespace nowd {
namespace {

/// OpenAI, Anthropic and Gemini refuse a tool whose parameters are a choice between schemas.
const char* top_level_choice(const Json& schema) {
  for (const char* keyword : {"anyOf", "oneOf", "allOf"})
    if (schema.contains(keyword)) return keyword;
  return nullptr;
}

/// Only the shape: whether a schema as such is usable is judged where tools are called.
bool check_input_schema(const Field& field, const Json& schema) {
  const auto type = schema.find("type");
  const auto properties = schema.find("properties");
  if (type != schema.end() && *type != "object")
    field.error("describes the tool's arguments, which have names: its type must be object, as in " +
                std::string("{type: object, properties: {id: {type: string}}}"));
  else if (const char* choice = top_level_choice(schema))
    field.error("has " + std::string(choice) +
                " at its top, which no model API takes there; list the arguments under "
                "properties:, and put the choice inside one of them");
  else if (properties != schema.end() && !properties->is_object())
    field.error("properties must be a mapping from argument names to their schemas");
  else if (properties_of(schema).contains(std::string(stated_date_argument)))
    field.error("the argument '" + std::string(stated_date_argument) +
                "' belongs to nowd, which adds and removes it; rename yours");
  else
    return true;
  return false;
}

void check_properties(const Field& field, const Json& properties) {
  for (const auto& [name, property] : properties.items())
    if (!property.is_object() && !property.is_boolean())
      field.error("properties." + name + " is no schema; write {type: string}, for example");
}

Json read_input_schema(const Field& field) {
  Json schema = field.json_object().value_or(Json::object());
  if (field.present() && check_input_schema(field, schema) && declares_properties(schema))
    check_properties(field, schema["properties"]);
  if (!schema.contains("type")) schema["type"] = "object";
  return schema;
}

std::optional<Effect> read_effect(const Mapping& tool) {
  const Field field = tool.required("effect", "choose read, reversible or irreversible");
  const auto word = field.filled_text();
  if (!word) return std::nullopt;
  if (const Unbuilt* later = table_of<Tool>().find_unbuilt("effect", *word)) {
    field.report().error(field.mark(), later->message());
    return std::nullopt;
  }
  const auto effect = parse_effect(*word);
  if (!effect) field.error_unknown(*word, {"read", "reversible", "irreversible"});
  return effect;
}

void read_action(const Mapping& map, Tool& tool) {
  ActionUse use{.by = ActionUse::By::tool, .scope = {.inputs = {}, .args = properties_of(tool.input)}};
  use.any_argument = !declares_properties(tool.input);
  const auto kind = map.only_one({"exec", "http"}, "a tool is a command (exec) or a request (http)");
  if (kind == "exec") assign(tool.action, read_exec(map["exec"], use));
  if (kind == "http") assign(tool.action, read_http(map["http"], use));
}

}  // namespace

bool declares_properties(const Json& schema) {
  const auto found = schema.find("properties");
  return found != schema.end() && found->is_object() && !found->empty();
}

std::set<std::string> properties_of(const Json& schema) {
  std::set<std::string> names;
  if (declares_properties(schema))
    for (const auto& [name, unused] : schema["properties"].items()) names.insert(name);
  return names;
}

std::optional<Tool> read_tool(const std::string& name, const Field& field) {
  const std::size_t before = field.report().errors();
  Tool tool;
  tool.name = name;
  const Mapping map = read_section(field, tool).map();
  tool.input = read_input_schema(map["input"]);
  read_action(map, tool);
  if (!map.has_unbuilt() || map.has("effect")) assign(tool.effect, read_effect(map));
  if (tool.effect == Effect::read && map.has("on_error") && tool.on_error == OnError::fail)
    map["on_error"].error(
        "fail is for tools that change something: the failure of a read goes to the model; remove it");
  assign(tool.data_time, read_data_time(map["data_time"], map.has("http")));
  if (field.report().errors() != before) return std::nullopt;
  return tool;
}

}  // namespace nowd
