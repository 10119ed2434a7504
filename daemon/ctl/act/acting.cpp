// pause, resume, skip-next, cancel, clock accept, ledger accept: decisions of people about time.
#include <nlohmann/json.hpp>

#include "ctl/cli/argument.hpp"
#include "ctl/cli/database.hpp"
#include "ctl/cli/report.hpp"
#include "ctl/commands.hpp"
#include "foundation/time/clock.hpp"
#include "surface/moment.hpp"
#include "surface/run_record.hpp"
#include "surface/text.hpp"

namespace nowd::ctl {
namespace {

constexpr std::size_t max_skips = 100;  ///< occurrences that can be skipped in a row

ComputedOccurrences next_occurrences(const std::string& job, const ScheduleInForce& in_force, Instant now) {
  const Schedule& schedule = in_force.schedule;
  ComputedOccurrences out{job, {}, schedule.zone, in_force.revision};
  const auto before = previous_occurrence(schedule, now);
  Instant previous = before ? before->at : now;
  for (auto at = next_occurrence(schedule, now); at && out.rows.size() < max_skips;
       at = next_occurrence(schedule, at->at)) {
    out.rows.push_back({*at, due_at(schedule, job, at->at), previous});
    previous = at->at;
  }
  return out;
}

struct PauseOptions {
  std::string job, reason;
};

int pause_job(const Globals& globals, const PauseOptions& options) {
  return with_job(globals, options.job, [&](LedgerReader& reader, const Json&) -> int {
    if (const auto paused = reader.pause(options.job, options.reason); !paused) return fail(paused.error());
    return print_result(
        globals, {{"job", options.job}, {"paused", true}, {"reason", options.reason}},
        options.job + " is paused until nowctl resume " + options.job +
            ": occurrences that fall due meanwhile are skipped, backfills wait; a run under way goes on");
  });
}

int resume_job(const Globals& globals, const JobName& job) {
  return with_job(globals, job, [&](LedgerReader& reader, const Json&) -> int {
    const Result<std::int64_t> skipped = reader.resume(job);
    if (!skipped) return fail(skipped.error());
    return print_result(globals, {{"job", job}, {"paused", false}, {"skipped", *skipped}},
                        job + " goes on with its next occurrence; occurrences that fell due in the pause stay skipped");
  });
}

struct SkipOptions {
  std::string job, reason;
  bool undo = false;
};

int undo_skip(const Globals& globals, const SkipOptions& options, LedgerReader& reader, const Zone& zone) {
  const Result<Instant> undone = reader.undo_skip(options.job);
  if (!undone) return fail(undone.error());
  return print_result(globals, {{"job", options.job}, {"scheduled_at", rfc3339(*undone)}, {"skipped", false}},
                      options.job + " runs at " + zoned_moment(zone, *undone) + " after all");
}

/// Names earlier skips too: each call skips one more occurrence.
std::string skipped_text(const SkipOptions& options, const Zone& zone, Instant skipped,
                         const std::vector<Instant>& all) {
  std::string text = options.job + " skips " + zoned_moment(zone, skipped);
  std::string earlier;
  for (const Instant at : all)
    if (at != skipped) earlier += (earlier.empty() ? "" : ", ") + zoned_moment(zone, at);
  if (!earlier.empty()) text += ", besides earlier skips: " + earlier;
  return text + "; nowctl skip-next " + options.job + " --undo takes the last one back";
}

int skip_next(const Globals& globals, const SkipOptions& options) {
  return with_job(globals, options.job, [&](LedgerReader& reader, const Json& job) -> int {
    const Result<ScheduleInForce> in_force = schedule_in_force(job);
    if (!in_force) return fail(in_force.error());
    const Zone& zone = in_force->schedule.zone;
    if (options.undo) return undo_skip(globals, options, reader, zone);
    const Result<Instant> skipped =
        reader.skip_next(next_occurrences(options.job, *in_force, SystemClock().now()), options.reason);
    if (!skipped) return fail(skipped.error());
    const Result<std::vector<Instant>> all = reader.skipped(options.job);
    return print_result(globals, {{"job", options.job}, {"scheduled_at", rfc3339(*skipped)}, {"skipped", true}},
                        skipped_text(options, zone, *skipped, all ? *all : std::vector<Instant>{}));
  });
}

struct CancelOptions {
  std::string run, reason;
  std::string request;  ///< instead of a run
};

int cancel_request(const Globals& globals, const CancelOptions& options) {
  const Result<std::int64_t> number =
      number_argument("--request", options.request, std::numeric_limits<std::int64_t>::max());
  if (!number) return fail(exit_usage, number.error().message + "; nowctl requests lists those that wait");
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    const Result<JobName> job = reader.cancel_request(*number, options.reason);
    if (!job) return fail(job.error());
    return print_result(globals, {{"request", *number}, {"job", *job}},
                        "request " + options.request + " for a run of " + *job + " is cancelled: it never runs");
  });
}

int cancel_run(const Globals& globals, const CancelOptions& options) {
  if (!options.request.empty()) return cancel_request(globals, options);
  const Result<std::int64_t> number = number_argument("RUN", options.run, std::numeric_limits<std::int64_t>::max());
  if (!number) return fail(exit_usage, "RUN '" + options.run + "' is not the number of a run; nowctl runs lists them");
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    const Result<JobName> job = reader.cancel(RunId{*number}, options.reason);
    if (!job) return fail(job.error());
    return print_result(
        globals, {{"run", *number}, {"job", *job}},
        "run " + options.run + " of " + *job + " is asked to end; nowctl show " + options.run + " shows how it ended");
  });
}

/// clock accept and ledger accept end a hold of dispatch.
struct AcceptOptions {
  HoldCause cause = HoldCause::clock;  ///< or ledger
  std::string action, reason;
};

int accept_hold(const Globals& globals, const AcceptOptions& options) {
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    const Result<std::int64_t> ended = reader.accept_hold(options.cause, options.reason);
    if (!ended) return fail(ended.error());
    if (globals.json)
      print_line({{"cause", to_string(options.cause)}, {"holds_ended", *ended}});
    else
      print(options.cause == HoldCause::clock
                ? "the clocks are accepted as they are: dispatch goes on, and nowd judges the occurrences missed "
                  "meanwhile\n"
                : "this ledger is accepted as it is: dispatch goes on from its content\n");
    return exit_done;
  });
}

Result<void> check_skip(const SkipOptions& options) {
  if (options.undo && !options.reason.empty()) return invalid("skip-next: --reason does not go with --undo");
  return boost::system::in_place_value;
}

Result<void> check_cancel(const CancelOptions& options) {
  if (options.run.empty() && options.request.empty()) return invalid("cancel: RUN is missing, or --request N");
  if (!options.run.empty() && !options.request.empty()) return invalid("cancel: RUN and --request exclude each other");
  return boost::system::in_place_value;
}

Result<void> check_accept(const AcceptOptions& options) {
  if (options.action != "accept") return invalid(std::string(to_string(options.cause)) + ": the only action is accept");
  return boost::system::in_place_value;
}

Option reason_option(std::string& reason) { return {"--reason", "R", &reason, "the reason, which the ledger keeps"}; }

Command accept_command(HoldCause cause) {
  const auto options = std::make_shared<AcceptOptions>();
  options->cause = cause;
  return {.name = std::string(to_string(cause)),
          .group = Group::acting,
          .arguments = {{.name = "ACTION", .value = "accept", .target = &options->action, .required = true}},
          .options = {reason_option(options->reason)},
          .database = ledger_to_change,
          .json = R"({"cause", "holds_ended"})",
          .exit_status = "0 dispatch continues; 2 there was no hold of this cause; 3 no database.",
          .check = [options] { return check_accept(*options); },
          .run = [options](const Globals& globals) { return accept_hold(globals, *options); }};
}

}  // namespace

Command pause_command() {
  const auto options = std::make_shared<PauseOptions>();
  return {.name = "pause",
          .group = Group::acting,
          .summary = "stop starting runs of a job until it is resumed",
          .text = R"(Stops starting runs of a job until nowctl resume; a run under way continues. A
pause outlives restarts and edits of the job's file. Occurrences that fall due
meanwhile, by the schedule or after another job, are skipped (paused) and not
caught up. Backfills and waiting requests run after the pause; nowctl run is
refused without --even-if-paused.)",
          .arguments = {required_job(options->job)},
          .options = {{.name = "--reason",
                       .value = "R",
                       .target = &options->reason,
                       .help = "the reason, shown wherever the job is paused",
                       .required = true}},
          .database = ledger_to_change,
          .json = R"({"job", "paused", "reason"})",
          .example = "nowctl pause standup --reason 'the team is on holiday'",
          .run = [options](const Globals& globals) { return pause_job(globals, *options); }};
}

Command resume_command() {
  const auto job = std::make_shared<std::string>();
  return {.name = "resume",
          .group = Group::acting,
          .summary = "end the pause of a job",
          .text = R"(Ends a job's pause. It starts no run: the job continues with its next
occurrence. nowctl backfill runs the occurrences of the pause.)",
          .arguments = {required_job(*job)},
          .database = ledger_to_change,
          .json = R"({"job", "paused", "skipped"})",
          .run = [job](const Globals& globals) { return resume_job(globals, *job); }};
}

Command skip_next_command() {
  const auto options = std::make_shared<SkipOptions>();
  return {.name = "skip-next",
          .group = Group::acting,
          .summary = "skip the next occurrence of a job",
          .usage = {"JOB [--reason R]", "JOB --undo"},
          .text = R"(Skips the first future occurrence of a job that is not skipped yet, and prints
it, and those that were skipped before. A second call skips a second occurrence.
nowctl why names the author of a skip.)",
          .arguments = {required_job(options->job)},
          .options = {reason_option(options->reason),
                      {"--undo", "", &options->undo, "undo the last of these skips: its occurrence runs"}},
          .database = ledger_to_change,
          .json = R"({"job", "scheduled_at", "skipped"})",
          .check = [options] { return check_skip(*options); },
          .run = [options](const Globals& globals) { return skip_next(globals, *options); }};
}

Command cancel_command() {
  const auto options = std::make_shared<CancelOptions>();
  return {.name = "cancel",
          .group = Group::acting,
          .summary = "end a run under way, or a request that waits",
          .usage = {"RUN [--reason R]", "--request N [--reason R]"},
          .text = R"(Asks for the end of a run under way. nowd cuts the call in progress, and kills
the processes of a tool or command. The run ends cancelled if it made no
effects, aborted_partial if it made effects (they stand), and interrupted if an
effect was cut and may have happened. RUN is a number from `nowctl runs`.)",
          .arguments = {{"RUN", "", &options->run}},
          .options = {{"--request", "N", &options->request,
                       "cancel a request that no daemon has taken yet, a number from `nowctl requests`; it never runs"},
                      reason_option(options->reason)},
          .database = ledger_to_change,
          .json = R"({"run", "job"} or {"request", "job"})",
          .exit_status = "0 the end is requested; 2 there is no such run or request, or it has ended; 3 no database.",
          .check = [options] { return check_cancel(*options); },
          .run = [options](const Globals& globals) { return cancel_run(globals, *options); }};
}

Command clock_command() {
  Command command = accept_command(HoldCause::clock);
  command.summary = "end the hold after a clock jumped far, or went back";
  command.text = R"(Ends the hold of dispatch because of a clock: the host's or the database's clock
was set by more than 24 hours, or was behind the newest time in the ledger when
nowd started. Set the clocks right first (timedatectl): nowd then accepts their
time. Each job's missed policy decides about occurrences missed meanwhile.
nowctl doctor shows each hold and its cause.)";
  return command;
}

Command ledger_command() {
  Command command = accept_command(HoldCause::ledger);
  command.summary = "end the hold after the ledger was restored or replaced";
  command.text = R"(Ends the hold of dispatch because of the ledger: it is older than the daemon's
state directory says (a backup was restored), or another ledger. Runs after the
backup are not in it: where the missed policy catches up, those runs and their
effects come again. nowctl pause stops the jobs for which that must not happen.
nowctl doctor shows each hold and its cause.)";
  return command;
}

}  // namespace nowd::ctl
