// Reads the arguments of nowctl into the options of one command.
#pragma once

#include <string>
#include <vector>

#include "ctl/cli/command.hpp"

namespace nowd::ctl {

struct CommandLine {
  Globals globals;
  Command command;   ///< its targets are filled
  std::string text;  ///< of --help or --version: to be printed instead of running `command`
};

/// --config, --database, --format and so on; they fill members of `globals`.
std::vector<Option> global_options(Globals& globals);

/// Chooses one of `commands` and fills its options. Global options are accepted before and after the command; of a
/// repeated option the last one counts. Errors: `invalid`, one line that names the fault and the help to read.
Result<CommandLine> read_command_line(int argc, const char* const* argv, const std::vector<Command>& commands);

}  // namespace nowd::ctl
