// pause, resume, skip-next, cancel: what people decide about time.
#include <nlohmann/json.hpp>

#include "ctl/argument.hpp"
#include "ctl/commands.hpp"
#include "ctl/database.hpp"
#include "ctl/report.hpp"
#include "ctl/schedules.hpp"
#include "foundation/clock.hpp"
#include "surface/moment.hpp"
#include "surface/row.hpp"
#include "surface/text.hpp"

namespace nowd::ctl {
namespace {

constexpr std::size_t candidates = 100;  ///< as many skips in a row are possible

/// Knows the job (an unknown one is told with the nearest name), then acts.
int with_job(const Globals& globals, const std::string& name,
             const std::function<int(LedgerReader&, const Json& job)>& act) {
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    const Result<Json> job = reader.job(name);
    return job ? act(reader, *job) : fail(job.error());
  });
}

int tell(const Globals& globals, const Json& object, const std::string& sentence) {
  if (globals.json)
    print_line(object);
  else
    print(sentence + "\n");
  return done;
}

ComputedOccurrences coming(const std::string& job, const ScheduleInForce& in_force, Instant now) {
  const Schedule& schedule = in_force.schedule;
  ComputedOccurrences out{job, {}, schedule.zone, in_force.revision};
  const auto before = previous_occurrence(schedule, now);
  Instant previous = before ? before->at : now;
  for (auto at = next_occurrence(schedule, now); at && out.rows.size() < candidates;
       at = next_occurrence(schedule, at->at)) {
    out.rows.push_back({*at, due_at(schedule, job, at->at), previous});
    previous = at->at;
  }
  return out;
}

}  // namespace

int run_command(const Globals& globals, const Pause& command) {
  return with_job(globals, command.job, [&](LedgerReader& reader, const Json&) -> int {
    if (const auto paused = reader.pause(command.job, command.reason); !paused) return fail(paused.error());
    return tell(globals, {{"job", command.job}, {"paused", true}, {"reason", command.reason}},
                command.job + " is paused: nothing of it starts until nowctl resume " + command.job +
                    "; a run under way goes on");
  });
}

int run_command(const Globals& globals, const Resume& command) {
  return with_job(globals, command.job, [&](LedgerReader& reader, const Json&) -> int {
    const Result<std::int64_t> skipped = reader.resume(command.job);
    if (!skipped) return fail(skipped.error());
    return tell(globals, {{"job", command.job}, {"paused", false}, {"skipped", *skipped}},
                command.job + " goes on with its next occurrence; what fell due in the pause stays skipped");
  });
}

int run_command(const Globals& globals, const SkipNext& command) {
  return with_job(globals, command.job, [&](LedgerReader& reader, const Json& job) -> int {
    const Result<ScheduleInForce> in_force = schedule_in_force(job);
    if (!in_force) return fail(in_force.error());
    const Result<Instant> skipped =
        reader.skip_next(coming(command.job, *in_force, SystemClock().now()), command.reason);
    if (!skipped) return fail(skipped.error());
    return tell(globals, {{"job", command.job}, {"scheduled_at", rfc3339(*skipped)}},
                command.job + " skips " + zoned_moment(in_force->schedule.zone, *skipped));
  });
}

int run_command(const Globals& globals, const Cancel& command) {
  const Result<std::int64_t> number = number_argument("RUN", command.run, std::numeric_limits<std::int64_t>::max());
  if (!number) return fail(usage, "RUN '" + command.run + "' is not the number of a run; nowctl runs lists them");
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    const Result<JobName> job = reader.cancel(RunId{*number}, command.reason);
    if (!job) return fail(job.error());
    return tell(
        globals, {{"run", *number}, {"job", *job}},
        "run " + command.run + " of " + *job + " is asked to end; nowctl show " + command.run + " tells how it ended");
  });
}

}  // namespace nowd::ctl
