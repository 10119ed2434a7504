// Commands of tools and inputs: builds the command from configuration and run, and the outcome from its end. Pure.
#pragma once

#include "net/process/process.hpp"
#include "tools/calls/http_call.hpp"
#include "tools/tool.hpp"

namespace nowd {

/// For a tool: argv as configured, and the arguments as one JSON object on stdin. For an input (null arguments): argv
/// is a list of templates. The environment is PATH, HOME=/, LANG=C.UTF-8 and the NOWD_ variables; nothing is inherited.
/// Errors: `refused` if a value would become the program or an option, `invalid` for a bad template.
Result<Command> plan_exec(const ExecAction& action, const Json& arguments, const CallEnvironment& environment,
                          const CallRules& rules);

/// Exit 0: confirmed. Another code: failed. A signal or a timeout: unknown, because the command may have acted before.
ToolOutcome exec_outcome(const CommandResult& ended, const CallRules& rules, const Zone& zone);

}  // namespace nowd
