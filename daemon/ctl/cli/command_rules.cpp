#include "ctl/cli/command_rules.hpp"

#include <utility>

#include "config/canonical/schedule_text.hpp"

namespace nowd::ctl {

Result<Command> checked(Clocks clocks) {
  if (clocks.run.empty() == clocks.job.empty())
    return invalid("clocks: give RUN or --job JOB, " + std::string(clocks.run.empty() ? "one of them" : "not both"));
  if (clocks.job.empty() && !clocks.since.empty()) return invalid("clocks: --since goes with --job");
  return Command(std::move(clocks));
}

Result<Command> checked(Run run) {
  if (run.job.empty()) return invalid("run: JOB is missing");
  if (run.as_of.empty() && (run.deliver || run.after))
    return invalid("run: --deliver and --after go with --as-of: a run of this moment delivers and is followed anyway");
  return Command(std::move(run));
}

Result<Command> checked(SkipNext skip) {
  if (skip.job.empty()) return invalid("skip-next: JOB is missing");
  if (skip.undo && !skip.reason.empty()) return invalid("skip-next: --reason does not go with --undo");
  return Command(std::move(skip));
}

Result<Command> checked(Cancel cancel) {
  if (cancel.run.empty() && cancel.request.empty()) return invalid("cancel: RUN is missing, or --request N");
  if (!cancel.run.empty() && !cancel.request.empty()) return invalid("cancel: RUN and --request exclude each other");
  return Command(std::move(cancel));
}

/// "0 9 * * * Europe/Berlin" names its zone itself.
static Result<void> take_zone_of_cron(Next& next) {
  const ScheduleWords words = split_schedule(next.cron);
  if (words.kind != ScheduleWords::Kind::cron || !words.zone) return boost::system::in_place_value;
  if (!next.timezone.empty() && next.timezone != *words.zone)
    return invalid("next: --cron names the zone " + *words.zone + ", and --timezone " + next.timezone +
                   ": say one of them");
  next.timezone = *words.zone;
  next.cron = words.value;
  return boost::system::in_place_value;
}

Result<Command> checked(Next next) {
  if (const Result<void> taken = take_zone_of_cron(next); !taken) return taken.error();
  const bool all_jobs = next.around_dst && next.cron.empty() && next.job.empty();
  if (next.around_dst && !(next.from + next.until + next.count).empty())
    return invalid("next: --around-dst tells of the coming two years: --from, --until and --count do not go with it");
  if (next.cron.empty() == next.job.empty() && !all_jobs)
    return invalid(next.cron.empty() ? "next: name a JOB, or give --cron EXPR --timezone TZ"
                                     : "next: a JOB and --cron exclude each other");
  if (!next.cron.empty() && next.timezone.empty())
    return invalid("next: --cron needs --timezone, such as Europe/Berlin or UTC: the host's zone is never assumed");
  if (next.cron.empty() && !(next.gap + next.fold + next.day_match).empty())
    return invalid("next: --gap, --fold and --day-match go with --cron; a job has its own");
  return Command(std::move(next));
}

Result<Command> checked(Show show) {
  if (show.run.empty()) return invalid("show: RUN is missing: a number, a job's name, or latest");
  if (show.conversation + show.prompt + show.inputs > 1)
    return invalid("show: --conversation, --prompt and --inputs exclude each other: the first has all of it");
  return Command(std::move(show));
}

Result<Command> checked(Stops stops) {
  if (stops.table && !(stops.job + stops.since).empty())
    return invalid("stops: --table tells what nowd knows: --job and --since do not go with it");
  return Command(std::move(stops));
}

Result<Command> checked(Completion completion) {
  const std::string& shell = completion.shell;
  if (shell.empty()) return invalid("completion: name the shell: bash, zsh or fish");
  if (shell != "bash" && shell != "zsh" && shell != "fish")
    return invalid("completion: '" + shell + "' is none of bash, zsh and fish");
  return Command(std::move(completion));
}

}  // namespace nowd::ctl
