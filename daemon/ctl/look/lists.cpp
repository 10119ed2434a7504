// jobs, runs, requests, deliveries: tables of rows of the ledger.
#include <limits>
#include <nlohmann/json.hpp>

#include "ctl/cli/argument.hpp"
#include "ctl/cli/database.hpp"
#include "ctl/cli/report.hpp"
#include "ctl/commands.hpp"
#include "domain/run/facts.hpp"
#include "foundation/text/nearest.hpp"
#include "foundation/text/words.hpp"
#include "foundation/time/clock.hpp"
#include "surface/meanings.hpp"
#include "surface/terminal/tables.hpp"

namespace nowd::ctl {
namespace {

constexpr std::int64_t max_rows = 1'000'000;

int list_jobs(const Globals& globals) {
  return with_ledger(globals, [&](LedgerReader& reader) {
    const int code =
        print_rows(globals, reader.jobs(), jobs_table, "the ledger has no jobs yet: nowd records them when it starts");
    if (const Result<bool> served = reader.is_served(); code == exit_done && served && !*served)
      remark("no daemon is alive: nothing runs until one starts (systemctl status nowd)");
    return code;
  });
}

Error unknown_state(const std::string& word, const std::string& thing, WordOf of) {
  std::vector<std::string> known;
  for (const WordMeaning& each : meanings())
    if (each.of == of) known.emplace_back(each.word);
  const auto near = nearest_name(word, known);
  return invalid("--state '" + word + "' is no state of a " + thing +
                 (near ? "; did you mean '" + *near + "'? Known are " : "; known are ") + listed(known));
}

Result<void> read_limit(const std::string& text, int& limit) {
  if (text.empty()) return boost::system::in_place_value;
  const Result<std::int64_t> number = number_argument("--limit", text, max_rows);
  if (!number) return number.error();
  limit = static_cast<int>(*number);
  return boost::system::in_place_value;
}

struct RunsOptions {
  std::string job, since, state, limit;
};

Result<RunsFilter> filter_of(const RunsOptions& options) {
  RunsFilter filter;
  filter.job = optional_job(options.job);
  if (!options.state.empty()) {
    if (!parse_run_state(options.state)) return unknown_state(options.state, "run", WordOf::run_state);
    filter.state = options.state;
  }
  if (!options.since.empty()) {
    const Result<Instant> since = since_argument(options.since, SystemClock().now());
    if (!since) return since.error();
    filter.since = *since;
  }
  if (const Result<void> good = read_limit(options.limit, filter.limit); !good) return good.error();
  return filter;
}

int list_runs(const Globals& globals, const RunsOptions& options) {
  const Result<RunsFilter> filter = filter_of(options);
  if (!filter) return fail(filter.error());
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    if (const Result<void> known = check_job(reader, filter->job); !known) return fail(known.error());
    return print_rows(globals, reader.runs(*filter), runs_table, "the ledger has no such runs, or none yet");
  });
}

int list_requests(const Globals& globals, const std::optional<JobName>& job) {
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    if (const Result<void> known = check_job(reader, job); !known) return fail(known.error());
    const Result<std::vector<Json>> rows = reader.waiting_requests(job);
    if (rows && rows->empty() && !globals.json) {
      print("no request waits\n");
      return exit_done;
    }
    return print_rows(globals, rows, requests_table, "");
  });
}

struct DeliveriesOptions {
  std::string job, sink, state, run, limit;
};

Result<DeliveriesFilter> filter_of(const DeliveriesOptions& options) {
  DeliveriesFilter filter;
  filter.job = optional_job(options.job);
  if (!options.sink.empty()) filter.sink = options.sink;
  if (!options.state.empty()) {
    if (!parse_delivery_state(options.state)) return unknown_state(options.state, "delivery", WordOf::delivery_state);
    filter.state = options.state;
  }
  if (!options.run.empty()) {
    const auto run = number_argument("--run", options.run, std::numeric_limits<std::int64_t>::max());
    if (!run) return run.error();
    filter.run = RunId{*run};
  }
  if (const Result<void> good = read_limit(options.limit, filter.limit); !good) return good.error();
  return filter;
}

int list_deliveries(const Globals& globals, const DeliveriesOptions& options) {
  const Result<DeliveriesFilter> filter = filter_of(options);
  if (!filter) return fail(filter.error());
  return with_ledger(globals, [&](LedgerReader& reader) {
    return print_rows(globals, reader.deliveries(*filter), deliveries_table,
                      "the ledger has no such deliveries, or none yet");
  });
}

}  // namespace

Command jobs_command() {
  return {.name = "jobs",
          .summary = "list jobs, their next occurrence and last run",
          .text = R"(Lists the jobs in the ledger: state, the next occurrence that will run in the
job's own zone, last run with its state and the verdict on its clocks, schedule.
Prints a remark if no daemon is alive.)",
          .database = ledger_to_read,
          .json = "the columns of the view nowd.jobs, and the zone",
          .run = list_jobs};
}

Command runs_command() {
  const auto options = std::make_shared<RunsOptions>();
  return {.name = "runs",
          .summary = "list runs, the newest first",
          .text = R"(Lists runs, the newest first. Each run shows the moment that it is for, in the
zone of its job.)",
          .options = {{"--job", "JOB", &options->job, "only runs of this job"},
                      {"--since", "D", &options->since,
                       "only runs for moments of the last D (90s, 5m, 2h, 1d), or since a date (of UTC) or an RFC 3339 "
                       "time"},
                      {.name = "--state",
                       .value = "STATE",
                       .target = &options->state,
                       .help = "only runs in this state: running, suspended, committing, succeeded, failed, "
                               "interrupted, orphaned, denied, cancelled or aborted_partial",
                       .choices = "running|suspended|committing|succeeded|failed|interrupted|orphaned|denied|"
                                  "cancelled|aborted_partial"},
                      {"--limit", "N", &options->limit, "at most N rows [50]"}},
          .database = ledger_to_read,
          .json = "the columns of the view nowd.runs; spans are seconds",
          .example = "nowctl runs --job standup --since 7d --format json",
          .run = [options](const Globals& globals) { return list_runs(globals, *options); }};
}

Command requests_command() {
  const auto job = std::make_shared<std::string>();
  return {.name = "requests",
          .group = Group::acting,
          .summary = "list requests for runs that wait for a daemon",
          .text = R"(Lists the runs that people or other jobs asked for and that no daemon has taken
yet, the oldest first, with the reason why each waits: a run under way, the end
of a pause. nowctl cancel --request N cancels one.)",
          .options = {{"--job", "JOB", job.get(), "only requests for runs of this job"}},
          .database = ledger_to_read,
          .json = "the columns of the view nowd.requests",
          .run = [job](const Globals& globals) { return list_requests(globals, optional_job(*job)); }};
}

Command deliveries_command() {
  const auto options = std::make_shared<DeliveriesOptions>();
  return {.name = "deliveries",
          .summary = "list messages to sinks and their state",
          .text = R"(Lists messages to sinks, the newest first: outputs, alerts (on_failure), messages
of recovery, and heartbeats, with the last attempt's answer.)",
          .options = {{"--job", "JOB", &options->job, "only messages about this job"},
                      {"--sink", "SINK", &options->sink, "only messages to this sink of nowd.yaml"},
                      {.name = "--state",
                       .value = "STATE",
                       .target = &options->state,
                       .help = "only messages in this state: pending, sending, delivered, failed (the sink will never "
                               "take it), unknown (it may have arrived, and the sink cannot detect a repetition), "
                               "expired (its validity passed) or shown (a dry run)",
                       .choices = "pending|sending|delivered|failed|unknown|expired|shown"},
                      {"--run", "RUN", &options->run, "only messages of the run of this number"},
                      {"--limit", "N", &options->limit, "at most N rows [50]"}},
          .database = ledger_to_read,
          .json = "the columns of the view nowd.deliveries",
          .example = "nowctl deliveries --sink slack --state failed",
          .run = [options](const Globals& globals) { return list_deliveries(globals, *options); }};
}

}  // namespace nowd::ctl
