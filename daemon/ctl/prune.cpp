#include <nlohmann/json.hpp>

#include "ctl/commands.hpp"
#include "ctl/database.hpp"
#include "ctl/report.hpp"
#include "surface/row.hpp"
#include "surface/table.hpp"

namespace nowd::ctl {
namespace {

/// Adds what was deleted, or would be, to the rows of view `retention`.
std::optional<Error> prune_each(LedgerReader& reader, std::vector<Json>& jobs, bool dry_run) {
  for (Json& row : jobs) {
    const Result<Pruned> gone = reader.prune(row::text(row, "job"), dry_run);
    if (!gone) return gone.error();
    row["deleted_runs"] = gone->runs;
    row["deleted_bodies"] = gone->bodies;
    row["deleted_bytes"] = gone->bytes;
    row["dry_run"] = dry_run;
  }
  if (dry_run || jobs.empty()) return std::nullopt;
  const Result<int> dropped = reader.drop_empty_months();
  return dropped ? std::nullopt : std::optional(dropped.error());
}

void tell(const Globals& globals, const Prune& command, const std::vector<Json>& jobs) {
  if (globals.json)
    for (const Json& row : jobs) print_line(row);
  else if (!jobs.empty())
    print(pruned_table(jobs, style_of(globals)));
  else
    remark(command.job.empty() ? "no job has a retention: everything is kept"
                               : "job '" + command.job + "' has no retention: everything is kept");
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
    if (const auto error = prune_each(reader, *jobs, command.dry_run)) return fail(*error);
    tell(globals, command, *jobs);
    return done;
  });
}

}  // namespace nowd::ctl
