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

struct Spoken {
  std::unique_ptr<Dialect> dialect;
  Endpoint endpoint;
};

/// The dialect of a provider that is reached over HTTP, at its base URL or, without one, at the vendor's own. Errors:
/// `invalid` for an api that is not known, a base URL that is none, and params that nowd sets itself.
Result<Spoken> make_dialect(const ProviderConfig& config);

// Asking a provider which models it has: a request that is free of charge, to see whether it is there.

/// A GET for the list. An empty key sends none. Requires: an API over HTTP. Errors: those of make_dialect().
Result<HttpRequest> plan_model_list(const ProviderConfig& config, const Secret& key);

/// The names in an answer, in the forms of OpenAI and Anthropic ("data": [{"id"}]) and Gemini ("models": [{"name"}]);
/// nothing if it is neither.
std::optional<std::vector<std::string>> model_names(std::string_view body);

/// Whether a list has a model. "name" stands for "name:latest" (Ollama), "models/name" (Gemini) and "name-20250805"
/// (Anthropic) too.
bool lists_model(const std::vector<std::string>& names, const std::string& model);

}  // namespace nowd
