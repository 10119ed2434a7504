// Where a command finds a schedule: on the command line, in the configuration, in the ledger.
#pragma once

#include <string>
#include <vector>

#include "ctl/cli/command_line.hpp"
#include "domain/schedule/schedule.hpp"
#include "foundation/json.hpp"

namespace nowd::ctl {

/// Of --cron and the options that go with it. Errors: `invalid`, naming the option.
Result<Schedule> schedule_of_cron(const Next& command);

struct NamedSchedule {
  std::string job;
  Schedule schedule;
};
/// Of the job, or without a name of all jobs of the configuration. Faults in other files are nobody's business here,
/// unless the job was in one of them. Errors: `invalid`; an unknown job names the nearest.
Result<std::vector<NamedSchedule>> configured_schedules(const Globals& globals, const std::string& job, Instant now);

struct ScheduleInForce {
  Schedule schedule;
  std::string revision;
};
/// The one that the ledger keeps (of LedgerReader::job or why), not the file's: it is what planned the occurrences.
/// Errors: `invalid` if this nowctl cannot read it.
Result<ScheduleInForce> schedule_in_force(const Json& ledger);

/// The zone of local times in arguments about a job (LedgerReader::job): --timezone, else the job's own. Nothing if
/// there is no --timezone, and this nowctl cannot read the job. Errors: `invalid`.
Result<std::optional<Zone>> zone_about(const std::string& timezone, const Json& job);

}  // namespace nowd::ctl
