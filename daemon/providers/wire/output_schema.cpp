#include "providers/wire/output_schema.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

namespace nowd {
namespace {

using Words = std::set<std::string_view>;

const Words maps{"properties", "$defs", "definitions"};  // a name for each schema
const Words lists{"anyOf"};
const Words formats{"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"};

bool is_object_schema(const Json& schema) {
  if (schema.contains("properties")) return true;
  const auto type = schema.find("type");
  return type != schema.end() &&
         (*type == Json("object") || (type->is_array() && std::ranges::find(*type, Json("object")) != type->end()));
}

/// Calls `visit` for each schema directly below; false if one of the calls returns false.
bool visit_below(const Json& schema, const std::function<bool(const Json&)>& visit) {
  for (const auto& [key, value] : schema.items()) {
    if (maps.contains(key) || lists.contains(key)) {
      for (const Json& below : value)
        if (!visit(below)) return false;
    } else if (key == "items" && !visit(value)) {
      return false;
    }
  }
  return true;
}

bool requires_all(const Json& schema) {
  const auto closed = schema.find("additionalProperties");
  if (closed == schema.end() || *closed != Json(false)) return false;
  const Json properties = schema.value("properties", Json::object());
  const Json required = schema.value("required", Json::array());
  if (!properties.is_object() || !required.is_array()) return false;
  for (const auto& [name, unused] : properties.items())
    if (std::ranges::find(required, Json(name)) == required.end()) return false;
  return true;
}

bool fits_strict_below(const Json& schema) {
  static const Words known{"type",
                           "properties",
                           "required",
                           "additionalProperties",
                           "items",
                           "enum",
                           "const",
                           "anyOf",
                           "$ref",
                           "$defs",
                           "title",
                           "definitions",
                           "pattern",
                           "description",
                           "format",
                           "multipleOf",
                           "minimum",
                           "maximum",
                           "exclusiveMinimum",
                           "exclusiveMaximum",
                           "minItems",
                           "maxItems"};
  if (!schema.is_object()) return false;
  for (const auto& [key, value] : schema.items()) {
    if (!known.contains(key)) return false;
    if (key == "format" && !(value.is_string() && formats.contains(value.get_ref<const std::string&>()))) return false;
  }
  if (is_object_schema(schema) && !requires_all(schema)) return false;
  return visit_below(schema, fits_strict_below);
}

/// One schema without the keywords that the API does not support. anyOf replaces `oneOf`, which is stricter.
Json known_to_anthropic(const Json& schema) {
  static const Words kept{"type",
                          "properties",
                          "required",
                          "items",
                          "enum",
                          "const",
                          "anyOf",
                          "$ref",
                          "$defs",
                          "title",
                          "definitions",
                          "description",
                          "additionalProperties"};
  Json out = Json::object();
  for (const auto& [key, value] : schema.items()) {
    if (kept.contains(key)) out[key] = value;
    if (key == "oneOf" && !schema.contains("anyOf")) out["anyOf"] = value;
    if (key == "format" && value.is_string() && formats.contains(value.get_ref<const std::string&>())) out[key] = value;
    if (key == "minItems" && (value == Json(0) || value == Json(1))) out[key] = value;
  }
  return out;
}

/// Forbids unlisted members of an object. False if the schema consists of unlisted members.
bool close_object(Json& schema) {
  const Json more = schema.value("additionalProperties", Json());
  if (more.is_object()) return false;
  if (more != Json(false) && schema.value("properties", Json::object()).empty()) return false;
  schema["additionalProperties"] = false;
  return true;
}

bool close_below(Json& schema) {
  if (!schema.is_object() || schema.contains("allOf") || schema.contains("patternProperties")) return false;
  schema = known_to_anthropic(schema);
  if (is_object_schema(schema) && !close_object(schema)) return false;
  for (auto& [key, value] : schema.items()) {
    if (key == "items" && !close_below(value)) return false;
    if ((maps.contains(key) || lists.contains(key)) && !std::ranges::all_of(value, close_below)) return false;
  }
  return true;
}

}  // namespace

bool sends_schema(const ProviderConfig& config, const Endpoint& endpoint, std::string_view vendors_domain) {
  const std::string& host = endpoint.host;
  const bool own = host == vendors_domain || host.ends_with("." + std::string(vendors_domain));
  return config.structured_output.value_or(own);
}

bool fits_strict(const Json& schema) {
  return schema.is_object() && is_object_schema(schema) && !schema.contains("anyOf") && fits_strict_below(schema);
}

std::optional<Json> closed_schema(const Json& schema) {
  Json out = schema;
  return close_below(out) ? std::optional(std::move(out)) : std::nullopt;
}

std::string system_with_schema(const ModelRequest& request) {
  if (!request.output_schema.is_object()) return request.system;
  return request.system + (request.system.empty() ? "" : "\n\n") +
         "Your final answer is one JSON object and nothing else, neither a word around it nor a code fence. It fits "
         "this JSON Schema:\n" +
         dump_json(request.output_schema);
}

void put_default(Json& body, const char* place, const char* key, Json value) {
  Json& holder = body[place];
  if (holder.is_null()) holder = Json::object();
  if (holder.is_object() && !holder.contains(key)) holder[key] = std::move(value);
}

}  // namespace nowd
