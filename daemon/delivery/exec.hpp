// Commands as sinks: the command of a message, and the meaning of its end. Pure, except find_command().
#pragma once

#include <string>

#include "domain/delivery/outbox.hpp"
#include "domain/delivery/sink.hpp"
#include "foundation/error.hpp"
#include "foundation/secret.hpp"
#include "net/process/process.hpp"

namespace nowd {

/// The text goes to stdin. The environment is PATH, HOME=/, LANG=C.UTF-8, the run's NOWD_ variables, NOWD_PURPOSE,
/// NOWD_SUBJECT, NOWD_STATE, NOWD_VERDICT and NOWD_IDEMPOTENCY_KEY; nothing is inherited. argv[0] is not
/// a template. Errors: `refused` if a value would become an option, `invalid` for a bad template.
Result<Command> plan_command(const ExecSink& sink, milliseconds timeout, const Delivery& delivery, Now now);

/// Exit 0: delivered. Another exit code: again, with the last line of stderr. A signal or a timeout: unknown.
/// `redact` must know nowd's own keys: they are on the same host, and a command could print them.
SendOutcome judge(const CommandResult& result, const Redactor& redact);

/// The path of the executable command. Errors: `invalid`, with the remedy.
Result<std::string> find_command(const ExecSink& sink);

/// The command for people, quoted as a shell would read it.
Result<std::string> command_preview(const ExecSink& sink, const Delivery& delivery, Now now);

}  // namespace nowd
