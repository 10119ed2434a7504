// jobs, runs, show, clocks: what the ledger says.
#include <nlohmann/json.hpp>

#include "config/load.hpp"
#include "ctl/cli/argument.hpp"
#include "ctl/cli/commands.hpp"
#include "ctl/cli/database.hpp"
#include "ctl/cli/report.hpp"
#include "ctl/cli/which_run.hpp"
#include "domain/run/facts.hpp"
#include "foundation/text/nearest.hpp"
#include "foundation/time/clock.hpp"
#include "surface/meanings.hpp"
#include "surface/run_record.hpp"
#include "surface/terminal/conversation.hpp"
#include "surface/terminal/story.hpp"
#include "surface/terminal/tables.hpp"
#include "surface/text.hpp"
#include "surface/timeline/timeline.hpp"

namespace nowd::ctl {
namespace {

constexpr std::int64_t max_rows = 1'000'000;

int tell_rows(const Globals& globals, const Result<std::vector<Json>>& rows,
              std::string (*table)(const std::vector<Json>&, const Style&), std::string_view when_empty) {
  if (!rows) return fail(rows.error());
  if (globals.json)
    for (const Json& row : *rows) print_line(row);
  else if (rows->empty())
    remark(when_empty);
  else
    print(table(*rows, style_of(globals)));
  return done;
}

std::string no_state(const std::string& word, const std::string& what, WordOf of) {
  std::vector<std::string> known;
  for (const WordMeaning& each : meanings())
    if (each.of == of) known.emplace_back(each.word);
  const auto near = nearest_name(word, known);
  return "--state '" + word + "' is no state of a " + what +
         (near ? "; did you mean '" + *near + "'? Known are " : "; known are ") + listed(known);
}

Result<RunsFilter> filter_of(const Runs& command) {
  RunsFilter filter;
  if (!command.job.empty()) filter.job = command.job;
  if (!command.state.empty()) {
    if (!parse_run_state(command.state)) return invalid(no_state(command.state, "run", WordOf::run_state));
    filter.state = command.state;
  }
  if (!command.since.empty()) {
    const Result<Instant> since = since_argument(command.since, SystemClock().now());
    if (!since) return since.error();
    filter.since = *since;
  }
  if (!command.limit.empty()) {
    const Result<std::int64_t> limit = number_argument("--limit", command.limit, max_rows);
    if (!limit) return limit.error();
    filter.limit = static_cast<int>(*limit);
  }
  return filter;
}

/// Reads the run and gives it to `tell`.
int with_run(const Globals& globals, const std::string& word, const std::function<void(const Json&)>& tell) {
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    const Result<RunId> id = which_run(reader, word);
    if (!id) return fail(id.error());
    const Result<Json> run = reader.run(*id);
    if (!run) return fail(run.error());
    tell(*run);
    return done;
  });
}

}  // namespace

int run_command(const Globals& globals, const Jobs&) {
  return with_ledger(globals, [&](LedgerReader& reader) {
    const int told =
        tell_rows(globals, reader.jobs(), jobs_table, "the ledger has no jobs yet: nowd records them when it starts");
    if (const Result<bool> served = reader.is_served(); told == done && served && !*served)
      remark("no daemon is alive: nothing runs until one starts (systemctl status nowd)");
    return told;
  });
}

int run_command(const Globals& globals, const Runs& command) {
  const Result<RunsFilter> filter = filter_of(command);
  if (!filter) return fail(filter.error());
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    if (filter->job)
      if (const Result<Json> job = reader.job(*filter->job); !job) return fail(job.error());
    return tell_rows(globals, reader.runs(*filter), runs_table, "the ledger has no such runs, or none yet");
  });
}

int run_command(const Globals& globals, const Deliveries& command) {
  DeliveriesFilter filter;
  if (!command.job.empty()) filter.job = command.job;
  if (!command.sink.empty()) filter.sink = command.sink;
  if (!command.state.empty()) {
    if (!parse_delivery_state(command.state))
      return fail(usage, no_state(command.state, "delivery", WordOf::delivery_state));
    filter.state = command.state;
  }
  if (!command.run.empty()) {
    const auto run = number_argument("--run", command.run, std::numeric_limits<std::int64_t>::max());
    if (!run) return fail(run.error());
    filter.run = RunId{*run};
  }
  if (!command.limit.empty()) {
    const auto limit = number_argument("--limit", command.limit, max_rows);
    if (!limit) return fail(limit.error());
    filter.limit = static_cast<int>(*limit);
  }
  return with_ledger(globals, [&](LedgerReader& reader) {
    return tell_rows(globals, reader.deliveries(filter), deliveries_table,
                     "the ledger has no such deliveries, or none yet");
  });
}

namespace {

int tell_texts(const Globals& globals, const Show& command) {
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    const Result<RunId> id = which_run(reader, command.run);
    if (!id) return fail(id.error());
    const Result<Json> texts = reader.texts(*id);
    if (!texts) return fail(texts.error());
    const Style style = style_of(globals);
    if (globals.json)
      print_line(*texts);
    else
      print(command.prompt   ? prompt_text(*texts, style)
            : command.inputs ? inputs_text(*texts, style)
                             : conversation_text(*texts, style));
    return done;
  });
}

}  // namespace

int run_command(const Globals& globals, const Show& command) {
  if (command.conversation || command.prompt || command.inputs) return tell_texts(globals, command);
  return with_run(globals, command.run, [&](const Json& run) {
    if (globals.json) return print_line(run);
    Style style = style_of(globals);
    style.full = command.full;
    print(story(run_record(run), SystemClock().now(), style));
  });
}

namespace {

int tell_job_clocks(const Globals& globals, const Clocks& command) {
  const Instant now = SystemClock().now();
  const Result<Instant> since = since_argument(command.since.empty() ? "30d" : command.since, now);
  if (!since) return fail(since.error());
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    const Result<Json> clocks = reader.job_clocks({.job = command.job, .since = *since});
    if (!clocks) return fail(clocks.error());
    if (globals.json)
      print_line(*clocks);
    else
      print(job_clocks_text(*clocks, style_of(globals)));
    return done;
  });
}

}  // namespace

int run_command(const Globals& globals, const Clocks& command) {
  if (!command.job.empty()) return tell_job_clocks(globals, command);
  return with_run(globals, command.run, [&](const Json& run) {
    if (!globals.json) return print(timeline(run_record(run), SystemClock().now(), style_of(globals)));
    Json row = run.at("clocks");
    row["readings"] = run.at("readings");
    row["gates"] = run.at("gates");
    print_line(row);
  });
}

namespace {

Result<Schedule> schedule_of_spec(const std::string& spec) {
  Result<Job> job = job_from_canonical(spec, nullptr);
  if (!job) return job.error();
  return std::move(job->schedule);
}

/// What SQL finds, and then what the schedules say, counted again.
Result<std::vector<Json>> findings(LedgerReader& reader, Instant since, const std::optional<JobName>& job) {
  Result<std::vector<Json>> found = reader.verify(since, job);
  if (!found) return found;
  const Result<std::vector<Json>> counted = reader.audit_schedules(since, job, schedule_of_spec);
  if (!counted) return counted;
  found->insert(found->end(), counted->begin(), counted->end());
  return found;
}

std::string verified_text(const Json& looked_at, std::size_t found, Instant since) {
  const auto number = [&](const char* part, const char* noun) {
    return counted(row::number(looked_at, part).value_or(0), noun);
  };
  return (found == 0 ? "nothing was found" : counted(static_cast<long long>(found), "finding")) + " in " +
         number("runs", "run") + " with " + number("model_calls", "model call") + " and " +
         number("tool_calls", "tool call") + ", and " + number("occurrences", "occurrence") + ", since " +
         rfc3339(since) + "\n";
}

}  // namespace

int run_command(const Globals& globals, const Verify& command) {
  const Result<Instant> since = since_argument(command.since.empty() ? "7d" : command.since, SystemClock().now());
  if (!since) return fail(since.error());
  const auto job = command.job.empty() ? std::nullopt : std::optional(command.job);
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    if (job)
      if (const Result<Json> known = reader.job(*job); !known) return fail(known.error());
    const Result<std::vector<Json>> found = findings(reader, *since, job);
    if (!found) return fail(found.error());
    const Result<Json> looked_at = reader.verified(*since, job);
    if (!looked_at) return fail(looked_at.error());
    if (globals.json)
      for (const Json& row : *found) print_line(row);
    else
      print((found->empty() ? "" : findings_table(*found, style_of(globals))) +
            verified_text(*looked_at, found->size(), *since));
    return found->empty() ? done : bad;
  });
}

int run_command(const Globals&, const Tell& command) {
  print(command.text);
  return done;
}

}  // namespace nowd::ctl
