#include <nlohmann/json.hpp>

#include "ctl/cli/commands.hpp"
#include "ctl/cli/database.hpp"
#include "ctl/cli/report.hpp"
#include "surface/run_record.hpp"
#include "surface/terminal/tables.hpp"

namespace nowd::ctl {
namespace {

/// Adds what was deleted, or would be, to the rows of view `retention`.
std::optional<Error> prune_each(LedgerReader& reader, std::vector<Json>& jobs, bool dry_run) {
  for (Json& row : jobs) {
    const bool of_a_job = !row.at("job").is_null();
    const auto gone = reader.prune(of_a_job ? std::optional(row::text(row, "job")) : std::nullopt, dry_run);
    if (!gone) return gone.error();
    row["deleted_runs"] = gone->runs;
    row["deleted_bodies"] = gone->bodies;
    row["deleted_bytes"] = gone->bytes;
    row["deleted_messages"] = gone->messages;
    row["dry_run"] = dry_run;
  }
  return std::nullopt;
}

/// What is about several jobs or none goes by the retention of all jobs.
std::optional<Error> prune_what_is_nobodys(LedgerReader& reader, std::vector<Json>& jobs, bool dry_run) {
  std::vector<Json> nobody{{{"job", nullptr}, {"bodies", nullptr}, {"runs", nullptr}}};
  if (const auto error = prune_each(reader, nobody, dry_run)) return error;
  if (nobody.front().at("deleted_messages") > 0) jobs.push_back(std::move(nobody.front()));
  return std::nullopt;
}

std::optional<Error> drop_months(LedgerReader& reader) {
  const Result<int> dropped = reader.drop_empty_months();
  return dropped ? std::nullopt : std::optional(dropped.error());
}

void tell(const Globals& globals, const Prune& command, const std::vector<Json>& jobs) {
  if (globals.json)
    for (const Json& row : jobs) print_line(row);
  else if (!jobs.empty())
    print(pruned_table(jobs, style_of(globals)));
  else
    print(command.job.empty() ? "no job has a retention: everything is kept\n"
                              : "job '" + command.job + "' has no retention: everything is kept\n");
}

}  // namespace

int run_command(const Globals& globals, const Prune& command) {
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    std::optional<JobName> one;
    if (!command.job.empty()) {
      if (const Result<Json> job = reader.job(command.job); !job) return fail(job.error());
      one = command.job;
    }
    Result<std::vector<Json>> jobs = reader.retention(one);
    if (!jobs) return fail(jobs.error());
    const bool some = !jobs->empty();
    if (const auto error = prune_each(reader, *jobs, command.dry_run)) return fail(*error);
    if (some && !one)
      if (const auto error = prune_what_is_nobodys(reader, *jobs, command.dry_run)) return fail(*error);
    if (some && !command.dry_run)
      if (const auto error = drop_months(reader)) return fail(*error);
    tell(globals, command, *jobs);
    return done;
  });
}

}  // namespace nowd::ctl
