#include <sys/prctl.h>

#include <exception>

#include "ctl/cli/command_line.hpp"
#include "ctl/cli/report.hpp"
#include "ctl/commands.hpp"

int main(int argc, char** argv) {
  using namespace nowd;
  prctl(PR_SET_DUMPABLE, 0);  // doctor and validate read secrets, and a core dump would contain them
  try {
    const Result<ctl::CommandLine> line = ctl::read_command_line(argc, argv, ctl::all_commands());
    if (!line) return ctl::fail(line.error());
    if (line->text.empty()) return line->command.run(line->globals);
    ctl::print(line->text);
    return exit_done;
  } catch (const std::exception& e) {
    return ctl::fail(exit_bad, std::string("this should not happen, please report it: ") + e.what());
  }
}
