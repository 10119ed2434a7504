// backfill: runs a job for its occurrences of the past, with the identities that the schedule gave them.
#include <nlohmann/json.hpp>

#include "ctl/cli/argument.hpp"
#include "ctl/cli/database.hpp"
#include "ctl/cli/report.hpp"
#include "ctl/commands.hpp"
#include "foundation/text/nearest.hpp"
#include "foundation/text/words.hpp"
#include "foundation/time/clock.hpp"
#include "surface/moment.hpp"
#include "surface/run_record.hpp"
#include "surface/terminal/tables.hpp"
#include "surface/text.hpp"

namespace nowd::ctl {
namespace {

constexpr std::size_t max_backfill = 10'000;

struct BackfillOptions {
  std::string job, from, until, timezone;
  bool effects = false, dry_run = false, deliver = false, after = false;
};

struct BackfillBounds {
  Instant from, until;
};

/// As the end of a backfill, today ends now.
bool is_today(const std::string& text, const std::optional<Zone>& zone, Instant now) {
  const Result<LocalDay> day = parse_local_day(text);
  return day && zone && day_of(zone->local(now)) == *day;
}

Result<BackfillBounds> backfill_bounds(const BackfillOptions& options, const std::optional<Zone>& zone, Instant now) {
  const Result<Instant> from = instant_argument("--from", options.from, zone);
  if (!from) return from.error();
  const Result<Instant> end = end_argument("--until", options.until, zone);
  if (!end) return end.error();
  const Instant until = is_today(options.until, zone, now) ? now : *end;
  if (until < *from) return invalid("--until " + rfc3339(until) + " is before --from " + rfc3339(*from));
  if (until > now)
    return invalid("--until " + rfc3339(until) +
                   " lies ahead: the schedule serves future occurrences; end in the past");
  return BackfillBounds{*from, until};
}

Result<ComputedOccurrences> past_occurrences(const std::string& job, const ScheduleInForce& in_force,
                                             const BackfillBounds& bounds) {
  const Schedule& schedule = in_force.schedule;
  ComputedOccurrences out{job, {}, schedule.zone, in_force.revision};
  if (std::holds_alternative<Manual>(schedule.kind))
    return invalid("job '" + job + "' has no schedule: there is nothing to make up for; nowctl run " + job +
                   " --as-of T runs it for a moment");
  const Instant before_it = bounds.from - microseconds{1};
  const auto before = previous_occurrence(schedule, bounds.from);
  for (const Occurrence& at : occurrences(schedule, before_it, bounds.until, max_backfill + 1)) {
    const Instant previous = !out.rows.empty() ? out.rows.back().occurrence.at : before ? before->at : at.at;
    out.rows.push_back({at, at.at, previous});
  }
  if (out.rows.size() > max_backfill)
    return invalid("job '" + job + "' has more than 10000 occurrences in that stretch: take a shorter one");
  return out;
}

std::string omissions_text(const BackfillOptions& options) {
  std::vector<std::string> omitted;
  if (!options.effects) omitted.push_back("effects");
  if (!options.deliver) omitted.push_back("deliveries");
  if (!options.after) omitted.push_back("runs of other jobs");
  return omitted.empty() ? "" : "; without " + listed(omitted) + " (--effects, --deliver, --after)";
}

int print_backfill(const Globals& globals, const BackfillOptions& options, const std::vector<Json>& rows,
                   const Zone& zone) {
  std::vector<std::vector<TableCell>> table{
      {{"UTC", Ink::bold}, {"LOCAL (" + zone.name() + ")", Ink::bold}, {"WHAT", Ink::bold}, {"BEFORE", Ink::bold}}};
  std::map<std::string, int> count;
  for (const Json& row : rows) {
    const Instant at = row::instant(row, "scheduled_at").value();
    const std::string what = row::text(row, "what");
    ++count[what];
    if (globals.json) print_line(row);
    table.push_back({{rfc3339(at)}, {local_moment(zone, at)}, {what}, {row::text(row, "was")}});
  }
  if (globals.json) return exit_done;
  if (rows.empty()) {
    remark("the schedule has no occurrence in that stretch");
    return exit_done;
  }
  print(table_text(table, style_of(globals)));
  print((options.dry_run ? "would run " : "will run ") + std::to_string(count["new"] + count["again"]) + " (" +
        std::to_string(count["again"]) + " of them were missed or skipped before), " +
        std::to_string(count["left alone"]) + " left alone: they ran, or are about to" + omissions_text(options) +
        "\n");
  return exit_done;
}

int backfill(const Globals& globals, const BackfillOptions& options) {
  return with_job(globals, options.job, [&](LedgerReader& reader, const Json& job) -> int {
    const Result<std::optional<Zone>> zone = zone_for_job(options.timezone, job);
    if (!zone) return fail(zone.error());
    const Result<BackfillBounds> bounds = backfill_bounds(options, *zone, SystemClock().now());
    if (!bounds) return fail(bounds.error());
    const Result<ScheduleInForce> in_force = schedule_in_force(job);
    if (!in_force) return fail(in_force.error());
    const Result<ComputedOccurrences> computed = past_occurrences(options.job, *in_force, *bounds);
    if (!computed) return fail(computed.error());
    const auto rows = reader.backfill(*computed, {.effects = options.effects,
                                                  .deliver = options.deliver,
                                                  .start_followers = options.after,
                                                  .dry_run = options.dry_run});
    if (!rows) return fail(rows.error());
    if (row::instant(job.at("job"), "paused_at"))
      remark("the job is paused: a backfill waits until nowctl resume " + options.job);
    return print_backfill(globals, options, *rows, in_force->schedule.zone);
  });
}

}  // namespace

Command backfill_command() {
  const auto options = std::make_shared<BackfillOptions>();
  return {.name = "backfill",
          .group = Group::acting,
          .summary = "run a job for its past occurrences",
          .text = R"(Runs a job for its past occurrences from T until T, both included, as its
schedule names them now. Occurrences that already ran are left alone, so a
second call changes nothing. Missed and skipped occurrences run now; those of a
paused job after nowctl resume. The runs make no effect, deliver nothing, ping
no heartbeat and start no other job, unless options allow it. At most 10000
occurrences at once.)",
          .arguments = {required_job(options->job)},
          .options = {{.name = "--from",
                       .value = "T",
                       .target = &options->from,
                       .help = "run occurrences at T or later",
                       .required = true},
                      {.name = "--until",
                       .value = "T",
                       .target = &options->until,
                       .help = "run occurrences up to T, which lies in the past; a date is that whole day",
                       .required = true},
                      {"--timezone", "TZ", &options->timezone, "the zone of T, if T is a local time [the job's]"},
                      {"--effects", "", &options->effects, "allow effects; without it nowd refuses tools with effects"},
                      {"--deliver", "", &options->deliver, "deliver, and ping the heartbeat"},
                      {"--after", "", &options->after, "start the jobs that run after this one"},
                      {"--dry-run", "", &options->dry_run, "list the occurrences that would run, change nothing"}},
          .database = ledger_to_change,
          .json = R"({"scheduled_at", "what", "was"} per occurrence; "what" is new, again or left alone)",
          .notes = forms_of_times,
          .example = "nowctl backfill standup --from 2026-06-01 --until 2026-06-05 --dry-run",
          .run = [options](const Globals& globals) { return backfill(globals, *options); }};
}

}  // namespace nowd::ctl
