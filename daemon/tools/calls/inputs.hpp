// sql: a query of the configuration with its tokens as parameters, so that no value can become part of the query.
#pragma once

#include <string>
#include <vector>

#include "tools/calls/exec_call.hpp"
#include "tools/calls/http_call.hpp"
#include "tools/tool.hpp"

namespace nowd {

/// {{tokens}} become $1, $2 …, in their order.
Result<SqlCall> plan_sql(const SqlAction& action, const CallEnvironment& environment, const CallRules& rules);

ToolOutcome sql_outcome(const Result<std::string>& rows, const Reading& started, const Reading& ended,
                        const CallRules& rules, const Zone& zone);

// An input that is a file.

/// Reads a regular file, at most as much as the rules allow. A path with values in it may not climb: the template must
/// begin with "/", and values may bring no "..". Directories, devices and pipes are refused. Blocks for as long as the
/// file system does: call it on a thread of its own.
ToolOutcome read_file_input(const FileAction& action, const CallEnvironment& environment, const CallRules& rules,
                            const Clock& clock);

}  // namespace nowd
