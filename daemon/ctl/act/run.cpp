// run: asks for a run of a job.
#include <nlohmann/json.hpp>
#include <thread>

#include "ctl/cli/argument.hpp"
#include "ctl/cli/database.hpp"
#include "ctl/cli/report.hpp"
#include "ctl/commands.hpp"
#include "surface/run_record.hpp"
#include "surface/terminal/story.hpp"

namespace nowd::ctl {
namespace {

struct RunOptions {
  std::string job, as_of, timezone;
  std::string input;
  bool effects = false, wait = false, dry_run = false;
  bool deliver = false, after = false;  ///< although the run is for a past moment
  bool even_if_paused = false;
};

constexpr milliseconds poll_interval{200};
/// Grace for a daemon that starts, or that is late with its heartbeat (every 2 s). A dead daemon counts as alive for
/// 4.5 s after its last heartbeat. nowctl.1 promises the remark within 5 s.
constexpr milliseconds patience{2'500};

std::string no_daemon_text(std::int64_t request) {
  return "no daemon is alive: request " + std::to_string(request) +
         " stays in the ledger and is served when one starts (systemctl status nowd)";
}

int print_request(const Globals& globals, LedgerReader& reader, std::int64_t request) {
  const Result<Json> state = reader.request_state(request);
  if (!state) return fail(state.error());
  if (globals.json)
    print_line(state->at("request"));
  else
    print("request " + std::to_string(request) + ": a run of " + row::text(state->at("request"), "job") + ", for " +
          row::text(state->at("request"), "scheduled_at") + "; nowctl runs shows it as soon as a daemon took it\n");
  if (row::number(*state, "daemons_alive") == 0) remark(no_daemon_text(request));
  return exit_done;
}

int print_end(const Globals& globals, LedgerReader& reader, const Json& state) {
  const auto number = row::number(state.at("run"), "run");
  if (!number)
    return fail(exit_bad, "the request was " + row::text(state.at("request"), "state") + ": " +
                              row::text(state.at("request"), "reason"));
  if (globals.json) {
    print_line(state.at("run"));
  } else {
    const Result<Json> run = reader.run(RunId{*number});
    if (!run) return fail(run.error());
    print(short_story(run_record(*run), style_of(globals)));
  }
  return row::text(state.at("run"), "state") == "succeeded" ? exit_done : exit_bad;
}

std::string obstacle_text(const Json& run) {
  const std::string number = std::to_string(row::number(run, "run").value_or(0));
  const std::string until = row::text(run, "not_before");
  return "waiting for run " + number + " of " + row::text(run, "job") + ", which is " +
         (until.empty() ? "still going" : "put aside until " + until) + " (nowctl cancel " + number + " ends it)";
}

/// Waits until the request is served. An interrupt does not cancel the request.
int wait_for_end(const Globals& globals, LedgerReader& reader, std::int64_t request) {
  const auto started = std::chrono::steady_clock::now();
  for (bool has_remarked = false;;) {
    const Result<Json> state = reader.request_state(request);
    if (!state) {
      remark("request " + std::to_string(request) + " was made; how it goes cannot be seen now");
      return fail(state.error());
    }
    const std::string stage = row::text(state->at("request"), "state");
    if (stage == "done" || stage == "refused") return print_end(globals, reader, *state);
    // It may stay suspended for hours: report that instead of waiting.
    if (row::text(state->at("run"), "state") == "suspended") return print_end(globals, reader, *state);
    const bool taken = stage == "claimed";
    const bool patient = std::chrono::steady_clock::now() - started < patience;
    if (!taken && !patient && row::number(*state, "daemons_alive") == 0) return fail(exit_bad, no_daemon_text(request));
    if (!has_remarked && !patient && !state->at("in_the_way").is_null()) {
      remark(obstacle_text(state->at("in_the_way")));
      has_remarked = true;
    }
    std::this_thread::sleep_for(poll_interval);
  }
}

/// The moment of --as-of; nothing for a run of this moment.
Result<std::optional<Instant>> moment_of(const RunOptions& options, const Json& job) {
  const Result<std::optional<Zone>> zone = zone_for_job(options.timezone, job);
  if (!zone) return zone.error();
  if (options.as_of.empty()) return std::optional<Instant>();
  const Result<Instant> as_of = instant_argument("--as-of", options.as_of, *zone);
  if (!as_of) return as_of.error();
  return std::optional(*as_of);
}

Result<void> check_run(const RunOptions& options) {
  if (options.as_of.empty() && (options.deliver || options.after))
    return invalid("run: --deliver and --after go with --as-of: a run of this moment delivers and is followed anyway");
  return boost::system::in_place_value;
}

int ask_for_run(const Globals& globals, const RunOptions& options) {
  std::optional<std::string> input;
  if (!options.input.empty()) {
    if (const auto json = parse_json(options.input); !json)
      return fail(exit_usage, "--input is " + json.error().message + "; write JSON, such as '{\"ticket\": 7}'");
    input = options.input;
  }
  return with_job(globals, options.job, [&](LedgerReader& reader, const Json& job) -> int {
    const Result<std::optional<Instant>> as_of = moment_of(options, job);
    if (!as_of) return fail(as_of.error());
    const auto if_set = [](bool flag) { return flag ? std::optional(true) : std::nullopt; };
    const auto request = reader.request_run({options.job, *as_of, if_set(options.effects), input, options.dry_run,
                                             options.even_if_paused, if_set(options.deliver), if_set(options.after)});
    if (!request) return fail(request.error());
    return options.wait ? wait_for_end(globals, reader, *request) : print_request(globals, reader, *request);
  });
}

}  // namespace

Command run_command() {
  const auto options = std::make_shared<RunOptions>();
  return {
      .name = "run",
      .group = Group::acting,
      .summary = "ask for a run of a job now",
      .text = R"(Asks nowd to run a job now, independent of its schedule. The run is for this
moment, or for T, a moment of the past: then "today" means T's day, and the run
makes no effect, delivers nothing, pings no heartbeat and starts no other job,
unless options allow it. nowd refuses a run of a paused job.)",
      .arguments = {required_job(options->job)},
      .options = {{"--as-of", "T", &options->as_of, "run it for the moment T of the past; a date is its midnight"},
                  {"--timezone", "TZ", &options->timezone, "the zone of T, if T is a local time [the job's]"},
                  {"--input", "JSON", &options->input, "the value of {{input}} and {{input.NAME}} in the prompt"},
                  {"--dry-run", "", &options->dry_run,
                   "try the job without harm: inputs and reading tools are real; effects and deliveries are shown "
                   "with their final arguments, and not made (see --wait, or nowctl show)"},
                  {"--effects", "", &options->effects, "with --as-of: allow effects"},
                  {"--deliver", "", &options->deliver, "with --as-of: deliver, and ping the heartbeat"},
                  {"--after", "", &options->after, "with --as-of: start the jobs that run after this one"},
                  {"--even-if-paused", "", &options->even_if_paused, "run the job although it is paused"},
                  {"--wait", "", &options->wait,
                   "wait for the end of the run, and print its state and output; exit status 0 only if it "
                   "succeeded, 1 after 5 seconds without a live daemon"}},
      .database = ledger_to_change,
      .json = "the row of the request; with --wait the row of the run",
      .notes = forms_of_times,
      .exit_status = "0 done; 1 with --wait: the run did not succeed, or no daemon is alive; 2 usage; 3 no database.",
      .example = "nowctl run standup --as-of 2026-06-01T09:00 --timezone Europe/Berlin --wait",
      .check = [options] { return check_run(*options); },
      .run = [options](const Globals& globals) { return ask_for_run(globals, *options); }};
}

}  // namespace nowd::ctl
