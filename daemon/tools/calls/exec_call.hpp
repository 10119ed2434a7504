// One command of a tool or an input: the command from configuration and run, the outcome from how it ended. Pure.
#pragma once

#include "net/process/process.hpp"
#include "tools/calls/http_call.hpp"
#include "tools/tool.hpp"

namespace nowd {

/// A tool's argv goes out as configured, its arguments as one JSON object on stdin. An input's argv (null arguments) is
/// made of templates. The environment is PATH, HOME=/, LANG=C.UTF-8 and the NOWD_ variables; nothing is inherited.
/// Errors: `refused` if a value would become the program or an option, `invalid` for a bad template.
Result<Command> plan_exec(const ExecAction& action, const Json& arguments, const CallEnvironment& environment,
                          const CallRules& rules);

/// Exit 0 confirmed; another code failed; a signal or a timeout unknown, since it may have done its work before.
ToolOutcome exec_outcome(const CommandResult& ended, const CallRules& rules, const Zone& zone);

}  // namespace nowd
