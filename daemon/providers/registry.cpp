// The table of dialects: a new dialect is a line in `dialects`.
#include "providers/registry.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "foundation/json.hpp"
#include "providers/anthropic/anthropic.hpp"
#include "providers/exchange.hpp"
#include "providers/gemini/gemini.hpp"
#include "providers/local/script.hpp"
#include "providers/openai/openai_chat.hpp"
#include "providers/openai/openai_responses.hpp"
#include "providers/reply/stop_words.hpp"

namespace nowd {
namespace {

struct Registered {
  std::string_view api;
  std::string_view default_base_url;
  std::unique_ptr<Dialect> (*make)(const ProviderConfig&, const Endpoint&);
  ReservedParams reserved;
};

constexpr std::string_view openai = "https://api.openai.com/v1";

constexpr std::array<Registered, 4> dialects{{
    {openai_chat_api, openai, make_openai_chat, openai_chat_reserved_params},
    {openai_responses_api, openai, make_openai_responses, openai_responses_reserved_params},
    {anthropic_api, "https://api.anthropic.com/v1", make_anthropic, anthropic_reserved_params},
    {gemini_api, "https://generativelanguage.googleapis.com/v1beta", make_gemini, gemini_reserved_params},
}};

Error not_registered(const ProviderConfig& config) {
  std::string message = "providers." + config.name + ".api: '" + config.api + "' is not known; use ";
  for (const Registered& dialect : dialects) message += std::string(dialect.api) + ", ";
  return invalid(message + std::string(script_api));
}

Result<Endpoint> endpoint_of(const ProviderConfig& config, const Registered& dialect) {
  const std::string url = config.base_url.empty() ? std::string(dialect.default_base_url) : config.base_url;
  Result<Endpoint> endpoint = parse_endpoint(url);
  if (!endpoint) return invalid("providers." + config.name + ".base_url " + endpoint.error().message);
  return endpoint;
}

std::optional<Error> check_params(const ProviderConfig& config, const Registered& dialect) {
  if (!config.params.is_object()) return {};
  for (const auto& [key, value] : config.params.items())
    if (std::ranges::find(dialect.reserved, key) != dialect.reserved.end())
      return invalid("providers." + config.name + ".params: '" + key + "' is set by nowd; remove it");
  return {};
}

/// The configuration must not redefine a word of the API.
std::optional<Error> check_stop_words(const ProviderConfig& config) {
  for (const auto& [word, unused] : config.stop_words)
    if (const StopWord known = stop_word(config.api, word); known.stop != Stop::unknown)
      return invalid("providers." + config.name + ".stop_words: '" + word + "' is known as " +
                     std::string(to_string(known.stop)) + "; remove it");
  return {};
}

}  // namespace

Result<BoundDialect> make_dialect(const ProviderConfig& config) {
  const auto dialect = std::ranges::find(dialects, config.api, &Registered::api);
  if (dialect == dialects.end()) return not_registered(config);
  if (auto error = check_params(config, *dialect)) return *error;
  if (auto error = check_stop_words(config)) return *error;
  Result<Endpoint> endpoint = endpoint_of(config, *dialect);
  if (!endpoint) return endpoint.error();
  return BoundDialect{dialect->make(config, *endpoint), std::move(*endpoint)};
}

Result<std::unique_ptr<Provider>> make_provider(const ProviderConfig& config, HttpClient& http, const Clock& clock,
                                                SecretReader secrets, boost::asio::any_io_executor executor) {
  if (config.api == script_api)
    return std::unique_ptr<Provider>(new ScriptProvider(config, clock, std::move(executor)));
  Result<BoundDialect> spoken = make_dialect(config);
  if (!spoken) return spoken.error();
  if (config.model.empty()) return invalid("providers." + config.name + ".model is missing");
  return std::unique_ptr<Provider>(new HttpProvider(config, std::move(spoken->endpoint), std::move(spoken->dialect),
                                                    http, clock, std::move(secrets)));
}

namespace {

/// "claude-opus-4-1" matches "claude-opus-4-1-20250805".
bool is_dated(std::string_view name, const std::string& model) {
  if (!name.starts_with(model + "-")) return false;
  name.remove_prefix(model.size() + 1);
  return name.size() == 8 && name.find_first_not_of("0123456789") == name.npos;
}

}  // namespace

Result<HttpRequest> plan_model_list(const ProviderConfig& config, const Secret& key) {
  const Result<BoundDialect> spoken = make_dialect(config);
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
