// Arguments of a tool call: checked against their schema, and those that nowd fills in itself. Pure.
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

/// Checks arguments (raw text of a proposed call) against a schema. Errors: `invalid`, naming the argument, the value
/// and what the schema wants, in words a model can act on. Remote $refs are refused.
Result<Json> check_arguments(const Json& schema, std::string_view raw);
/// Whether a schema itself is usable; a message naming the fault if not (at load).
std::optional<std::string> check_schema(const Json& schema);
/// The same of what a job wants as its output: "output.schema: …".
std::optional<std::string> fault_in_output(const OutputRules& rules);

/// The schema without the bound arguments (not offered to the model), and the arguments with them filled in.
Json without_bound(const Json& schema, const std::map<std::string, Json>& bind);
Result<Json> with_bound(Json arguments, const std::map<std::string, Json>& bind, const TemplateValues& values);

}  // namespace nowd
