// The output schema of a request: in the form that an API accepts, or in words. Pure.
#pragma once

#include <optional>
#include <string>

#include "domain/job/config.hpp"
#include "domain/model/messages.hpp"
#include "providers/wire/endpoint.hpp"

namespace nowd {

/// The name of the schema for APIs that require one. Constant, so that prompt caches stay valid.
inline constexpr std::string_view output_schema_name = "output";

/// True if the request sends the schema in the API's own form: `structured_output` decides, or else the host must
/// belong to the vendor, because a server that imitates an API may refuse an unknown field.
bool sends_schema(const ProviderConfig& config, const Endpoint& endpoint, std::string_view vendors_domain);

/// True if OpenAI's strict mode accepts the schema: every object requires all its properties and allows no others, and
/// strict mode supports every keyword.
/// https://platform.openai.com/docs/guides/structured-outputs, supported schemas
bool fits_strict(const Json& schema);

/// The schema for Anthropic's API, which requires closed objects and supports few limits. The result omits unsupported
/// limits (nowd checks the answer against the full schema anyway) and is otherwise at least as strict as the schema.
/// Nothing if an object allows unlisted members, or for allOf.
/// https://platform.claude.com/docs/en/build-with-claude/structured-outputs, JSON Schema limitations
std::optional<Json> closed_schema(const Json& schema);

/// The system text, with the request's schema in words, if any. For requests that do not send the schema in another
/// form.
std::string system_with_schema(const ModelRequest& request);

/// Sets body[place][key] unless `params` have set it.
void put_default(Json& body, const char* place, const char* key, Json value);

}  // namespace nowd
