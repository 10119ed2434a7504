#include "ctl/cli/database.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "config/canonical/canonical.hpp"
#include "config/canonical/schedule_text.hpp"
#include "ctl/cli/argument.hpp"
#include "ctl/cli/report.hpp"
#include "ledger/pg/session/conninfo.hpp"
#include "surface/run_record.hpp"

namespace nowd::ctl {
namespace {

/// An `invalid` error (no schema) contains its remedy already.
std::string with_remedy(const Error& error) {
  std::string text = error.message;
  text.resize(std::min(text.find(" Is the server running"), text.size()));  // libpq's question
  if (error.kind == ErrorKind::unavailable) text += "; see whether Postgres runs, or name another with --database";
  if (error.kind == ErrorKind::refused)
    text += "; check the database's name, or log in as a role that may: --database \"… user=NAME\"";
  return text;
}

Result<Json> newest_run(LedgerReader& reader, const std::optional<JobName>& job) {
  if (const Result<void> known = check_job(reader, job); !known) return known.error();
  const Result<std::vector<Json>> runs = reader.runs({.job = job, .since = {}, .state = {}, .limit = 1});
  if (!runs) return runs.error();
  if (!runs->empty()) return runs->front();
  return invalid(job ? "job '" + *job + "' has not run yet; nowctl next " + *job + " shows when it does"
                     : "the ledger has no runs yet");
}

}  // namespace

std::optional<std::string> first_error(const std::vector<Diagnostic>& diagnostics) {
  const auto found = std::ranges::find(diagnostics, Diagnostic::Severity::error, &Diagnostic::severity);
  return found == diagnostics.end() ? std::nullopt : std::optional(found->str());
}

Result<std::string> database_of(const Globals& globals) {
  if (!globals.database.empty()) return globals.database;
  const LoadedConfig loaded = load_config(globals.config);
  // A fault elsewhere in the file must not keep a person from the ledger.
  if (!loaded.config.database.empty()) {
    Result<std::string> own = without_login(loaded.config.database);
    return own ? own : invalid(globals.config + ": database: " + own.error().message);
  }
  // A fault in a file that the person named is an error. A good file without `database` leaves the PG* variables.
  if (const auto error = first_error(loaded.diagnostics); error && globals.config_named) return invalid(*error);
  return std::string();
}

int with_ledger(const Globals& globals, const std::function<int(LedgerReader&)>& action) {
  const Result<std::string> database = database_of(globals);
  if (!database) return fail(database.error());
  Result<LedgerReader> reader = LedgerReader::open(*database);
  if (!reader) return fail(exit_no_database, with_remedy(reader.error()));
  return action(*reader);
}

int with_job(const Globals& globals, const JobName& name,
             const std::function<int(LedgerReader&, const Json& job)>& action) {
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    const Result<Json> job = reader.job(name);
    return job ? action(reader, *job) : fail(job.error());
  });
}

Result<void> check_job(LedgerReader& reader, const std::optional<JobName>& name) {
  if (name)
    if (const Result<Json> job = reader.job(*name); !job) return job.error();
  return boost::system::in_place_value;
}

Result<RunId> find_run(LedgerReader& reader, const std::string& word) {
  if (const auto number = number_argument("RUN", word, std::numeric_limits<std::int64_t>::max())) return RunId{*number};
  if (word != "latest" && !is_job_name(word))
    return invalid("RUN '" + word + "' is neither the number of a run, nor a job, nor latest; nowctl runs lists them");
  const Result<Json> run = newest_run(reader, word == "latest" ? std::nullopt : std::optional<JobName>(word));
  if (!run) return run.error();
  return RunId{run->at("run").get<std::int64_t>()};
}

Result<std::string> newest_moment(LedgerReader& reader, const JobName& job) {
  const Result<Json> run = newest_run(reader, job);
  if (!run) return run.error();
  return run->at("scheduled_at").get<std::string>();
}

Result<ScheduleInForce> schedule_in_force(const Json& ledger) {
  const Json& revision = ledger.at("revision");
  if (!revision.is_object()) return invalid("the ledger has no revision of this job");
  const Result<Job> job = job_from_canonical(dump_json(revision.at("spec")), nullptr);
  if (!job) return job.error();
  return ScheduleInForce{job->schedule, row::text(revision, "schedule_revision")};
}

Result<std::optional<Zone>> zone_for_job(const std::string& timezone, const Json& job) {
  if (!timezone.empty()) return zone_argument(timezone);
  const Result<ScheduleInForce> in_force = schedule_in_force(job);
  return in_force ? std::optional(in_force->schedule.zone) : std::nullopt;
}

}  // namespace nowd::ctl
