// sql: a query of the configuration with its tokens as parameters, so that no value can become part of the query.
#pragma once

#include <string>
#include <vector>

#include "tools/calls/exec_call.hpp"
#include "tools/tool.hpp"

namespace nowd {

/// {{tokens}} become $1, $2 …, in their order.
Result<SqlCall> plan_sql(const SqlAction& action, const CallEnvironment& environment, const CallRules& rules);

ToolOutcome sql_outcome(const Result<std::string>& rows, const Reading& started, const Reading& ended,
                        const CallRules& rules, const Zone& zone);

}  // namespace nowd
