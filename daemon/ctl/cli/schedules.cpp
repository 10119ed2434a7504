#include "ctl/cli/schedules.hpp"

#include <nlohmann/json.hpp>

#include "config/canonical/schedule_text.hpp"
#include "config/load.hpp"
#include "ctl/cli/argument.hpp"
#include "foundation/text/nearest.hpp"
#include "surface/run_record.hpp"

namespace nowd::ctl {
namespace {

template <class T>
using Words = std::vector<std::pair<std::string, T>>;

template <class T>
Result<T> word_argument(const std::string& name, const std::string& text, const Words<T>& words) {
  std::vector<std::string> known;
  for (const auto& [word, value] : words) {
    if (word == text) return value;
    known.push_back(word);
  }
  return invalid(name + " '" + text + "' is not known" + did_you_mean(text, known));
}

std::string first_error(const std::vector<Diagnostic>& diagnostics) {
  for (const Diagnostic& one : diagnostics)
    if (one.severity == Diagnostic::Severity::error) return one.str();
  return {};
}

}  // namespace

Result<Schedule> schedule_of_cron(const Next& command) {
  const Result<Cron> cron = Cron::parse(command.day_match == "or" ? with_restricted_days(command.cron) : command.cron);
  if (!cron) return invalid("--cron: " + cron.error().message);
  const Result<std::optional<Zone>> zone = zone_argument(command.timezone);
  if (!zone) return zone.error();
  const auto gap = word_argument<Gap>("--gap", command.gap.empty() ? "next" : command.gap,
                                      {{"next", Gap::next}, {"shift", Gap::shift}, {"skip", Gap::skip}});
  if (!gap) return gap.error();
  const auto fold = word_argument<Fold>("--fold", command.fold.empty() ? "first" : command.fold,
                                        {{"first", Fold::first}, {"second", Fold::second}, {"both", Fold::both}});
  if (!fold) return fold.error();
  const auto match = word_argument<DayMatch>("--day-match", command.day_match.empty() ? "or" : command.day_match,
                                             {{"or", DayMatch::any}, {"and", DayMatch::all}});
  if (!match) return match.error();
  Schedule schedule;
  schedule.kind = *cron;
  schedule.zone = **zone;
  schedule.gap = *gap;
  schedule.fold = *fold;
  schedule.day_match = *match;
  schedule.text = command.cron + " " + schedule.zone.name();
  return schedule;
}

Result<std::vector<NamedSchedule>> configured_schedules(const Globals& globals, const std::string& job, Instant now) {
  const LoadedConfig config = load_config(globals.config);
  if (!config.ok()) return invalid(first_error(config.diagnostics));
  JobContext context;
  context.config = &config.config;
  context.now = now;
  const LoadedJobs jobs = load_jobs(config.config.jobs, context);
  std::vector<NamedSchedule> found;
  std::vector<std::string> names;
  for (const Job& one : jobs.jobs) {
    if (job.empty() || one.name == job) found.push_back({one.name, one.schedule});
    names.push_back(one.name);
  }
  if (job.empty() || !found.empty()) return found;
  if (jobs.broken_jobs.contains(job))
    return invalid("job '" + job + "' is in a broken file: " + first_error(jobs.diagnostics));
  return invalid("job '" + job + "': no such job in " + globals.config + did_you_mean(job, names));
}

Result<ScheduleInForce> schedule_in_force(const Json& ledger) {
  const Json& revision = ledger.at("revision");
  if (!revision.is_object()) return invalid("the ledger has no revision of this job");
  const Result<Job> job = job_from_canonical(dump_json(revision.at("spec")), nullptr);
  if (!job) return job.error();
  return ScheduleInForce{job->schedule, row::text(revision, "schedule_revision")};
}

Result<std::optional<Zone>> zone_about(const std::string& timezone, const Json& job) {
  if (!timezone.empty()) return zone_argument(timezone);
  const Result<ScheduleInForce> in_force = schedule_in_force(job);
  return in_force ? std::optional(in_force->schedule.zone) : std::nullopt;
}

}  // namespace nowd::ctl
