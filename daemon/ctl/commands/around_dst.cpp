#include "ctl/commands/around_dst.hpp"

#include <nlohmann/json.hpp>

#include "ctl/cli/report.hpp"
#include "ctl/cli/schedules.hpp"
#include "domain/schedule/clock_change.hpp"
#include "surface/moment.hpp"
#include "surface/terminal/tables.hpp"
#include "surface/text.hpp"

namespace nowd::ctl {
namespace {

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

/// "03:00 +02:00 (01:00:00Z)" of the runs that the change made.
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

Result<std::vector<NamedSchedule>> schedules_of(const Globals& globals, const Next& command, Instant now) {
  if (command.cron.empty()) return configured_schedules(globals, command.job, now);
  Result<Schedule> schedule = schedule_of_cron(command);
  if (!schedule) return schedule.error();
  return std::vector<NamedSchedule>{{"", std::move(*schedule)}};
}

}  // namespace

int tell_clock_changes(const Globals& globals, const Next& command, Instant now) {
  const Result<std::vector<NamedSchedule>> jobs = schedules_of(globals, command, now);
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
  if (globals.json) return done;
  if (table.size() == 1)
    remark("no job has a schedule");
  else
    print(table_text(table, style_of(globals)));
  return done;
}

}  // namespace nowd::ctl
