// migrate: makes the schema of the ledger.
#include <nlohmann/json.hpp>

#include "ctl/cli/database.hpp"
#include "ctl/cli/report.hpp"
#include "ctl/commands.hpp"
#include "ledger/schema/migrator.hpp"

namespace nowd::ctl {

namespace {

struct MigrateOptions {
  bool dry_run = false, no_roles = false;
};

int migrate_schema(const Globals& globals, const MigrateOptions& options) {
  const Result<std::string> database = database_of(globals);
  if (!database) return fail(database.error());
  const auto report = migrate(*database, {.dry_run = options.dry_run, .no_roles = options.no_roles});
  if (!report) {
    const bool login = report.error().message.starts_with("login: ");
    return login ? fail(exit_no_database, report.error().message) : fail(report.error());
  }
  if (globals.json) {
    print_line({{"applied", report->applied}, {"version", report->version}, {"dry_run", options.dry_run}});
    return exit_done;
  }
  for (const std::string& each : report->remarks) remark(each);
  for (const std::string& name : report->applied) print((options.dry_run ? "would apply " : "applied ") + name + "\n");
  if (report->applied.empty()) print("nothing to do: ");
  print("the schema " +
        std::string(options.dry_run           ? "is"
                    : report->applied.empty() ? "is"
                                              : "is now") +
        " at migration " + std::to_string(report->version) + "\n");
  return exit_done;
}

}  // namespace

Command migrate_command() {
  const auto options = std::make_shared<MigrateOptions>();
  return {.name = "migrate",
          .group = Group::acting,
          .summary = "make the schema, or update it",
          .text = R"(Makes the schema nowd in the database, or updates it: all or nothing; safe to
repeat, and to run twice at once. It makes the roles nowd_owner, nowd_daemon,
nowd_reader, nowd_operator and the login role nowd, and makes nowd_owner the
owner of everything, so it needs a role that may do that. It revokes the right
to make temporary objects in the database from PUBLIC: grant it by name to roles
that need it. On a stock server:

  sudo -u postgres nowctl migrate --database dbname=nowd)",
          .options = {{"--dry-run", "", &options->dry_run, "list the migrations to apply, change nothing"},
                      {"--no-roles", "", &options->no_roles,
                       "make no roles: the role that runs this owns everything (for hosted databases)"}},
          .database = "the database to migrate",
          .json = R"({"applied", "version", "dry_run"})",
          .run = [options](const Globals& globals) { return migrate_schema(globals, *options); }};
}

}  // namespace nowd::ctl
