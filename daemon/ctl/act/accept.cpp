// clock accept, ledger accept: a person says that dispatch may go on.
#include <nlohmann/json.hpp>

#include "ctl/cli/commands.hpp"
#include "ctl/cli/database.hpp"
#include "ctl/cli/report.hpp"

namespace nowd::ctl {

int run_command(const Globals& globals, const Accept& command) {
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    const Result<std::int64_t> ended = reader.accept(command.cause, command.reason);
    if (!ended) return fail(ended.error());
    if (globals.json)
      print_line({{"cause", command.cause}, {"holds_ended", *ended}});
    else
      print(command.cause == "clock"
                ? "the clocks are accepted as they are: dispatch goes on, and what was missed meanwhile is judged\n"
                : "this ledger is accepted as it is: dispatch goes on from what stands in it\n");
    return done;
  });
}

}  // namespace nowd::ctl
