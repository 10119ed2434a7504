// Pieces of requests that several dialects share.
#pragma once

#include <string>
#include <string_view>

#include "domain/model/messages.hpp"
#include "providers/wire/dialect.hpp"
#include "providers/wire/endpoint.hpp"

namespace nowd {

/// The tool's schema as an object schema with `type` and `properties`, which some APIs insist on.
Json object_schema(const ToolOffer& offer);

/// The arguments of a call in the history: as they are, or "{}" where they are no JSON object. Servers parse them, and
/// answer 400 to all that follows; what was wrong with them is told in the call's result.
std::string readable_arguments(const ProposedCall& call);
Json readable_input(const ProposedCall& call);

/// Sets a member of the body; null takes it out, what nowd itself puts there included.
void put_param(Json& body, const std::string& key, const Json& value);

/// Puts `params` over the body, but for the keys that are nowd's own.
void merge_params(Json& body, const Json& params, bool (*reserved)(std::string_view key));

/// The key as OpenAI's APIs want it; nothing for an empty one.
Headers bearer(const Secret& key);

/// What a message carries for this API, a list; nothing if it carries none, or another's.
const Json* carried_list(const Message& message, std::string_view api);

/// The URL of a resource, whether the base is written with its version or without: `version` ("/v1") is put in unless
/// the path of the base has a segment that is one ("/v1", "/v1beta").
/// `query` ("alt=sse") is put after the base's own.
std::string versioned_url(const Endpoint& endpoint, std::string_view version, std::string_view resource,
                          std::string_view query = "");

}  // namespace nowd
