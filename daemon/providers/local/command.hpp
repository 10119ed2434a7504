// `command:`: a program as the agent. What nowd cannot see of it (its model, its clock, its effects) stays empty.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "domain/job/job.hpp"
#include "net/process/subprocess.hpp"
#include "providers/wire/provider.hpp"

namespace nowd {

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
