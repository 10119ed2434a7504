#include "providers/wire/encode.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "providers/wire/wire.hpp"

namespace nowd {
namespace {

bool names_version(std::string_view path) {
  for (std::size_t at = path.find("/v"); at != path.npos; at = path.find("/v", at + 1))
    if (at + 2 < path.size() && std::isdigit(static_cast<unsigned char>(path[at + 2])) != 0) return true;
  return false;
}

}  // namespace

Json readable_input(const ProposedCall& call) {
  Result<Json> parsed = parse_json(call.arguments);
  return parsed && parsed->is_object() ? std::move(*parsed) : Json::object();
}

std::string readable_arguments(const ProposedCall& call) {
  const Result<Json> parsed = parse_json(call.arguments);
  return parsed && parsed->is_object() ? call.arguments : "{}";
}

void put_param(Json& body, const std::string& key, const Json& value) {
  if (value.is_null())
    body.erase(key);
  else
    body[key] = value;
}

/// No API accepts alternatives at the top level of a tool's schema. Their properties move to the top level instead;
/// nowd itself checks the arguments against the original schema.
static void spread_alternatives(Json& schema) {
  for (const char* key : {"anyOf", "oneOf", "allOf"}) {
    const auto found = schema.find(key);
    if (found == schema.end()) continue;
    const Json alternatives = std::move(*found);
    schema.erase(found);
    for (const Json* each : each_of(&alternatives)) {
      if (const Json* properties = member(*each, "properties"); properties && properties->is_object())
        for (const auto& [name, property] : properties->items())
          if (!schema["properties"].contains(name)) schema["properties"][name] = property;
      const Json* required = member(*each, "required");
      if (std::string_view(key) == "allOf" && required && required->is_array())
        for (const Json& name : *required) schema["required"].push_back(name);
    }
  }
}

Json object_schema(const ToolOffer& offer) {
  Json schema = offer.input.is_object() ? offer.input : Json::object();
  spread_alternatives(schema);
  if (!schema.contains("type")) schema["type"] = "object";
  if (!schema.contains("properties")) schema["properties"] = Json::object();
  return schema;
}

void merge_params(Json& body, const Json& params, ReservedParams reserved) {
  if (!params.is_object()) return;
  for (const auto& [key, value] : params.items())
    if (std::ranges::find(reserved, key) == reserved.end()) put_param(body, key, value);
}

Headers bearer(const Secret& key) {
  if (key.empty()) return {};
  return {{"Authorization", "Bearer " + key.reveal()}};
}

const Json* carried_list(const Message& message, std::string_view api) {
  const bool ours = message.carried && message.carried->api == api && message.carried->value.is_array();
  return ours && !message.carried->value.empty() ? &message.carried->value : nullptr;
}

std::string versioned_url(const Endpoint& endpoint, std::string_view version, std::string_view resource,
                          std::string_view query) {
  std::string url = endpoint.url((names_version(endpoint.path) ? "" : std::string(version)) + std::string(resource));
  if (!query.empty()) url.append(endpoint.query.empty() ? "?" : "&").append(query);
  return url;
}

}  // namespace nowd
