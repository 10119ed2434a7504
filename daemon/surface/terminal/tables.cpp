#include "surface/terminal/tables.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "surface/moment.hpp"
#include "surface/run_record.hpp"
#include "surface/text.hpp"

namespace nowd {
namespace {

using Rows = std::vector<std::vector<TableCell>>;

std::string utc_text(const Json& row, const char* column) {
  const auto at = row::instant(row, column);
  return at ? short_moment(Zone::utc(), *at) + "Z" : "";
}

/// In the row's own zone, with its offset: "2026-06-01 09:00+02:00".
std::string local_text(const Json& row, const char* column) {
  const auto at = row::instant(row, column);
  if (!at) return "";
  const Result<Zone> zone = Zone::find(row::text(row, "zone"));
  if (!zone) return short_moment(Zone::utc(), *at) + "Z";
  return short_moment(*zone, *at) + (zone->name() == "UTC" ? "Z" : offset_text(zone->offset(*at)));
}

std::string span_text(const Json& row, const char* column) {
  const auto span = row::span(row, column);
  return span ? (*span < nanoseconds{0} ? "-" : "") + precise(*span) : "";
}

TableCell plain_cell(const Json& row, const char* column) { return {printable(row::text(row, column))}; }
TableCell judged(const Json& row, const char* column) {
  const std::string word = printable(row::text(row, column));
  return {word, ink_of(word)};
}

std::vector<TableCell> job_row(const Json& job) {
  const std::string paused = printable(row::text(job, "paused_reason"));
  const TableCell state = paused.empty() ? judged(job, "state") : TableCell{"paused", ink_of("paused")};
  return {plain_cell(job, "job"),
          state,
          {local_text(job, "next_at")},
          judged(job, "last_state"),
          judged(job, "last_verdict"),
          plain_cell(job, "last_run"),
          plain_cell(job, "schedule"),
          plain_cell(job, "paused_by"),
          {paused}};
}

std::vector<TableCell> run_row(const Json& run) {
  const std::string kind = row::text(run, "kind");
  const bool asked_for = kind == "backfill" || kind == "manual" || kind == "after";  // no moment to be late for
  return {plain_cell(run, "run"),
          plain_cell(run, "job"),
          {local_text(run, "scheduled_at")},
          judged(run, "state"),
          {row::flag(run, "dry_run") ? "dry run" : "", Ink::warn},
          judged(run, "verdict"),
          plain_cell(run, "reason"),
          {asked_for ? "" : span_text(run, "late")},
          {span_text(run, "duration")},
          {printable(kind)},
          plain_cell(run, "detail")};
}

std::vector<TableCell> request_row(const Json& row) {
  return {plain_cell(row, "request"),      plain_cell(row, "job"),          plain_cell(row, "kind"),
          {utc_text(row, "scheduled_at")}, plain_cell(row, "requested_by"), {utc_text(row, "requested_at")},
          plain_cell(row, "waits_for")};
}

std::vector<TableCell> delivery_row(const Json& row) {
  return {plain_cell(row, "delivery"),   plain_cell(row, "run"),        plain_cell(row, "job"),
          plain_cell(row, "purpose"),    plain_cell(row, "sink"),       judged(row, "state"),
          plain_cell(row, "attempts"),   {utc_text(row, "created_at")}, {utc_text(row, "next_at")},
          {utc_text(row, "settled_at")}, plain_cell(row, "reason")};
}

std::string kept_text(const Json& row, const char* column) {
  const auto span = row::span(row, column);
  return span ? human(*span) : "for ever";
}

std::vector<TableCell> pruned_row(const Json& row) {
  const auto kib = row::number(row, "deleted_bytes").value_or(0) / 1024;
  if (row.at("job").is_null()) return {{"(several or none)"}, {}, {}, {}, {}, {}, plain_cell(row, "deleted_messages")};
  return {plain_cell(row, "job"),
          {kept_text(row, "bodies")},
          {kept_text(row, "runs")},
          plain_cell(row, "deleted_runs"),
          plain_cell(row, "deleted_bodies"),
          {std::to_string(kib) + " KiB"},
          plain_cell(row, "deleted_messages")};
}

std::string of_rows(std::vector<TableCell> heading, const std::vector<Json>& rows,
                    std::vector<TableCell> (*cells)(const Json&), const Style& style) {
  for (TableCell& cell : heading) cell.ink = Ink::bold;
  Rows table{std::move(heading)};
  for (const Json& row : rows) table.push_back(cells(row));
  return table_text(table, style);
}

}  // namespace

std::string table_text(const Rows& rows, const Style& style) {
  std::vector<std::size_t> widths(rows.empty() ? 0 : rows.front().size(), 0);
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t c = 0; c < widths.size(); ++c)
      if (r > 0) widths[c] = std::max(widths[c], display_width(rows[r][c].text));
  for (std::size_t c = 0; c < widths.size(); ++c)  // a heading alone does not make a column
    if (widths[c] > 0) widths[c] = std::max(widths[c], display_width(rows[0][c].text));
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    std::size_t used = 0, owed = 0;  // spaces are owed until something follows them
    for (std::size_t c = 0; c < widths.size(); ++c) {
      if (widths[c] == 0) continue;
      const std::size_t room = style.terminal
                                   ? static_cast<std::size_t>(style.width) -
                                         std::min<std::size_t>(used + owed, static_cast<std::size_t>(style.width))
                                   : std::string::npos;
      const std::string text = clip(row[c].text, room);
      if (!text.empty()) {
        line += std::string(owed, ' ') + paint(style, row[c].ink, text);
        used += owed + display_width(text);
        owed = 0;
      }
      owed += widths[c] - display_width(text) + 2;
    }
    out += line + "\n";
  }
  return out;
}

std::string jobs_table(const std::vector<Json>& jobs, const Style& style) {
  return of_rows(
      {{"JOB"}, {"STATE"}, {"NEXT"}, {"LAST"}, {"CLOCKS"}, {"RUN"}, {"SCHEDULE"}, {"PAUSED BY"}, {"PAUSED BECAUSE"}},
      jobs, job_row, style);
}

std::string runs_table(const std::vector<Json>& runs, const Style& style) {
  return of_rows({{"RUN"},
                  {"JOB"},
                  {"FOR"},
                  {"STATE"},
                  {"MODE"},
                  {"CLOCKS"},
                  {"REASON"},
                  {"LATE"},
                  {"TOOK"},
                  {"KIND"},
                  {"DETAIL"}},
                 runs, run_row, style);
}

std::string requests_table(const std::vector<Json>& requests, const Style& style) {
  return of_rows({{"REQUEST"}, {"JOB"}, {"KIND"}, {"FOR (UTC)"}, {"ASKED BY"}, {"ASKED AT (UTC)"}, {"WAITS FOR"}},
                 requests, request_row, style);
}

std::string pruned_table(const std::vector<Json>& jobs, const Style& style) {
  const bool dry = !jobs.empty() && jobs.front().value("dry_run", false);
  const std::string what = dry ? " TO DELETE" : " DELETED";
  return of_rows(
      {{"JOB"}, {"TEXTS KEPT"}, {"RUNS KEPT"}, {"RUNS" + what}, {"TEXTS" + what}, {"SIZE"}, {"MESSAGES" + what}}, jobs,
      pruned_row, style);
}

std::string deliveries_table(const std::vector<Json>& deliveries, const Style& style) {
  return of_rows({{"DELIVERY"},
                  {"RUN"},
                  {"JOB"},
                  {"WHAT"},
                  {"SINK"},
                  {"STATE"},
                  {"ATTEMPTS"},
                  {"MADE (UTC)"},
                  {"NEXT (UTC)"},
                  {"SETTLED (UTC)"},
                  {"REASON"}},
                 deliveries, delivery_row, style);
}

namespace {

/// A count that is bad unless it is 0.
TableCell wrong(const Json& row, const char* column) {
  const auto count = row::number(row, column).value_or(0);
  return {std::to_string(count), count > 0 ? Ink::bad : Ink::plain};
}

/// A headline with a table under it, or with `when_empty` if there are no rows.
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
    rows.push_back({plain_cell(gap, "gap"),
                    plain_cell(gap, "runs"),
                    {span_text(gap, "p50")},
                    {span_text(gap, "p95")},
                    {span_text(gap, "p99")},
                    {span_text(gap, "worst")}});
  return section("gaps", {"", "RUNS", "P50", "P95", "P99", "WORST"}, rows, "no run has two clocks to compare", style);
}

std::string verdicts(const Json& clocks, const Style& style) {
  Rows rows;
  for (const Json& each : clocks.at("verdicts")) rows.push_back({judged(each, "verdict"), plain_cell(each, "runs")});
  return section("verdicts", {"", "RUNS"}, rows, "none", style);
}

std::string remote_clocks(const Json& clocks, const Style& style) {
  Rows rows;
  for (const Json& each : clocks.at("remote_clocks")) {
    const std::string ahead = span_text(each, "proven_ahead"), behind = span_text(each, "suspected_behind");
    TableCell said{"nothing is proven against it"};
    if (!behind.empty()) said = {"suspected to be " + behind + " behind", Ink::warn};
    if (!ahead.empty()) said = {"proven to be " + ahead + " ahead", Ink::bad};
    rows.push_back({plain_cell(each, "remote"), said, plain_cell(each, "samples")});
  }
  return section("remote clocks", {"", "SAYS", "EXCHANGES"}, rows, "none was read", style);
}

std::string beliefs(const Json& clocks, const Style& style) {
  Rows rows;
  for (const Json& each : clocks.at("model_beliefs"))
    rows.push_back({{printable(row::text(each, "provider") + " " + row::text(each, "model"))},
                    plain_cell(each, "stated"),
                    wrong(each, "stated_otherwise"),
                    plain_cell(each, "probed"),
                    wrong(each, "believed_otherwise"),
                    plain_cell(each, "last_belief")});
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
    rows.push_back({plain_cell(each, "check"), plain_cell(each, "run"), plain_cell(each, "job"), plain_cell(each, "at"),
                    plain_cell(each, "detail")});
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
  Rows cells(1);
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
