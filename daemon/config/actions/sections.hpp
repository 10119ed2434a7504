// Tools, and the actions exec, http, file and sql, by which an input or a tool reaches out. Shared by job files and
// nowd.yaml.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "config/actions/checks.hpp"
#include "config/yaml/field.hpp"
#include "domain/job/job.hpp"

namespace nowd {

/// The differences between the two users of an action.
struct ActionUse {
  enum class By { input, tool };
  By by = By::input;
  TemplateScope scope;        ///< an input's: earlier inputs; a tool's: its arguments, for {slots} and the body
  bool any_argument = false;  ///< a tool without declared properties: every argument name may come
};

/// argv: never empty, never a shell string.
std::optional<ExecAction> read_exec(const Field& field, const ActionUse& use);
std::optional<HttpAction> read_http(const Field& field, const ActionUse& use);
std::optional<FileAction> read_file(const Field& field, const ActionUse& use);
/// A query, or {query, database}.
std::optional<SqlAction> read_sql(const Field& field, const ActionUse& use);

/// Header values may hold ${credential:NAME} and ${env:NAME}.
std::map<std::string, std::string> read_headers(const Field& field, const ActionUse& use);

/// "/a/*/b", or "header:NAME" where there are headers.
std::optional<std::string> read_data_time(const Field& field, bool has_headers);

/// The tool that every job knows, without a declaration (date arithmetic and zone conversion).
inline constexpr std::string_view clock_tool_name = "clock";

/// A tool of nowd.yaml; nothing if it has faults, which are reported.
std::optional<Tool> read_tool(const std::string& name, const Field& field);

/// The names of a JSON Schema's properties; empty if it declares none.
std::set<std::string> properties_of(const Json& schema);
/// Whether a schema names properties: without names, every argument is possible.
bool declares_properties(const Json& schema);

}  // namespace nowd
