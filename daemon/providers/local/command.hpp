// A command-line agent's process, made of its configuration and the run: argv, environment, stdin. Starts nothing.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "domain/job/job.hpp"
#include "net/process/process.hpp"
#include "net/process/program.hpp"
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

// `command:`: a program as the agent. What nowd cannot see of it (its model, its clock, its effects) stays empty.

/// What a command's end says. `complete` only for exit 0 with a whole, non-empty output, whose last line breaks are
/// dropped. A failed one keeps its output as text, and the last lines of its errors (or, without any, of its output) as
/// detail. Valid UTF-8, redacted, at most max_bytes.
ModelReply command_reply(const CommandAgent& agent, const CommandResult& ended, const Redactor& redact);

/// Promises: one call is one process, in a group of its own, that does not outlive the call; when the run's wall time
/// is spent it gets TERM, two seconds later KILL. What cannot be started is provider_error, and nothing ran.
class CommandProvider final : public Provider {
 public:
  CommandProvider(CommandAgent agent, const Clock& clock, SecretReader secrets, boost::asio::any_io_executor executor)
      : agent_(std::move(agent)), clock_(clock), secrets_(std::move(secrets)), executor_(std::move(executor)) {}

  boost::asio::awaitable<ModelOutcome> call(ModelRequest request, CallContext context) override;

 private:
  CommandAgent agent_;
  const Clock& clock_;
  SecretReader secrets_;
  boost::asio::any_io_executor executor_;
};

}  // namespace nowd
