#include <sys/prctl.h>

#include <exception>
#include <variant>

#include "ctl/cli/commands.hpp"
#include "ctl/cli/report.hpp"

int main(int argc, char** argv) {
  using namespace nowd;
  prctl(PR_SET_DUMPABLE, 0);  // doctor and validate read keys, and a core dump would hold them
  try {
    const Result<ctl::CommandLine> line = ctl::read_command_line(argc, argv);
    if (!line) return ctl::fail(line.error());
    return std::visit([&](const auto& command) { return ctl::run_command(line->globals, command); }, line->command);
  } catch (const std::exception& e) {
    return ctl::fail(ctl::bad, std::string("this should not happen, please report it: ") + e.what());
  }
}
