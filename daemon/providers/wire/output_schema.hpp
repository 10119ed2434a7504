// The schema of an output as an API takes it, or in words. Pure.
#pragma once

#include <optional>
#include <string>

#include "domain/job/config.hpp"
#include "domain/model/messages.hpp"
#include "providers/wire/endpoint.hpp"

namespace nowd {

/// The schema's name where an API wants one. Constant, so that prompt caches stay valid.
inline constexpr std::string_view output_schema_name = "output";

/// Whether the schema goes out in the API's own form: as configured, else if the host is the vendor's own. A server
/// that imitates an API may refuse what it does not know.
bool sends_schema(const ProviderConfig& config, const Endpoint& endpoint, std::string_view vendors_domain);

/// Whether OpenAI's strict mode takes the schema as it stands: every object lists all its properties as required and
/// allows no others, and no word of the schema is one that strict mode does not know.
/// https://platform.openai.com/docs/guides/structured-outputs, supported schemas
bool fits_strict(const Json& schema);

/// The schema as Anthropic's API takes it, which wants every object closed and knows few limits: those it does not know
/// are left out, since nowd holds the answer against them anyway. Whatever fits it fits the schema but for these.
/// Nothing where an object may have members that it does not list, or where schemas are joined by allOf.
/// https://platform.claude.com/docs/en/build-with-claude/structured-outputs, JSON Schema limitations
std::optional<Json> closed_schema(const Json& schema);

/// The system text, with the schema in words if the request has one. For a request whose schema is not sent otherwise.
std::string system_with_schema(const ModelRequest& request);

/// Sets body[place][key] unless `params` have put something there.
void put_unless_there(Json& body, const char* place, const char* key, Json value);

}  // namespace nowd
