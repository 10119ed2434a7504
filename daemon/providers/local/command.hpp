// `command:`: a program as the agent. Its model, clock and effects are invisible to nowd and stay empty.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "domain/job/job.hpp"
#include "net/process/process.hpp"
#include "net/process/program.hpp"
#include "providers/wire/provider.hpp"

namespace nowd {

/// Bytes read beyond max_bytes, so that redaction sees whole secrets before the cut.
inline constexpr std::size_t command_slack = 16 * 1024;

/// The process from configuration and run; starts nothing. stdin is the system text, an empty line and the prompt with
/// its clock block. The environment is PATH, HOME, USER, LOGNAME, LANG, then the agent's own variables, then NOWD_*;
/// nothing is inherited. The process gets TERM at the end of the run's wall time. Adds the secrets in use to `redact`.
/// Errors: `refused` if a value would become an option, `invalid` for a bad template, and those of the secrets.
Result<Command> plan_command(const CommandAgent& agent, const ModelRequest& request, const CallContext& context,
                             const Account& account, const SecretReader& secrets, Redactor& redact);

/// The reply of an ended command. `complete` only for exit 0 with a whole, non-empty output, without its last line
/// breaks. A failed command keeps its output as text, and the last lines of stderr (or else of its output) as detail.
/// Valid UTF-8, redacted, at most max_bytes.
ModelReply command_reply(const CommandAgent& agent, const CommandResult& ended, const Redactor& redact);

/// Promises: one call is one process in a new process group that does not outlive the call. At the end of the run's
/// wall time it gets TERM, two seconds later KILL. If it cannot start: provider_error, and nothing ran.
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
