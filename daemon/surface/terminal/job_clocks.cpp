#include "surface/terminal/job_clocks.hpp"

#include <nlohmann/json.hpp>

#include "surface/moment.hpp"
#include "surface/run_record.hpp"
#include "surface/terminal/tables.hpp"
#include "surface/text.hpp"

namespace nowd {
namespace {

using Rows = std::vector<std::vector<TableCell>>;

std::string size_text(const Json& row, const char* column) {
  const auto size = row::span(row, column);
  return size ? (*size < nanoseconds{0} ? "-" : "") + precise(*size) : "";
}

TableCell cell_text(const Json& row, const char* column) { return {printable(row::text(row, column))}; }
TableCell judged(const Json& row, const char* column) {
  const std::string word = printable(row::text(row, column));
  return {word, ink_of(word)};
}
/// A count that is worth a look when it is not 0.
TableCell wrong(const Json& row, const char* column) {
  const auto count = row::number(row, column).value_or(0);
  return {std::to_string(count), count > 0 ? Ink::bad : Ink::plain};
}

/// A headline, and the table under it or what it says when there are no rows.
std::string section(const std::string& name, std::vector<std::string> heading, const Rows& rows,
                    const std::string& when_empty, const Style& style) {
  std::string out = "\n" + paint(style, Ink::bold, name) + "\n";
  if (rows.empty()) return out + "  " + when_empty + "\n";
  Rows all(1);
  for (std::string& word : heading) all.front().push_back({std::move(word), Ink::dim});
  all.insert(all.end(), rows.begin(), rows.end());
  for (auto& row : all) row.front().text.insert(0, "  ");
  return out + table_text(all, style);
}

std::string gaps(const Json& clocks, const Style& style) {
  Rows rows;
  for (const Json& gap : clocks.at("gaps"))
    rows.push_back({cell_text(gap, "gap"),
                    cell_text(gap, "runs"),
                    {size_text(gap, "p50")},
                    {size_text(gap, "p95")},
                    {size_text(gap, "p99")},
                    {size_text(gap, "worst")}});
  return section("gaps", {"", "RUNS", "P50", "P95", "P99", "WORST"}, rows, "no run has two clocks to compare", style);
}

std::string verdicts(const Json& clocks, const Style& style) {
  Rows rows;
  for (const Json& each : clocks.at("verdicts")) rows.push_back({judged(each, "verdict"), cell_text(each, "runs")});
  return section("verdicts", {"", "RUNS"}, rows, "none", style);
}

std::string remote_clocks(const Json& clocks, const Style& style) {
  Rows rows;
  for (const Json& each : clocks.at("remote_clocks")) {
    const std::string ahead = size_text(each, "proven_ahead"), behind = size_text(each, "suspected_behind");
    TableCell said{"nothing is proven against it"};
    if (!behind.empty()) said = {"suspected to be " + behind + " behind", Ink::warn};
    if (!ahead.empty()) said = {"proven to be " + ahead + " ahead", Ink::bad};
    rows.push_back({cell_text(each, "remote"), said, cell_text(each, "samples")});
  }
  return section("remote clocks", {"", "SAYS", "EXCHANGES"}, rows, "none was read", style);
}

std::string beliefs(const Json& clocks, const Style& style) {
  Rows rows;
  for (const Json& each : clocks.at("model_beliefs"))
    rows.push_back({{printable(row::text(each, "provider") + " " + row::text(each, "model"))},
                    cell_text(each, "stated"),
                    wrong(each, "stated_otherwise"),
                    cell_text(each, "probed"),
                    wrong(each, "believed_otherwise"),
                    cell_text(each, "last_belief")});
  return section("models' dates", {"", "STATED", "ANOTHER DAY", "PROBED", "ANOTHER DAY", "LAST BELIEF"}, rows,
                 "none was stated", style);
}

}  // namespace

std::string job_clocks_text(const Json& clocks, const Style& style) {
  const auto since = row::instant(clocks, "since").value_or(Instant{});
  return paint(style, Ink::bold, printable(row::text(clocks, "job"))) + ": " +
         counted(row::number(clocks, "runs").value_or(0), "scheduled run") + " since " +
         local_moment(Zone::utc(), std::chrono::floor<seconds>(since)) + " UTC\n" + gaps(clocks, style) +
         verdicts(clocks, style) + remote_clocks(clocks, style) + beliefs(clocks, style);
}

std::string findings_table(const std::vector<Json>& findings, const Style& style) {
  Rows rows{
      {{"CHECK", Ink::bold}, {"RUN", Ink::bold}, {"JOB", Ink::bold}, {"AT (UTC)", Ink::bold}, {"FOUND", Ink::bold}}};
  for (const Json& each : findings)
    rows.push_back({cell_text(each, "check"), cell_text(each, "run"), cell_text(each, "job"), cell_text(each, "at"),
                    cell_text(each, "detail")});
  return table_text(rows, style);
}

namespace {

struct Column {
  const char* heading;
  const char* key;
};

/// A number that the ledger gives as one, or a text; null is empty.
std::string number_or_text(const Json& row, const char* key) {
  const auto found = row.find(key);
  if (found == row.end() || found->is_null()) return "";
  if (!found->is_string()) return dump_json(*found);
  const auto text = found->get<std::string>();
  const bool instant = text.size() > 19 && text[10] == 'T' && text.back() == 'Z';
  return instant ? text.substr(0, 10) + " " + text.substr(11, 8) : text;
}

std::string columns_of(const std::vector<Column>& columns, const std::vector<Json>& rows, const Style& style) {
  std::vector<std::vector<TableCell>> cells(1);
  for (const Column& column : columns) cells[0].push_back({column.heading});
  for (const Json& row : rows) {
    cells.emplace_back();
    for (const Column& column : columns) cells.back().push_back({number_or_text(row, column.key)});
  }
  return table_text(cells, style);
}

}  // namespace

std::string spend_table(const std::vector<Json>& jobs, const Style& style) {
  return columns_of({{"JOB", "job"},
                     {"RUNS", "runs"},
                     {"CALLS", "model_calls"},
                     {"PER RUN", "amplification"},
                     {"REPEATED", "repeated"},
                     {"INPUT", "input_tokens"},
                     {"CACHED", "cached_tokens"},
                     {"TO CACHE", "cache_write_tokens"},
                     {"OUTPUT", "output_tokens"},
                     {"USD", "cost_usd"},
                     {"ESTIMATED", "estimated"}},
                    jobs, style);
}

std::string stops_table(const std::vector<Json>& stops, const Style& style) {
  return columns_of({{"JOB", "job"},
                     {"PROVIDER", "provider"},
                     {"STOP", "stop"},
                     {"WORD", "stop_raw"},
                     {"ACTION", "action"},
                     {"CALLS", "calls"},
                     {"LAST RUN", "last_run"},
                     {"LAST (UTC)", "last_at"}},
                    stops, style);
}

std::string words_table(const std::vector<Json>& words, const Style& style) {
  return columns_of({{"API", "api"}, {"WORD", "word"}, {"STOP", "stop"}, {"ACTION", "action"}}, words, style);
}

}  // namespace nowd
