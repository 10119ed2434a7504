// Opens the ledger, and finds in it the job, run and schedule that a person names.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "config/load.hpp"
#include "ctl/cli/command.hpp"
#include "domain/schedule/schedule.hpp"
#include "foundation/json.hpp"
#include "ledger/reader/reader.hpp"

namespace nowd::ctl {

/// The conninfo of --database, else the configuration's without its user and password (nowctl acts as the person's own
/// role), else empty: libpq's PG* variables. Errors: `invalid` if a named configuration cannot be read.
Result<std::string> database_of(const Globals& globals);

/// Opens the ledger and passes it to `action`, which returns the exit code. Where the ledger cannot be opened, prints
/// why and returns exit_no_database.
int with_ledger(const Globals& globals, const std::function<int(LedgerReader&)>& action);

/// The same with LedgerReader::job() of an existing job. Where the ledger has no such job, prints the nearest name and
/// returns exit_usage.
int with_job(const Globals& globals, const JobName& name,
             const std::function<int(LedgerReader&, const Json& job)>& action);

/// Errors: `invalid` for a name that the ledger does not know, with the nearest one. Nothing to check without a name.
Result<void> check_job(LedgerReader& reader, const std::optional<JobName>& name);

/// The run of a number, of "latest" (the newest run of all), or of a job's name (its newest run). Errors: `invalid` (no
/// such job, or it has not run yet), with the remedy.
Result<RunId> find_run(LedgerReader& reader, const std::string& word);

/// The moment that the job's newest run is for, as RFC 3339. Errors: as find_run().
Result<std::string> newest_moment(LedgerReader& reader, const JobName& job);

struct ScheduleInForce {
  Schedule schedule;
  std::string revision;
};
/// The schedule in the ledger (of LedgerReader::job or why), which planned the occurrences; the job's file may be
/// newer. Errors: `invalid` if this nowctl cannot read it.
Result<ScheduleInForce> schedule_in_force(const Json& ledger);

/// Zone of local times in arguments about a job (LedgerReader::job): --timezone, else the job's own. Nothing if
/// there is no --timezone and this nowctl cannot read the job. Errors: `invalid`.
Result<std::optional<Zone>> zone_for_job(const std::string& timezone, const Json& job);

/// An empty text is nothing.
inline std::optional<JobName> optional_job(const std::string& name) {
  return name.empty() ? std::nullopt : std::optional<JobName>(name);
}

/// The first error among diagnostics, as file:line:column: message; nothing without errors.
std::optional<std::string> first_error(const std::vector<Diagnostic>& diagnostics);

}  // namespace nowd::ctl
