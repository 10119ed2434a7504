// spend, stops: what model calls cost, and why they stopped.
#include <nlohmann/json.hpp>

#include "ctl/cli/argument.hpp"
#include "ctl/cli/commands.hpp"
#include "ctl/cli/database.hpp"
#include "ctl/cli/report.hpp"
#include "foundation/time/clock.hpp"
#include "providers/reply/stop_words.hpp"
#include "surface/terminal/tables.hpp"

namespace nowd::ctl {
namespace {

constexpr hours usual_span{24 * 30};

Result<CallsFilter> filter_of(const std::string& job, const std::string& since) {
  CallsFilter filter;
  if (!job.empty()) filter.job = job;
  filter.since = SystemClock().now() - usual_span;
  if (since.empty()) return filter;
  const Result<Instant> from = since_argument(since, SystemClock().now());
  if (!from) return from.error();
  filter.since = *from;
  return filter;
}

using Read = Result<std::vector<Json>> (LedgerReader::*)(const CallsFilter&);

int tell(const Globals& globals, const CallsFilter& filter, Read read,
         std::string (*table)(const std::vector<Json>&, const Style&)) {
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    if (filter.job)
      if (const Result<Json> job = reader.job(*filter.job); !job) return fail(job.error());
    const Result<std::vector<Json>> rows = (reader.*read)(filter);
    if (!rows) return fail(rows.error());
    if (globals.json)
      for (const Json& row : *rows) print_line(row);
    else if (rows->empty())
      remark("the ledger has no model calls since then");
    else
      print(table(*rows, style_of(globals)));
    return done;
  });
}

std::vector<Json> known_words() {
  std::vector<Json> rows;
  for (const StopWord& word : stop_words())
    rows.push_back(
        {{"api", word.api}, {"word", word.raw}, {"stop", to_string(word.stop)}, {"action", to_string(word.action)}});
  return rows;
}

}  // namespace

int run_command(const Globals& globals, const Spend& command) {
  const Result<CallsFilter> filter = filter_of(command.job, command.since);
  return filter ? tell(globals, *filter, &LedgerReader::spend, spend_table) : fail(filter.error());
}

int run_command(const Globals& globals, const Stops& command) {
  if (command.table) {
    const std::vector<Json> rows = known_words();
    if (!globals.json) print(words_table(rows, style_of(globals)));
    if (globals.json)
      for (const Json& row : rows) print_line(row);
    return done;
  }
  const Result<CallsFilter> filter = filter_of(command.job, command.since);
  return filter ? tell(globals, *filter, &LedgerReader::stops, stops_table) : fail(filter.error());
}

}  // namespace nowd::ctl
