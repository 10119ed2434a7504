// show, clocks: one run, or the clocks of all runs of a job.
#include <nlohmann/json.hpp>

#include "ctl/cli/argument.hpp"
#include "ctl/cli/database.hpp"
#include "ctl/cli/report.hpp"
#include "ctl/commands.hpp"
#include "foundation/time/clock.hpp"
#include "surface/run_record.hpp"
#include "surface/terminal/conversation.hpp"
#include "surface/terminal/story.hpp"
#include "surface/terminal/tables.hpp"
#include "surface/timeline/timeline.hpp"

namespace nowd::ctl {
namespace {

using ReadRun = Result<Json> (LedgerReader::*)(RunId);

/// Finds the run of `word`, reads it and prints it.
int print_run(const Globals& globals, const std::string& word, ReadRun read,
              const std::function<void(const Json&)>& print_it) {
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    const Result<RunId> id = find_run(reader, word);
    if (!id) return fail(id.error());
    const Result<Json> run = (reader.*read)(*id);
    if (!run) return fail(run.error());
    print_it(*run);
    return exit_done;
  });
}

struct ShowOptions {
  std::string run;  ///< a number, a job or latest
  bool full = false;
  bool conversation = false, prompt = false, inputs = false;  ///< one of them: texts instead of the story
};

Result<void> check_show(const ShowOptions& options) {
  if (options.run.empty()) return invalid("show: RUN is missing: a number, a job's name, or latest");
  if (options.conversation + options.prompt + options.inputs > 1)
    return invalid("show: --conversation, --prompt and --inputs exclude each other: the first has all of it");
  return boost::system::in_place_value;
}

int show_run(const Globals& globals, const ShowOptions& options) {
  Style style = style_of(globals);
  if (options.conversation || options.prompt || options.inputs)
    return print_run(globals, options.run, &LedgerReader::texts, [&](const Json& texts) {
      if (globals.json) return print_line(texts);
      print(options.prompt   ? prompt_text(texts, style)
            : options.inputs ? inputs_text(texts, style)
                             : conversation_text(texts, style));
    });
  return print_run(globals, options.run, &LedgerReader::run, [&](const Json& run) {
    if (globals.json) return print_line(run);
    style.full = options.full;
    print(story(run_record(run), SystemClock().now(), style));
  });
}

struct ClocksOptions {
  std::string run;
  std::string job, since;  ///< instead of one run
};

Result<void> check_clocks(const ClocksOptions& options) {
  if (options.run.empty() == options.job.empty())
    return invalid("clocks: give RUN or --job JOB, " + std::string(options.run.empty() ? "one of them" : "not both"));
  if (options.job.empty() && !options.since.empty()) return invalid("clocks: --since goes with --job");
  return boost::system::in_place_value;
}

int show_job_clocks(const Globals& globals, const ClocksOptions& options) {
  const Instant now = SystemClock().now();
  const Result<Instant> since = since_argument(options.since.empty() ? "30d" : options.since, now);
  if (!since) return fail(since.error());
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    const Result<Json> clocks = reader.job_clocks({.job = options.job, .since = *since});
    if (!clocks) return fail(clocks.error());
    if (globals.json)
      print_line(*clocks);
    else
      print(job_clocks_text(*clocks, style_of(globals)));
    return exit_done;
  });
}

int show_clocks(const Globals& globals, const ClocksOptions& options) {
  if (!options.job.empty()) return show_job_clocks(globals, options);
  return print_run(globals, options.run, &LedgerReader::run, [&](const Json& run) {
    if (!globals.json) return print(timeline(run_record(run), SystemClock().now(), style_of(globals)));
    Json row = run.at("clocks");
    row["readings"] = run.at("readings");
    row["gates"] = run.at("gates");
    print_line(row);
  });
}

}  // namespace

Command show_command() {
  const auto options = std::make_shared<ShowOptions>();
  return {.name = "show",
          .summary = "show one run from beginning to end",
          .usage = {"RUN [--full | --conversation | --prompt | --inputs]"},
          .text = R"(Shows one run from its cause to its end: inputs, model calls, tool calls,
output, and the verdict on its clocks. RUN is a number from `nowctl runs`, a
job's name (its newest run) or latest (the newest run of all).)",
          .arguments = {{.name = "RUN", .value = "JOB", .target = &options->run, .required = true}},
          .options = {{"--full", "", &options->full, "show arguments, idempotency keys and output uncut"},
                      {"--conversation", "", &options->conversation,
                       "show the texts of the run in order instead: inputs, prompt, answers, tool calls with their "
                       "results, output"},
                      {"--prompt", "", &options->prompt, "show only the system text and the first prompt"},
                      {"--inputs", "", &options->inputs, "show only the inputs that were read before the first call"}},
          .database = "the ledger; texts need membership in nowd_operator",
          .json =
              "the run with all its rows, in one object; with --conversation, --prompt or --inputs its texts as "
              "recorded",
          .example = "nowctl show standup --conversation",
          .check = [options] { return check_show(*options); },
          .run = [options](const Globals& globals) { return show_run(globals, *options); }};
}

Command clocks_command() {
  const auto options = std::make_shared<ClocksOptions>();
  return {.name = "clocks",
          .summary = "draw one run's clocks, or compare the clocks of a job's runs",
          .usage = {"RUN", "--job JOB [--since D]"},
          .text = R"(RUN: draws the clocks of one run over one time axis: scheduled, dispatch,
inference, tool, and the times in its data; then every reading with its
uncertainty, the gaps between them, the other clocks against the host's, the
effects that the guard allowed or refused, and the verdict with its reasons. The
drawing cuts a long idle stretch, and shows its length. RUN is a number from
`nowctl runs`, a job's name (its newest run) or latest (the newest of all).

--job: shows how far the clocks of a job's scheduled runs lie apart: the median,
the 95th and the 99th percentile and the worst of each gap, the number of runs
with each verdict, the remote clocks that are proven to be ahead, and the dates
that the models took for today.)",
          .arguments = {{"RUN", "JOB", &options->run}},
          .options = {{"--job", "JOB", &options->job, "compare the runs of this job"},
                      {"--since", "D", &options->since,
                       "with --job: only runs for moments of the last D (90s, 5m, 2h, 1d), or since an RFC 3339 time "
                       "[30d]"}},
          .database = ledger_to_read,
          .json = R"(the row of the view nowd.run_clocks, with "readings" and "gates"; with --job one object: "gaps",
"verdicts", "remote_clocks", "model_beliefs")",
          .check = [options] { return check_clocks(*options); },
          .run = [options](const Globals& globals) { return show_clocks(globals, *options); }};
}

}  // namespace nowd::ctl
