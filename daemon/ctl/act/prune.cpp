// prune: deletes rows that are older than the retention of their job.
#include <nlohmann/json.hpp>

#include "ctl/cli/database.hpp"
#include "ctl/cli/report.hpp"
#include "ctl/commands.hpp"
#include "surface/run_record.hpp"
#include "surface/terminal/tables.hpp"

namespace nowd::ctl {
namespace {

struct PruneOptions {
  std::string job;
  bool dry_run = false;
};

/// Adds the numbers of deleted rows (with `dry_run`: of rows to delete) to the rows of view `retention`.
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

/// Messages about several jobs or none: they stay as long as any job keeps its runs.
std::optional<Error> prune_shared_messages(LedgerReader& reader, std::vector<Json>& jobs, bool dry_run) {
  std::vector<Json> shared{{{"job", nullptr}, {"bodies", nullptr}, {"runs", nullptr}}};
  if (const auto error = prune_each(reader, shared, dry_run)) return error;
  if (shared.front().at("deleted_messages") > 0) jobs.push_back(std::move(shared.front()));
  return std::nullopt;
}

std::optional<Error> drop_months(LedgerReader& reader) {
  const Result<int> dropped = reader.drop_empty_months();
  return dropped ? std::nullopt : std::optional(dropped.error());
}

void print_pruned(const Globals& globals, const PruneOptions& options, const std::vector<Json>& jobs) {
  if (globals.json)
    for (const Json& row : jobs) print_line(row);
  else if (!jobs.empty())
    print(pruned_table(jobs, style_of(globals)));
  else
    print(options.job.empty() ? "no job has a retention: everything is kept\n"
                              : "job '" + options.job + "' has no retention: everything is kept\n");
}

int prune(const Globals& globals, const PruneOptions& options) {
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    const std::optional<JobName> one = optional_job(options.job);
    if (const Result<void> known = check_job(reader, one); !known) return fail(known.error());
    Result<std::vector<Json>> jobs = reader.retention(one);
    if (!jobs) return fail(jobs.error());
    const bool some = !jobs->empty();
    if (const auto error = prune_each(reader, *jobs, options.dry_run)) return fail(*error);
    if (some && !one)
      if (const auto error = prune_shared_messages(reader, *jobs, options.dry_run)) return fail(*error);
    if (some && !options.dry_run)
      if (const auto error = drop_months(reader)) return fail(*error);
    print_pruned(globals, options, *jobs);
    return exit_done;
  });
}

}  // namespace

Command prune_command() {
  const auto options = std::make_shared<PruneOptions>();
  return {.name = "prune",
          .group = Group::acting,
          .summary = "delete rows that are older than the jobs' retention",
          .text = R"(Deletes rows that are older than their job's retention (the daemon does the same
every hour): texts after `retention: bodies`, runs with all their rows after
`retention: runs`, and then messages about the job that belong to no run.
Messages about several jobs or none stay as long as any job keeps its runs. A
job without retention keeps everything.

It never deletes live runs, effects in doubt and their runs, messages that are
not delivered yet, rows that an open alert refers to, and a job's last success.
The fate of each occurrence stays, so nothing runs again.)",
          .options = {{"--job", "JOB", &options->job, "delete only rows of this job"},
                      {"--dry-run", "", &options->dry_run, "count the rows to delete, delete nothing"}},
          .database = ledger_to_change,
          .json = R"({"job", "bodies", "runs" (kept for, in seconds), "deleted_runs", "deleted_bodies",
"deleted_bytes", "deleted_messages", "dry_run"}; job null: messages about several jobs or none)",
          .run = [options](const Globals& globals) { return prune(globals, *options); }};
}

}  // namespace nowd::ctl
