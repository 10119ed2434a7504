// Words for what went wrong between nowd and a provider: what, where, and what to do about it.
#pragma once

#include <string>

#include "domain/job/config.hpp"
#include "net/http/http_client.hpp"
#include "providers/wire/endpoint.hpp"
#include "providers/wire/wire.hpp"

namespace nowd {

/// "401 from api.openai.com: check the key (providers.primary.key); it says: invalid_api_key, Incorrect API key …".
std::string describe_status(const ProviderConfig& config, const Endpoint& endpoint, const HttpResponse& response,
                            const WireError& error);
/// The same for an exchange that failed on the way. Its own message names URL and cause already.
std::string describe_failure(const ProviderConfig& config, const Error& error, bool anything_arrived);

}  // namespace nowd
