// The dialects by the name of their API, and the list of models that a provider offers.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/job/config.hpp"
#include "foundation/secret.hpp"
#include "net/http/http_client.hpp"
#include "providers/wire/dialect.hpp"
#include "providers/wire/endpoint.hpp"

namespace nowd {

/// A dialect for the endpoint of one provider.
struct BoundDialect {
  std::unique_ptr<Dialect> dialect;
  Endpoint endpoint;
};

/// The dialect of a provider with an HTTP API, at its base URL or, by default, at the vendor's. Errors: `invalid` for
/// an unknown api, an invalid base URL, reserved `params`, and stop words that the API already defines.
Result<BoundDialect> make_dialect(const ProviderConfig& config);

// The list of a provider's models: a free request, which also shows that the provider is reachable.

/// A GET of the list. Sends no header for an empty key. Requires: an API over HTTP. Errors: those of make_dialect().
Result<HttpRequest> plan_model_list(const ProviderConfig& config, const Secret& key);

/// The names in an answer, in the forms of OpenAI and Anthropic ("data": [{"id"}]) and Gemini ("models": [{"name"}]);
/// nothing for another form.
std::optional<std::vector<std::string>> model_names(std::string_view body);

/// True if the list has the model. "name" also matches "name:latest" (Ollama), "models/name" (Gemini) and
/// "name-20250805" (Anthropic).
bool lists_model(const std::vector<std::string>& names, const std::string& model);

}  // namespace nowd
