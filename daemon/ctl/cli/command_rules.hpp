// What of a command goes with what: options that exclude or need each other. Errors: `invalid`, with the remedy.
#pragma once

#include "ctl/cli/command_line.hpp"
#include "foundation/error.hpp"

namespace nowd::ctl {

Result<Command> checked(Clocks clocks);
Result<Command> checked(Next next);
Result<Command> checked(Show show);
Result<Command> checked(Run run);
Result<Command> checked(SkipNext skip);
Result<Command> checked(Cancel cancel);
Result<Command> checked(Stops stops);
Result<Command> checked(Completion completion);

}  // namespace nowd::ctl
