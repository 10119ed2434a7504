// next: the next occurrences of a schedule, and its clock changes.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "config/canonical/schedule_text.hpp"
#include "ctl/cli/argument.hpp"
#include "ctl/cli/database.hpp"
#include "ctl/cli/report.hpp"
#include "ctl/commands.hpp"
#include "domain/schedule/clock_change.hpp"
#include "foundation/text/nearest.hpp"
#include "foundation/time/clock.hpp"
#include "foundation/time/zone_data.hpp"
#include "surface/moment.hpp"
#include "surface/terminal/tables.hpp"
#include "surface/text.hpp"

namespace nowd::ctl {
namespace {

struct NextOptions {
  std::string job, cron, timezone, gap, fold, day_match, from, until, count;
  bool around_dst = false;  ///< without a job and --cron: all jobs
};

/// A cron expression may end with its zone: "0 9 * * * Europe/Berlin".
Result<void> move_zone_of_cron(NextOptions& options) {
  const ScheduleWords words = split_schedule(options.cron);
  if (words.kind != ScheduleWords::Kind::cron || !words.zone) return boost::system::in_place_value;
  if (!options.timezone.empty() && options.timezone != *words.zone)
    return invalid("next: --cron names the zone " + *words.zone + ", and --timezone " + options.timezone +
                   ": say one of them");
  options.timezone = *words.zone;
  options.cron = words.value;
  return boost::system::in_place_value;
}

Result<void> check_next(NextOptions& options) {
  if (const Result<void> moved = move_zone_of_cron(options); !moved) return moved;
  const bool all_jobs = options.around_dst && options.cron.empty() && options.job.empty();
  if (options.around_dst && !(options.from + options.until + options.count).empty())
    return invalid("next: --around-dst shows the coming two years: --from, --until and --count do not go with it");
  if (options.cron.empty() == options.job.empty() && !all_jobs)
    return invalid(options.cron.empty() ? "next: name a JOB, or give --cron EXPR --timezone TZ"
                                        : "next: a JOB and --cron exclude each other");
  if (!options.cron.empty() && options.timezone.empty())
    return invalid("next: --cron needs --timezone, such as Europe/Berlin or UTC: the host's zone is never assumed");
  if (options.cron.empty() && !(options.gap + options.fold + options.day_match).empty())
    return invalid("next: --gap, --fold and --day-match go with --cron; a job has its own");
  return boost::system::in_place_value;
}

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

Result<Schedule> schedule_of_cron(const NextOptions& options) {
  const Result<Cron> cron = Cron::parse(options.day_match == "or" ? with_restricted_days(options.cron) : options.cron);
  if (!cron) return invalid("--cron: " + cron.error().message);
  const Result<std::optional<Zone>> zone = zone_argument(options.timezone);
  if (!zone) return zone.error();
  const auto gap = word_argument<Gap>("--gap", options.gap.empty() ? "next" : options.gap,
                                      {{"next", Gap::next}, {"shift", Gap::shift}, {"skip", Gap::skip}});
  if (!gap) return gap.error();
  const auto fold = word_argument<Fold>("--fold", options.fold.empty() ? "first" : options.fold,
                                        {{"first", Fold::first}, {"second", Fold::second}, {"both", Fold::both}});
  if (!fold) return fold.error();
  const auto match = word_argument<DayMatch>("--day-match", options.day_match.empty() ? "or" : options.day_match,
                                             {{"or", DayMatch::any}, {"and", DayMatch::all}});
  if (!match) return match.error();
  Schedule schedule;
  schedule.kind = *cron;
  schedule.zone = **zone;
  schedule.gap = *gap;
  schedule.fold = *fold;
  schedule.day_match = *match;
  schedule.text = options.cron + " " + schedule.zone.name();
  return schedule;
}

struct NamedSchedule {
  std::string job;
  Schedule schedule;
};

/// Schedules of the job, or without a name of all jobs of the configuration. Faults in other files do not matter.
Result<std::vector<NamedSchedule>> configured_schedules(const Globals& globals, const std::string& job, Instant now) {
  const LoadedConfig config = load_config(globals.config);
  if (!config.ok()) return invalid(first_error(config.diagnostics).value_or(""));
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
    return invalid("job '" + job + "' is in a broken file: " + first_error(jobs.diagnostics).value_or(""));
  return invalid("job '" + job + "': no such job in " + globals.config + did_you_mean(job, names));
}

// --around-dst

constexpr days horizon{731};
constexpr std::size_t max_named = 3;

std::string time_text(LocalTime slot) {
  const std::string time = iso(slot).substr(11);
  return time.ends_with(":00") ? time.substr(0, 5) : time;
}

/// "02:00, 02:15, 02:30 and 3 more".
std::string local_times(const std::vector<LocalTime>& slots) {
  std::string text;
  for (std::size_t i = 0; i < std::min(slots.size(), max_named); ++i)
    text += (i == 0 ? "" : ", ") + time_text(slots[i]);
  if (slots.size() > max_named) text += " and " + std::to_string(slots.size() - max_named) + " more";
  return text;
}

std::vector<LocalTime> slots_of(const ClockChange& change) {
  std::vector<LocalTime> slots = change.dropped;
  for (const Occurrence& run : change.runs) {
    slots.push_back(run.slot);
    slots.insert(slots.end(), run.merged.begin(), run.merged.end());
  }
  std::sort(slots.begin(), slots.end());
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
  return slots;
}

/// "03:00 +02:00 (01:00:00Z)" for each run at the change.
std::string moments(const ClockChange& change, const Zone& zone) {
  std::string text;
  for (std::size_t i = 0; i < std::min(change.runs.size(), 2 * max_named); ++i)
    text += (i == 0 ? "" : ", ") + time_text(zone.local(change.runs[i].at)) + " " + offset_text(change.runs[i].offset) +
            " (" + rfc3339(change.runs[i].at).substr(11) + ")";
  if (change.runs.size() > 2 * max_named) text += " …";
  return text;
}

std::string in_words(const ClockChange& change, const Zone& zone) {
  const std::vector<LocalTime> met = slots_of(change);
  const std::string slots = local_times(met), twice = met.size() > 1 ? " come twice: " : " comes twice: ";
  switch (change.outcome) {
    case ClockChange::Outcome::untouched:
      return "not touched: " + counted(change.runs_that_day, "run") + " that day";
    case ClockChange::Outcome::real_time:
      return "follows real time: " + counted(change.runs_that_day, "run") + " that day";
    case ClockChange::Outcome::moved:
      return "there is no " + slots + ": runs at " + moments(change, zone);
    case ClockChange::Outcome::skipped:
      return "there is no " + slots + ": does not run then (gap: skip)";
    case ClockChange::Outcome::once:
      return slots + twice + "runs once, at " + moments(change, zone);
    case ClockChange::Outcome::twice:
      return slots + twice + "runs twice, at " + moments(change, zone);
  }
  return "";
}

/// The clocks just before the change and at it: "Sun 2027-03-28 02:00 → 03:00".
std::string clocks_text(const ClockChange& change) {
  const LocalTime from{std::chrono::floor<seconds>(change.at.time_since_epoch()) + change.before};
  const LocalTime to{std::chrono::floor<seconds>(change.at.time_since_epoch()) + change.after};
  return std::string(weekday_short(day_of(from))) + " " + iso_date(day_of(from)) + " " + time_text(from) + " → " +
         time_text(to) + " (" + offset_text(change.before) + " → " + offset_text(change.after) + ")";
}

Json json_of_change(const NamedSchedule& job, const ClockChange& change) {
  Json runs = Json::array(), dropped = Json::array();
  for (const Occurrence& run : change.runs)
    runs.push_back({{"at", rfc3339(run.at)},
                    {"local", iso(job.schedule.zone.local(run.at))},
                    {"offset", offset_text(run.offset)},
                    {"slot", iso(run.slot)},
                    {"note", note(run, job.schedule.zone)}});
  for (const LocalTime slot : change.dropped) dropped.push_back(iso(slot));
  return {{"job", job.job.empty() ? Json() : Json(job.job)},
          {"schedule", job.schedule.text},
          {"timezone", job.schedule.zone.name()},
          {"at", rfc3339(change.at)},
          {"offset_before", offset_text(change.before)},
          {"offset_after", offset_text(change.after)},
          {"outcome", to_string(change.outcome)},
          {"runs", std::move(runs)},
          {"dropped", std::move(dropped)},
          {"runs_that_day", change.runs_that_day}};
}

Ink ink_of(ClockChange::Outcome outcome) {
  const bool quiet = outcome == ClockChange::Outcome::untouched || outcome == ClockChange::Outcome::real_time;
  return quiet ? Ink::plain : Ink::warn;
}

Result<std::vector<NamedSchedule>> schedules_of(const Globals& globals, const NextOptions& options, Instant now) {
  if (options.cron.empty()) return configured_schedules(globals, options.job, now);
  Result<Schedule> schedule = schedule_of_cron(options);
  if (!schedule) return schedule.error();
  return std::vector<NamedSchedule>{{"", std::move(*schedule)}};
}

int print_clock_changes(const Globals& globals, const NextOptions& options, Instant now) {
  const Result<std::vector<NamedSchedule>> jobs = schedules_of(globals, options, now);
  if (!jobs) return fail(jobs.error());
  std::vector<std::vector<TableCell>> table{
      {{"JOB", Ink::bold}, {"ZONE", Ink::bold}, {"THE CLOCKS", Ink::bold}, {"WHAT IT DOES", Ink::bold}}};
  for (const NamedSchedule& job : *jobs) {
    if (std::holds_alternative<Manual>(job.schedule.kind)) continue;
    const Zone& zone = job.schedule.zone;
    const std::string name = job.job.empty() ? job.schedule.text : job.job;
    const std::vector<ClockChange> changes = clock_changes(job.schedule, now, now + horizon);
    for (const ClockChange& change : changes) {
      if (globals.json) print_line(json_of_change(job, change));
      table.push_back({{name}, {zone.name()}, {clocks_text(change)}, {in_words(change, zone), ink_of(change.outcome)}});
    }
    if (changes.empty())
      table.push_back({{name}, {zone.name()}, {}, {"the clocks do not change in the coming two years"}});
  }
  if (globals.json) return exit_done;
  if (table.size() == 1)
    remark("no job has a schedule");
  else
    print(table_text(table, style_of(globals)));
  return exit_done;
}

// occurrences

constexpr std::int64_t default_count = 10;
constexpr std::int64_t max_count = 10'000'000;

/// Note about slots that the clocks jump over, under gap: skip.
std::string dropped_note(const std::vector<DroppedSlot>& dropped, const Zone& zone) {
  std::string text;
  for (const DroppedSlot& one : dropped)
    text += (text.empty() ? "" : "; ") + std::string("gap: ") + iso(one.slot) + " does not exist in " + zone.name() +
            ", no occurrence (gap: skip)";
  return text;
}

/// Prints occurrences as they are found: a range may hold millions.
class OccurrencePrinter {
 public:
  OccurrencePrinter(const Schedule& schedule, bool json) : schedule_(schedule), json_(json) {}

  void print_occurrence(const Occurrence& occurrence, Instant after) {
    std::string text = note(occurrence, schedule_.zone);
    const std::string dropped = dropped_before(after, occurrence.at);
    if (!dropped.empty()) text += (text.empty() ? "" : "; ") + ("before it: " + dropped);
    const LocalTime local = schedule_.zone.local(occurrence.at);
    if (json_)
      return print_line({{"at", rfc3339(occurrence.at)},
                         {"local", iso(local)},
                         {"offset", offset_text(occurrence.offset)},
                         {"note", text}});
    const std::string day(weekday_short(day_of(local)));
    row(rfc3339(occurrence.at), day + " " + iso(local), offset_text(occurrence.offset), text);
  }

  /// Dropped slots after the last occurrence. With json they go to stderr: no object stands for them.
  void print_dropped(Instant after, Instant until) {
    const std::string dropped = dropped_before(after, until);
    if (dropped.empty()) return;
    if (json_) return remark(dropped);
    row("-", "-", "-", dropped);
  }

 private:
  static constexpr std::size_t utc_width = 22;

  void row(const std::string& utc, const std::string& local, const std::string& offset, const std::string& text) {
    if (!std::exchange(has_heading_, true)) row("UTC", "LOCAL (" + schedule_.zone.name() + ")", "OFFSET", "NOTE");
    std::string line = pad(utc, utc_width) + pad(local, local_width()) + pad(offset, 8) + text;
    while (line.ends_with(' ')) line.pop_back();
    print(line + "\n");
  }
  std::size_t local_width() const { return std::max<std::size_t>(25, schedule_.zone.name().size() + 10); }
  std::string dropped_before(Instant after, Instant until) const {
    if (schedule_.gap != Gap::skip) return {};
    return dropped_note(dropped_slots(schedule_, after, until), schedule_.zone);
  }
  const Schedule& schedule_;
  bool json_;
  bool has_heading_ = false;
};

struct NextBounds {
  Instant from;
  std::optional<Instant> until;
  std::int64_t count = max_count;
};

/// Reads local times in the zone of --timezone, else of the schedule.
Result<NextBounds> bounds_of(const NextOptions& options, const Zone& own, Instant now) {
  const Result<std::optional<Zone>> named = zone_argument(options.timezone);
  if (!named) return named.error();
  const std::optional<Zone> zone = *named ? *named : own;
  NextBounds bounds{now, std::nullopt, options.until.empty() ? default_count : max_count};
  if (!options.from.empty()) {
    const Result<Instant> from = instant_argument("--from", options.from, zone);
    if (!from) return from.error();
    bounds.from = *from;
  }
  if (!options.until.empty()) {
    const Result<Instant> until = end_argument("--until", options.until, zone);
    if (!until) return until.error();
    if (*until < bounds.from)
      return invalid("--until " + rfc3339(*until) + " is before --from " + rfc3339(bounds.from));
    bounds.until = *until;
  }
  if (!options.count.empty()) {
    const Result<std::int64_t> count = number_argument("--count", options.count, max_count);
    if (!count) return count.error();
    bounds.count = *count;
  }
  return bounds;
}

int print_next(const Globals& globals, const NextOptions& options) {
  const Instant now = SystemClock().now();
  if (options.around_dst) return print_clock_changes(globals, options, now);
  const Result<std::vector<NamedSchedule>> jobs = schedules_of(globals, options, now);
  if (!jobs) return fail(jobs.error());
  const Schedule& schedule = jobs->front().schedule;
  const Result<NextBounds> bounds = bounds_of(options, schedule.zone, now);
  if (!bounds) return fail(bounds.error());
  if (const auto note = note_on_reversed_sign(schedule.zone.name())) remark(*note);
  if (std::holds_alternative<Manual>(schedule.kind)) {
    remark("job '" + options.job + "' has no schedule: it runs when asked for (nowctl run " + options.job +
           "), or after the job that its `after` names");
    return exit_done;
  }
  OccurrencePrinter printer(schedule, globals.json);
  Instant after = bounds->from;
  std::int64_t printed = 0;
  while (printed < bounds->count) {
    const auto occurrence = next_occurrence(schedule, after);
    if (!occurrence || (bounds->until && occurrence->at > *bounds->until)) break;
    printer.print_occurrence(*occurrence, after);
    after = occurrence->at;
    ++printed;
  }
  if (bounds->until && printed < bounds->count) printer.print_dropped(after, *bounds->until);
  if (printed == 0)
    remark("no occurrence of " + schedule.text + " after " + rfc3339(bounds->from) +
           (bounds->until ? " and until " + rfc3339(*bounds->until) : ""));
  return exit_done;
}

}  // namespace

Command next_command() {
  const auto options = std::make_shared<NextOptions>();
  return {.name = "next",
          .group = Group::offline,
          .summary = "list the next occurrences of a job or a cron expression",
          .usage = {"JOB [--from T] [--until T] [--count N]",
                    "--cron EXPR --timezone TZ [--gap G] [--fold F] [--day-match M] [--from T] [--until T] [--count N]",
                    "--around-dst [JOB]", "--around-dst --cron EXPR --timezone TZ"},
          .text = R"(Lists the next occurrences of a job's schedule, or of a cron expression, in UTC
and local time, with a note where the clocks change. It only computes, and reads
no database: skipped, paused and missed occurrences look like all others.

With --around-dst: lists the clock changes of the coming two years, and their
effect on the job (without JOB: on every job of the configuration) or on the
expression: it runs at another time, does not run, runs once or twice, or is not
touched.)",
          .arguments = {{"JOB", "", &options->job}},
          .options = {{"--cron", "EXPR", &options->cron,
                       "a cron expression in quotes: 5 fields, or 6 with seconds first, or @daily and the like; the "
                       "zone may follow, instead of --timezone"},
                      {"--timezone", "TZ", &options->timezone,
                       "an IANA name: the schedule's zone with --cron, and the zone of local times in --from and "
                       "--until [the job's]"},
                      {"--gap", "next|shift|skip", &options->gap,
                       "with --cron: the rule for a local time that the clocks jump over [next]"},
                      {"--fold", "first|second|both", &options->fold,
                       "with --cron: the rule for a local time that comes twice [first]"},
                      {"--day-match", "or|and", &options->day_match,
                       "with --cron: the way to combine day-of-month and day-of-week when both are set [or; without "
                       "this option a field that starts with */ counts as not set]"},
                      {"--from", "T", &options->from, "list occurrences later than T [now]"},
                      {"--until", "T", &options->until, "list occurrences up to T; a date is that whole day"},
                      {"--count", "N", &options->count, "list at most N occurrences [10, or all with --until]"},
                      {"--around-dst", "", &options->around_dst,
                       "list clock changes of the coming two years instead of occurrences"}},
          .reads_config = true,
          .json = R"({"at", "local", "offset", "note"}; with --around-dst {"job", "at", "outcome", "runs", "dropped", …}
per change)",
          .notes = forms_of_times,
          .example = "nowctl next --cron '0 9 * * mon-fri' --timezone Europe/Berlin",
          .check = [options] { return check_next(*options); },
          .run = [options](const Globals& globals) { return print_next(globals, *options); }};
}

}  // namespace nowd::ctl
