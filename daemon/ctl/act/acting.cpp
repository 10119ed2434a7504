// pause, resume, skip-next, cancel: what people decide about time.
#include <nlohmann/json.hpp>

#include "ctl/cli/argument.hpp"
#include "ctl/cli/commands.hpp"
#include "ctl/cli/database.hpp"
#include "ctl/cli/report.hpp"
#include "ctl/cli/schedules.hpp"
#include "foundation/time/clock.hpp"
#include "surface/moment.hpp"
#include "surface/run_record.hpp"
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
                command.job + " is paused until nowctl resume " + command.job +
                    ": what falls due meanwhile is skipped, backfills wait; a run under way goes on");
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

namespace {

int undo_skip(const Globals& globals, const SkipNext& command, LedgerReader& reader, const Zone& zone) {
  const Result<Instant> undone = reader.undo_skip(command.job);
  if (!undone) return fail(undone.error());
  return tell(globals, {{"job", command.job}, {"scheduled_at", rfc3339(*undone)}, {"skipped", false}},
              command.job + " runs at " + zoned_moment(zone, *undone) + " after all");
}

/// Asked for twice, two are skipped: the earlier ones are named, too.
std::string skipped_text(const SkipNext& command, const Zone& zone, Instant skipped, const std::vector<Instant>& all) {
  std::string text = command.job + " skips " + zoned_moment(zone, skipped);
  std::string earlier;
  for (const Instant at : all)
    if (at != skipped) earlier += (earlier.empty() ? "" : ", ") + zoned_moment(zone, at);
  if (!earlier.empty()) text += ", besides what was skipped before: " + earlier;
  return text + "; nowctl skip-next " + command.job + " --undo takes the last one back";
}

}  // namespace

int run_command(const Globals& globals, const SkipNext& command) {
  return with_job(globals, command.job, [&](LedgerReader& reader, const Json& job) -> int {
    const Result<ScheduleInForce> in_force = schedule_in_force(job);
    if (!in_force) return fail(in_force.error());
    const Zone& zone = in_force->schedule.zone;
    if (command.undo) return undo_skip(globals, command, reader, zone);
    const Result<Instant> skipped =
        reader.skip_next(coming(command.job, *in_force, SystemClock().now()), command.reason);
    if (!skipped) return fail(skipped.error());
    const Result<std::vector<Instant>> all = reader.skipped(command.job);
    return tell(globals, {{"job", command.job}, {"scheduled_at", rfc3339(*skipped)}, {"skipped", true}},
                skipped_text(command, zone, *skipped, all ? *all : std::vector<Instant>{}));
  });
}

namespace {

int cancel_request(const Globals& globals, const Cancel& command) {
  const Result<std::int64_t> number =
      number_argument("--request", command.request, std::numeric_limits<std::int64_t>::max());
  if (!number) return fail(usage, number.error().message + "; nowctl requests lists those that wait");
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    const Result<JobName> job = reader.cancel_request(*number, command.reason);
    if (!job) return fail(job.error());
    return tell(globals, {{"request", *number}, {"job", *job}},
                "request " + command.request + " for a run of " + *job + " is cancelled: it never runs");
  });
}

}  // namespace

int run_command(const Globals& globals, const Cancel& command) {
  if (!command.request.empty()) return cancel_request(globals, command);
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
