#include <nlohmann/json.hpp>
#include <thread>

#include "ctl/cli/argument.hpp"
#include "ctl/cli/commands.hpp"
#include "ctl/cli/database.hpp"
#include "ctl/cli/report.hpp"
#include "ctl/cli/schedules.hpp"
#include "surface/run_record.hpp"
#include "surface/terminal/story.hpp"

namespace nowd::ctl {
namespace {

constexpr milliseconds between_looks{200};
/// For a daemon that is just starting, or whose beat (every 2 s) is held up. One that died is counted as alive for 4.5
/// s after its last beat: both together stay below the 5 s that nowctl promises.
constexpr milliseconds patience{2'500};

std::string nobody(std::int64_t request) {
  return "no daemon is alive: request " + std::to_string(request) +
         " stays in the ledger and is served when one starts (systemctl status nowd)";
}

int tell_request(const Globals& globals, LedgerReader& reader, std::int64_t request) {
  const Result<Json> state = reader.request_state(request);
  if (!state) return fail(state.error());
  if (globals.json)
    print_line(state->at("request"));
  else
    print("request " + std::to_string(request) + ": a run of " + row::text(state->at("request"), "job") + ", for " +
          row::text(state->at("request"), "scheduled_at") + "; nowctl runs shows it as soon as a daemon took it\n");
  if (row::number(*state, "daemons_alive") == 0) remark(nobody(request));
  return done;
}

int tell_end(const Globals& globals, LedgerReader& reader, const Json& state) {
  const auto number = row::number(state.at("run"), "run");
  if (!number)
    return fail(bad, "the request was " + row::text(state.at("request"), "state") + ": " +
                         row::text(state.at("request"), "reason"));
  if (globals.json) {
    print_line(state.at("run"));
  } else {
    const Result<Json> run = reader.run(RunId{*number});
    if (!run) return fail(run.error());
    print(short_story(run_record(*run), style_of(globals)));
  }
  return row::text(state.at("run"), "state") == "succeeded" ? done : bad;
}

std::string in_the_way(const Json& run) {
  const std::string number = std::to_string(row::number(run, "run").value_or(0));
  const std::string until = row::text(run, "not_before");
  return "waiting for run " + number + " of " + row::text(run, "job") + ", which is " +
         (until.empty() ? "still going" : "put aside until " + until) + " (nowctl cancel " + number + " ends it)";
}

/// Until the request is served. Interrupting it takes nothing back.
int wait_for_end(const Globals& globals, LedgerReader& reader, std::int64_t request) {
  const auto started = std::chrono::steady_clock::now();
  for (bool told = false;;) {
    const Result<Json> state = reader.request_state(request);
    if (!state) {
      remark("request " + std::to_string(request) + " was made; how it goes cannot be seen now");
      return fail(state.error());
    }
    const std::string stage = row::text(state->at("request"), "state");
    if (stage == "done" || stage == "refused") return tell_end(globals, reader, *state);
    // For hours, maybe: whoever waits is told, and may look again.
    if (row::text(state->at("run"), "state") == "suspended") return tell_end(globals, reader, *state);
    const bool taken = stage == "claimed";
    const bool patient = std::chrono::steady_clock::now() - started < patience;
    if (!taken && !patient && row::number(*state, "daemons_alive") == 0) return fail(bad, nobody(request));
    if (!told && !patient && !state->at("in_the_way").is_null()) {
      remark(in_the_way(state->at("in_the_way")));
      told = true;
    }
    std::this_thread::sleep_for(between_looks);
  }
}

}  // namespace

namespace {

/// Of a moment that is given; a run of this moment has none.
Result<std::optional<Instant>> moment_of(const Run& command, const Json& job) {
  const Result<std::optional<Zone>> zone = zone_about(command.timezone, job);
  if (!zone) return zone.error();
  if (command.as_of.empty()) return std::optional<Instant>();
  const Result<Instant> given = instant_argument("--as-of", command.as_of, *zone);
  if (!given) return given.error();
  return std::optional(*given);
}

}  // namespace

int run_command(const Globals& globals, const Run& command) {
  std::optional<std::string> input;
  if (!command.input.empty()) {
    if (const auto json = parse_json(command.input); !json)
      return fail(usage, "--input is " + json.error().message + "; write JSON, such as '{\"ticket\": 7}'");
    input = command.input;
  }
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    const Result<Json> job = reader.job(command.job);
    if (!job) return fail(job.error());
    const Result<std::optional<Instant>> as_of = moment_of(command, *job);
    if (!as_of) return fail(as_of.error());
    const auto if_said = [](bool said) { return said ? std::optional(true) : std::nullopt; };
    const auto request = reader.request_run({command.job, *as_of, if_said(command.effects), input, command.dry_run,
                                             command.even_if_paused, if_said(command.deliver), if_said(command.after)});
    if (!request) return fail(request.error());
    return command.wait ? wait_for_end(globals, reader, *request) : tell_request(globals, reader, *request);
  });
}

}  // namespace nowd::ctl
