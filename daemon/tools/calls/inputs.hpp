// Inputs from a database and from a file.
#pragma once

#include <string>
#include <vector>

#include "tools/calls/exec_call.hpp"
#include "tools/calls/http_call.hpp"
#include "tools/tool.hpp"

namespace nowd {

/// {{tokens}} become the parameters $1, $2 … in their order, so that no value can become part of the query.
Result<SqlCall> plan_sql(const SqlAction& action, const CallEnvironment& environment, const CallRules& rules);

ToolOutcome sql_outcome(const Result<std::string>& rows, const Reading& started, const Reading& ended,
                        const CallRules& rules, const Zone& zone);

/// Reads a regular file up to the limit of the rules. The path template must begin with "/", and its values must not
/// contain
/// "..". Refuses directories, devices and pipes. May block as long as the file system: call it on a separate thread.
ToolOutcome read_file_input(const FileAction& action, const CallEnvironment& environment, const CallRules& rules,
                            const Clock& clock);

}  // namespace nowd
