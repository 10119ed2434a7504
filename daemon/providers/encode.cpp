#include "providers/encode.hpp"

#include <cctype>
#include <nlohmann/json.hpp>

namespace nowd {
namespace {

bool names_version(std::string_view path) {
  for (std::size_t at = path.find("/v"); at != path.npos; at = path.find("/v", at + 1))
    if (at + 2 < path.size() && std::isdigit(static_cast<unsigned char>(path[at + 2])) != 0) return true;
  return false;
}

}  // namespace

Json object_schema(const ToolOffer& offer) {
  Json schema = offer.input.is_object() ? offer.input : Json::object();
  if (!schema.contains("type")) schema["type"] = "object";
  if (!schema.contains("properties")) schema["properties"] = Json::object();
  return schema;
}

void merge_params(Json& body, const Json& params, bool (*reserved)(std::string_view key)) {
  if (!params.is_object()) return;
  for (const auto& [key, value] : params.items())
    if (!reserved(key)) body[key] = value;
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
