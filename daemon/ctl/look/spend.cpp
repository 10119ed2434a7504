// spend, stops: the cost of model calls, and their stop reasons.
#include <nlohmann/json.hpp>

#include "ctl/cli/argument.hpp"
#include "ctl/cli/database.hpp"
#include "ctl/cli/report.hpp"
#include "ctl/commands.hpp"
#include "foundation/time/clock.hpp"
#include "providers/reply/stop_words.hpp"
#include "surface/terminal/tables.hpp"

namespace nowd::ctl {
namespace {

constexpr hours usual_span{24 * 30};

struct CallsOptions {
  std::string job, since;
  bool table = false;  ///< of stops: the words that nowd knows
};

Result<CallsFilter> filter_of(const CallsOptions& options) {
  const Instant now = SystemClock().now();
  CallsFilter filter{.job = optional_job(options.job), .since = now - usual_span};
  if (options.since.empty()) return filter;
  const Result<Instant> from = since_argument(options.since, now);
  if (!from) return from.error();
  filter.since = *from;
  return filter;
}

using ReadCalls = Result<std::vector<Json>> (LedgerReader::*)(const CallsFilter&);

int print_calls(const Globals& globals, const CallsOptions& options, ReadCalls read,
                std::string (*table)(const std::vector<Json>&, const Style&)) {
  const Result<CallsFilter> filter = filter_of(options);
  if (!filter) return fail(filter.error());
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    if (const Result<void> known = check_job(reader, filter->job); !known) return fail(known.error());
    return print_rows(globals, (reader.*read)(*filter), table, "the ledger has no model calls since then");
  });
}

std::vector<Json> known_stop_words() {
  std::vector<Json> rows;
  for (const StopWord& word : stop_words())
    rows.push_back(
        {{"api", word.api}, {"word", word.raw}, {"stop", to_string(word.stop)}, {"action", to_string(word.action)}});
  return rows;
}

Result<void> check_stops(const CallsOptions& options) {
  if (options.table && !(options.job + options.since).empty())
    return invalid("stops: --table shows the table of nowd itself: --job and --since do not go with it");
  return boost::system::in_place_value;
}

Option since_option(std::string& since) {
  return {"--since", "D", &since, "count from that UTC day on: a span back (1d, 12h) or an RFC 3339 time [30d]"};
}

}  // namespace

Command spend_command() {
  const auto options = std::make_shared<CallsOptions>();
  return {.name = "spend",
          .summary = "list the cost of model calls by job",
          .text = R"(Lists the use of model calls by job: runs, calls, calls per run, repeated calls,
tokens, and US dollars where the provider has prices. Of the input tokens,
CACHED came from the provider's cache and TO CACHE went there. A call without a
usage report counts with the tokens that were reserved for it.)",
          .options = {{"--job", "JOB", &options->job, "only calls for this job"}, since_option(options->since)},
          .database = ledger_to_read,
          .json = R"({"job", "runs", "model_calls", "amplification", "repeated", "input_tokens", "cached_tokens",
"cache_write_tokens", "output_tokens", "reasoning_tokens", "cost_usd", "estimated", "last_at"})",
          .run = [options](const Globals& globals) {
            return print_calls(globals, *options, &LedgerReader::spend, spend_table);
          }};
}

Command stops_command() {
  const auto options = std::make_shared<CallsOptions>();
  return {.name = "stops",
          .summary = "count why models stopped, and the actions after it",
          .usage = {"[--job JOB] [--since D]", "--table"},
          .text = R"(Counts why models stopped, in the provider's word and in nowd's stop class, and
the action that followed.)",
          .options = {{"--job", "JOB", &options->job, "only calls for this job"},
                      since_option(options->since),
                      {"--table", "", &options->table,
                       "list every word that nowd knows, by API, with its default action; needs no ledger"}},
          .database = ledger_to_read,
          .json = R"({"job", "provider", "stop", "stop_raw", "action", "calls", "last_run", "last_at"}; with --table
{"api", "word", "stop", "action"})",
          .check = [options] { return check_stops(*options); },
          .run =
              [options](const Globals& globals) {
                if (options->table) return print_rows(globals, known_stop_words(), words_table, "");
                return print_calls(globals, *options, &LedgerReader::stops, stops_table);
              }};
}

}  // namespace nowd::ctl
