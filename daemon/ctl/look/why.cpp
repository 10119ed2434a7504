// why: the fate of an occurrence.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "ctl/cli/argument.hpp"
#include "ctl/cli/database.hpp"
#include "ctl/cli/report.hpp"
#include "ctl/commands.hpp"
#include "ctl/look/rehearsal.hpp"
#include "foundation/log.hpp"
#include "foundation/time/clock.hpp"
#include "surface/run_record.hpp"
#include "surface/terminal/fate.hpp"

namespace nowd::ctl {
namespace {

struct WhyOptions {
  std::string job, at, timezone;
};

/// A rehearsal begins and ends this long before and after the moment: runs may still be under way then.
constexpr hours rehearsed_before{6}, rehearsed_after{1};

/// True if the ledger has no row of the occurrence, or none with its final state.
bool is_fate_open(const Json& ledger, Instant at) {
  const Json& rows = ledger.at("fate");
  return std::none_of(rows.begin(), rows.end(), [&](const Json& row) {
    return row::instant(row, "scheduled_at") == at && row::text(row, "state") != "planned";
  });
}

/// Fate of a future occurrence, by a rehearsal of the jobs in force. It ignores the runs under way now.
std::optional<RehearsedFate> rehearsed_fate(LedgerReader& reader, const JobName& job, Instant at, Instant now) {
  const Result<std::vector<Json>> rows = reader.standing();
  if (!rows) return std::nullopt;
  const Standing standing = standing_of(*rows);
  Rehearsal plan;
  plan.jobs = jobs_of(*rows);
  plan.from = std::max(now, at - rehearsed_before);
  plan.until = at + rehearsed_after;
  plan.length = standing.length({});
  plan.paused = standing.paused;
  std::optional<RehearsedFate> found;
  rehearse(plan, [&](RehearsedFate fate) {
    if (fate.job == job && fate.at == at && fate.kind != RunKind::after) found = std::move(fate);
  });
  return found;
}

std::optional<RehearsedFate> expected_fate(LedgerReader& reader, const Json& ledger, const JobName& job,
                                           const Result<ScheduleInForce>& in_force, Instant at, Instant now) {
  if (at <= now || !in_force || !is_fate_open(ledger, at)) return std::nullopt;
  const auto occurrence = next_occurrence(in_force->schedule, at - microseconds{1});
  if (!occurrence || occurrence->at != at) return std::nullopt;
  return rehearsed_fate(reader, job, at, now);
}

int explain_occurrence(const Globals& globals, const WhyOptions& options) {
  log::configure(log::Level::error, log::Format::text);
  return with_job(globals, options.job, [&](LedgerReader& reader, const Json& job) -> int {
    const Result<std::optional<Zone>> zone = zone_for_job(options.timezone, job);
    if (!zone) return fail(zone.error());
    const Result<std::string> text = options.at.empty() ? newest_moment(reader, options.job) : options.at;
    if (!text) return fail(text.error());
    const Result<TimeArgument> at = time_argument("AT", *text, *zone);
    if (!at) return fail(at.error());
    Result<Json> ledger = reader.why(options.job, at->at);
    if (!ledger) return fail(ledger.error());
    const Instant now = SystemClock().now();
    const Result<ScheduleInForce> in_force = schedule_in_force(*ledger);
    const auto fate = expected_fate(reader, *ledger, options.job, in_force, at->at, now);
    if (globals.json) {
      if (fate) (*ledger)["expected"] = object_of(*fate);
      print_line(*ledger);
      return exit_done;
    }
    print(fate_text({*ledger, at->at, at->missing, in_force ? std::optional(in_force->schedule) : std::nullopt, now},
                    style_of(globals)));
    if (fate) print("if all goes as usual, " + fate_sentence(*fate, in_force->schedule.zone) + "\n");
    return exit_done;
  });
}

}  // namespace

Command why_command() {
  const auto options = std::make_shared<WhyOptions>();
  return {.name = "why",
          .summary = "explain the fate of an occurrence",
          .text = R"(Explains the fate of a job's occurrence: the run that served it, why it was
skipped or missed, when it is due, or that the schedule has no such occurrence,
and the nearest ones. For a moment to come, a rehearsal of the jobs in force
shows its fate if all goes as usual.)",
          .arguments = {required_job(options->job),
                        {"AT", "", &options->at,
                         "the moment of the occurrence, as RFC 3339 (2026-06-01T09:00:00+02:00, …Z) or local "
                         "(2026-06-01T09:00) [the moment of the job's newest run]"}},
          .options = {{"--timezone", "TZ", &options->timezone, "the zone of AT, if AT is a local time [the job's]"}},
          .database = ledger_to_read,
          .json = "the ledger's rows about it, in one object",
          .example = "nowctl why standup 2026-06-01T09:00 --timezone Europe/Berlin",
          .run = [options](const Globals& globals) { return explain_occurrence(globals, *options); }};
}

}  // namespace nowd::ctl
