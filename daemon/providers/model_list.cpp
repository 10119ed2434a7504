#include "providers/model_list.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "foundation/json.hpp"
#include "providers/endpoint.hpp"
#include "providers/openai_chat.hpp"

namespace nowd {

Result<HttpRequest> plan_model_list(const ProviderConfig& config, const Secret& key) {
  const Result<Endpoint> endpoint = parse_endpoint(config.base_url);
  if (!endpoint) return invalid("base_url " + endpoint.error().message);
  HttpRequest request;
  request.url = endpoint->url("/models");
  request.headers = make_openai_chat(config, *endpoint)->headers(key);
  request.headers.emplace_back("Accept", "application/json");
  request.use_proxy = !endpoint->is_local();
  return request;
}

std::optional<std::vector<std::string>> model_names(std::string_view body) {
  const Result<Json> answer = parse_json(std::string(body));
  if (!answer || !answer->is_object()) return std::nullopt;
  for (const auto& [list, name] : {std::pair("data", "id"), std::pair("models", "name")}) {
    if (!answer->contains(list) || !answer->at(list).is_array()) continue;
    std::vector<std::string> names;
    for (const Json& each : answer->at(list))
      if (each.is_object() && each.contains(name) && each.at(name).is_string())
        names.push_back(each.at(name).get<std::string>());
    return names;
  }
  return std::nullopt;
}

bool lists_model(const std::vector<std::string>& names, const std::string& model) {
  return std::ranges::any_of(names, [&](const std::string& name) {
    return name == model || name == model + ":latest" || name == "models/" + model;
  });
}

}  // namespace nowd
