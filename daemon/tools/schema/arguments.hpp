// Arguments of tool calls: checks them against their schema and adds the bound ones. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "domain/job/config.hpp"
#include "domain/prompt/template.hpp"
#include "foundation/error.hpp"
#include "foundation/json.hpp"

namespace nowd {

/// Checks arguments (the raw text of a proposed call) against a schema. Errors: `invalid`, with the argument, its value
/// and the rule of the schema, so that a model can correct the call. Rejects remote $refs.
Result<Json> check_arguments(const Json& schema, std::string_view raw);
/// The fault of a schema, or nothing. For the check at load.
std::optional<std::string> check_schema(const Json& schema);
/// The fault of a job's output schema: "output.schema: …", or nothing.
std::optional<std::string> fault_in_output(const OutputRules& rules);

/// The schema without the bound arguments (the model does not see them), and the arguments with them.
Json without_bound(const Json& schema, const std::map<std::string, Json>& bind);
Result<Json> with_bound(Json arguments, const std::map<std::string, Json>& bind, const TemplateValues& values);

}  // namespace nowd
