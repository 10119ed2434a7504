// Pieces of requests that several dialects share.
#pragma once

#include <string>
#include <string_view>

#include "domain/model/messages.hpp"
#include "providers/wire/dialect.hpp"
#include "providers/wire/endpoint.hpp"

namespace nowd {

/// The tool's schema as an object schema with `type` and `properties`, which some APIs require.
Json object_schema(const ToolOffer& offer);

/// The arguments of a call in the history, unchanged, or "{}" if they are not a JSON object: servers parse them and
/// would answer 400 to every further request. The model finds the error in the result of that call.
std::string readable_arguments(const ProposedCall& call);
Json readable_input(const ProposedCall& call);

/// Sets a member of the body; null removes it, also one that nowd has set.
void put_param(Json& body, const std::string& key, const Json& value);

/// Merges `params` over the body, except the reserved keys.
void merge_params(Json& body, const Json& params, ReservedParams reserved);

/// The key as a bearer token (RFC 6750), as OpenAI's APIs expect it. No header for an empty key.
Headers bearer(const Secret& key);

/// The list that a message carries for this API, or nullptr if it carries none or one of another API.
const Json* carried_list(const Message& message, std::string_view api);

/// The URL of a resource below a base URL with or without a version: adds `version` ("/v1") unless the path of the base
/// has a version segment ("/v1", "/v1beta"). Appends `query` ("alt=sse") to the query of the base.
std::string versioned_url(const Endpoint& endpoint, std::string_view version, std::string_view resource,
                          std::string_view query = "");

}  // namespace nowd
