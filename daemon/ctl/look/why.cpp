#include <algorithm>
#include <nlohmann/json.hpp>

#include "ctl/cli/argument.hpp"
#include "ctl/cli/commands.hpp"
#include "ctl/cli/database.hpp"
#include "ctl/cli/report.hpp"
#include "ctl/cli/schedules.hpp"
#include "ctl/cli/which_run.hpp"
#include "ctl/look/rehearsal_report.hpp"
#include "ctl/look/standing.hpp"
#include "foundation/log.hpp"
#include "foundation/time/clock.hpp"
#include "surface/run_record.hpp"
#include "surface/terminal/fate.hpp"

namespace nowd::ctl {
namespace {

/// What comes before and after the moment in its rehearsal: long enough for runs that are still going.
constexpr hours before{6}, after{1};

/// Its row, if it has one, says nothing final.
bool is_open(const Json& ledger, Instant at) {
  const Json& rows = ledger.at("fate");
  return std::none_of(rows.begin(), rows.end(), [&](const Json& row) {
    return row::instant(row, "scheduled_at") == at && row::text(row, "state") != "planned";
  });
}

/// What would become of an occurrence that is still to come, if the jobs in force run as they usually do. What is under
/// way at this moment is left out of it.
std::optional<RehearsedFate> expected(LedgerReader& reader, const JobName& job, Instant at, Instant now) {
  const Result<std::vector<Json>> rows = reader.standing();
  if (!rows) return std::nullopt;
  const Standing standing = standing_of(*rows);
  Rehearsal plan;
  plan.jobs = jobs_of(*rows);
  plan.from = std::max(now, at - before);
  plan.until = at + after;
  plan.length = standing.length({});
  plan.paused = standing.paused;
  std::optional<RehearsedFate> found;
  rehearse(plan, [&](RehearsedFate fate) {
    if (fate.job == job && fate.at == at && fate.kind != RunKind::after) found = std::move(fate);
  });
  return found;
}

std::optional<RehearsedFate> expected(LedgerReader& reader, const Json& ledger, const JobName& job,
                                      const Result<ScheduleInForce>& in_force, Instant at, Instant now) {
  if (at <= now || !in_force || !is_open(ledger, at)) return std::nullopt;
  const auto occurrence = next_occurrence(in_force->schedule, at - microseconds{1});
  if (!occurrence || occurrence->at != at) return std::nullopt;
  return expected(reader, job, at, now);
}

}  // namespace

namespace {

/// Without AT: the moment that the job's newest run is for.
int tell_newest(const Globals& globals, Why command) {
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    const Result<std::string> at = newest_moment(reader, command.job);
    if (!at) return fail(at.error());
    command.at = *at;
    return run_command(globals, command);
  });
}

}  // namespace

int run_command(const Globals& globals, const Why& command) {
  if (command.at.empty()) return tell_newest(globals, command);
  log::configure(log::Level::error, log::Format::text);
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    const Result<Json> job = reader.job(command.job);
    if (!job) return fail(job.error());
    const Result<std::optional<Zone>> zone = zone_about(command.timezone, *job);
    if (!zone) return fail(zone.error());
    const Result<TimeArgument> at = time_argument("AT", command.at, *zone);
    if (!at) return fail(at.error());
    Result<Json> ledger = reader.why(command.job, at->at);
    if (!ledger) return fail(ledger.error());
    const Instant now = SystemClock().now();
    const Result<ScheduleInForce> in_force = schedule_in_force(*ledger);
    const auto fate = expected(reader, *ledger, command.job, in_force, at->at, now);
    if (globals.json) {
      if (fate) (*ledger)["expected"] = object_of(*fate);
      print_line(*ledger);
      return done;
    }
    print(fate_text({*ledger, at->at, at->missing, in_force ? std::optional(in_force->schedule) : std::nullopt, now},
                    style_of(globals)));
    if (fate) print("if all goes as usual, " + in_a_sentence(*fate, in_force->schedule.zone) + "\n");
    return done;
  });
}

}  // namespace nowd::ctl
