// requests: what people and other jobs asked for, and no daemon has taken yet.
#include <nlohmann/json.hpp>

#include "ctl/cli/commands.hpp"
#include "ctl/cli/database.hpp"
#include "ctl/cli/report.hpp"
#include "surface/terminal/tables.hpp"

namespace nowd::ctl {

int run_command(const Globals& globals, const Requests& command) {
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    const auto job = command.job.empty() ? std::nullopt : std::optional(command.job);
    if (job)
      if (const Result<Json> known = reader.job(*job); !known) return fail(known.error());
    const Result<std::vector<Json>> rows = reader.waiting_requests(job);
    if (!rows) return fail(rows.error());
    if (globals.json)
      for (const Json& row : *rows) print_line(row);
    else if (rows->empty())
      print("no request waits\n");
    else
      print(requests_table(*rows, style_of(globals)));
    return done;
  });
}

}  // namespace nowd::ctl
