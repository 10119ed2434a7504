#include "ledger/schema/migrator.hpp"

#include <nlohmann/json.hpp>

#include "ctl/cli/commands.hpp"
#include "ctl/cli/database.hpp"
#include "ctl/cli/report.hpp"

namespace nowd::ctl {

int run_command(const Globals& globals, const Migrate& command) {
  const Result<std::string> database = database_of(globals);
  if (!database) return fail(database.error());
  const auto report = migrate(*database, {.dry_run = command.dry_run, .no_roles = command.no_roles});
  if (!report) {
    // A refused login is no database either.
    const bool login = report.error().message.starts_with("login: ");
    return login ? fail(no_database, report.error().message) : fail(report.error());
  }
  if (globals.json) {
    print_line({{"applied", report->applied}, {"version", report->version}, {"dry_run", command.dry_run}});
    return done;
  }
  for (const std::string& each : report->remarks) remark(each);
  for (const std::string& name : report->applied) print((command.dry_run ? "would apply " : "applied ") + name + "\n");
  if (report->applied.empty()) print("nothing to do: ");
  print("the schema " +
        std::string(command.dry_run           ? "is"
                    : report->applied.empty() ? "is"
                                              : "is now") +
        " at migration " + std::to_string(report->version) + "\n");
  return done;
}

}  // namespace nowd::ctl
