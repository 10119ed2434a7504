// backfill: makes up for occurrences of the past, with the identities of the schedule.
#include <nlohmann/json.hpp>

#include "ctl/cli/argument.hpp"
#include "ctl/cli/commands.hpp"
#include "ctl/cli/database.hpp"
#include "ctl/cli/report.hpp"
#include "ctl/cli/schedules.hpp"
#include "foundation/text/nearest.hpp"
#include "foundation/time/clock.hpp"
#include "surface/moment.hpp"
#include "surface/run_record.hpp"
#include "surface/terminal/tables.hpp"
#include "surface/text.hpp"

namespace nowd::ctl {
namespace {

constexpr std::size_t max_backfill = 10'000;

struct BackfillBounds {
  Instant from, until;
};

/// Today is over where it is by now.
bool is_today(const std::string& text, const std::optional<Zone>& zone, Instant now) {
  const Result<LocalDay> day = parse_local_day(text);
  return day && zone && day_of(zone->local(now)) == *day;
}

Result<BackfillBounds> backfill_bounds(const Backfill& command, const std::optional<Zone>& zone, Instant now) {
  const Result<Instant> from = instant_argument("--from", command.from, zone);
  if (!from) return from.error();
  const Result<Instant> end = end_argument("--until", command.until, zone);
  if (!end) return end.error();
  const Instant until = is_today(command.until, zone, now) ? now : *end;
  if (until < *from) return invalid("--until " + rfc3339(until) + " is before --from " + rfc3339(*from));
  if (until > now)
    return invalid("--until " + rfc3339(until) + " lies ahead: the schedule serves what is to come; end in the past");
  return BackfillBounds{*from, until};
}

Result<ComputedOccurrences> past(const std::string& job, const ScheduleInForce& in_force,
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

std::string kept_back(const Backfill& command) {
  std::vector<std::string> what;
  if (!command.effects) what.push_back("effects");
  if (!command.deliver) what.push_back("deliveries");
  if (!command.after) what.push_back("runs of other jobs");
  return what.empty() ? "" : "; without " + listed(what) + " (--effects, --deliver, --after)";
}

int tell(const Globals& globals, const Backfill& command, const std::vector<Json>& rows, const Zone& zone) {
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
  if (globals.json) return done;
  if (rows.empty()) {
    remark("the schedule has no occurrence in that stretch");
    return done;
  }
  print(table_text(table, style_of(globals)));
  print((command.dry_run ? "would run " : "will run ") + std::to_string(count["new"] + count["again"]) + " (" +
        std::to_string(count["again"]) + " of them were missed or skipped before), " +
        std::to_string(count["left alone"]) + " left alone: they ran, or are about to" + kept_back(command) + "\n");
  return done;
}

}  // namespace

int run_command(const Globals& globals, const Backfill& command) {
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    const Result<Json> job = reader.job(command.job);
    if (!job) return fail(job.error());
    const Result<std::optional<Zone>> zone = zone_about(command.timezone, *job);
    if (!zone) return fail(zone.error());
    const Result<BackfillBounds> bounds = backfill_bounds(command, *zone, SystemClock().now());
    if (!bounds) return fail(bounds.error());
    const Result<ScheduleInForce> in_force = schedule_in_force(*job);
    if (!in_force) return fail(in_force.error());
    const Result<ComputedOccurrences> computed = past(command.job, *in_force, *bounds);
    if (!computed) return fail(computed.error());
    const auto rows = reader.backfill(*computed, {.effects = command.effects,
                                                  .deliver = command.deliver,
                                                  .start_followers = command.after,
                                                  .dry_run = command.dry_run});
    if (!rows) return fail(rows.error());
    if (row::instant(job->at("job"), "paused_at"))
      remark("the job is paused: a backfill waits until nowctl resume " + command.job);
    return tell(globals, command, *rows, in_force->schedule.zone);
  });
}

}  // namespace nowd::ctl
