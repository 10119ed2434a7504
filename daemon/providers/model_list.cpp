#include "providers/model_list.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "foundation/json.hpp"
#include "providers/registry.hpp"

namespace nowd {
namespace {

/// "claude-opus-4-1" stands for "claude-opus-4-1-20250805".
bool is_dated(std::string_view name, const std::string& model) {
  if (!name.starts_with(model + "-")) return false;
  name.remove_prefix(model.size() + 1);
  return name.size() == 8 && name.find_first_not_of("0123456789") == name.npos;
}

}  // namespace

Result<HttpRequest> plan_model_list(const ProviderConfig& config, const Secret& key) {
  const Result<Spoken> spoken = make_dialect(config);
  if (!spoken) return spoken.error();
  HttpRequest request;
  request.url = spoken->dialect->models_url();
  request.headers = spoken->dialect->headers(key);
  request.headers.emplace_back("Accept", "application/json");
  request.use_proxy = !spoken->endpoint.is_local();
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
    return name == model || name == model + ":latest" || name == "models/" + model || is_dated(name, model);
  });
}

}  // namespace nowd
