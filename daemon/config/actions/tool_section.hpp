// tools: what nowd.yaml says of one tool (effects.md 1).
#pragma once

#include <optional>
#include <set>
#include <string>

#include "config/yaml/field.hpp"
#include "domain/job/job.hpp"

namespace nowd {

/// The tool that every job knows, without a declaration (date arithmetic and zone conversion).
inline constexpr std::string_view clock_tool_name = "clock";

/// Nothing if anything is wrong with it; what it is, is in the report.
std::optional<Tool> read_tool(const std::string& name, const Field& field);

/// The names of a JSON Schema's properties; empty if it declares none.
std::set<std::string> properties_of(const Json& schema);
/// Whether a schema says anything about its properties: without that every argument is possible.
bool declares_properties(const Json& schema);

}  // namespace nowd
