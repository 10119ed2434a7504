// The one place where dialects are registered: a new one is a line in `dialects`.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "providers/exchange.hpp"
#include "providers/openai_chat.hpp"
#include "providers/script.hpp"

namespace nowd {
namespace {

struct Registered {
  std::string_view api;
  std::string_view default_base_url;
  std::unique_ptr<Dialect> (*make)(const ProviderConfig&, const Endpoint&);
  bool (*reserved)(std::string_view key);  ///< keys of `params` that nowd sets itself
};

constexpr std::array<Registered, 1> dialects{{
    {"openai-chat", "https://api.openai.com/v1", make_openai_chat, reserved_openai_chat_param},
}};

constexpr std::array<std::string_view, 3> planned{"openai-responses", "anthropic", "gemini"};

Error not_registered(const ProviderConfig& config) {
  const bool known = std::find(planned.begin(), planned.end(), config.api) != planned.end();
  std::string message = "providers." + config.name + ".api: '" + config.api + "' is not " +
                        (known ? "supported yet" : "known") + "; use ";
  for (const Registered& dialect : dialects) message += std::string(dialect.api) + ", ";
  return invalid(message + "script");
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
    if (dialect.reserved(key))
      return invalid("providers." + config.name + ".params: '" + key + "' is set by nowd; remove it");
  return {};
}

}  // namespace

Result<std::unique_ptr<Provider>> make_provider(const ProviderConfig& config, HttpClient& http, const Clock& clock,
                                                SecretReader secrets, boost::asio::any_io_executor executor) {
  if (config.api == "script") return std::unique_ptr<Provider>(new ScriptProvider(config, clock, std::move(executor)));
  const auto* dialect =
      std::find_if(dialects.begin(), dialects.end(), [&](const Registered& one) { return one.api == config.api; });
  if (dialect == dialects.end()) return not_registered(config);
  if (config.model.empty()) return invalid("providers." + config.name + ".model is missing");
  if (auto error = check_params(config, *dialect)) return *error;
  Result<Endpoint> endpoint = endpoint_of(config, *dialect);
  if (!endpoint) return endpoint.error();
  auto made = dialect->make(config, *endpoint);
  return std::unique_ptr<Provider>(
      new HttpProvider(config, std::move(*endpoint), std::move(made), http, clock, std::move(secrets)));
}

}  // namespace nowd
