// Commands as sinks: what is run, and what its end means for the message. Pure but for the look-up of the command.
#pragma once

#include <string>

#include "domain/delivery/outbox.hpp"
#include "domain/delivery/sink.hpp"
#include "foundation/error.hpp"
#include "foundation/secret.hpp"
#include "net/process/process.hpp"

namespace nowd {

/// The text goes to stdin. The environment is PATH, HOME=/, LANG=C.UTF-8, the run's NOWD_ variables, NOWD_PURPOSE,
/// NOWD_SUBJECT, NOWD_STATE, NOWD_VERDICT and NOWD_IDEMPOTENCY_KEY; nothing is inherited. The command itself is no
/// template. Errors: `refused` if a value would become an option, `invalid` for a bad template.
Result<Command> plan_command(const ExecSink& sink, milliseconds timeout, const Delivery& delivery, Now now);

/// Exit 0 delivered; another exit again, with the last line of what it complained about; killed or out of time unknown.
/// A command can print what it finds, and nowd's own keys lie on the same host: `redact` knows them.
SendOutcome judge(const CommandResult& result, const Redactor& redact);

/// The path of the command, if it is there and executable. Errors: `invalid`, with the remedy.
Result<std::string> find_command(const ExecSink& sink);

/// The command for people, quoted as a shell would read it.
Result<std::string> command_preview(const ExecSink& sink, const Delivery& delivery, Now now);

}  // namespace nowd
