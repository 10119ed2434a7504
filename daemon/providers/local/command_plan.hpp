// A command-line agent's process, made of its configuration and the run: argv, environment, stdin. Starts nothing.
#pragma once

#include "domain/job/job.hpp"
#include "net/process/account.hpp"
#include "net/process/subprocess.hpp"
#include "providers/wire/provider.hpp"

namespace nowd {

/// How much more than max_bytes is read, so that a secret is seen whole before the text is cut.
inline constexpr std::size_t command_slack = 16 * 1024;

/// stdin is the system text, an empty line and the prompt with its clock block. The environment is PATH, HOME, USER,
/// LOGNAME, LANG, then the agent's own variables, then NOWD_*; nothing else is inherited. TERM comes when the run's
/// wall time is spent. Secrets that go in are added to `redact`. Errors: `refused` where a value would become an
/// option, `invalid` for a bad template, a secret's own.
Result<Command> plan_command(const CommandAgent& agent, const ModelRequest& request, const CallContext& context,
                             const Account& account, const SecretReader& secrets, Redactor& redact);

}  // namespace nowd
