#include "surface/terminal/tables.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "surface/moment.hpp"
#include "surface/run_record.hpp"
#include "surface/text.hpp"

namespace nowd {
namespace {

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
  const std::string word = row::text(row, column);
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

using Rows = std::vector<std::vector<TableCell>>;

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

}  // namespace nowd
