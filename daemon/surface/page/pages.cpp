#include "surface/page/pages.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "surface/moment.hpp"
#include "surface/page/html.hpp"
#include "surface/run_record.hpp"
#include "surface/text.hpp"

namespace nowd {
namespace {

PageFrame frame(std::string title, const PageTime& time) { return {std::move(title), time.version, time.now}; }

Html last_cell(const Json& job, const Zone& zone) {
  const auto run = row::number(job, "last_run");
  if (!run) return "none yet";
  const std::string reason = row::text(job, "last_reason");
  return judged(row::text(job, "last_state")) + (reason.empty() ? Html() : Html(": ") + Html::text(reason)) +
         (row::flag(job, "last_dry_run") ? Html(", dry run") : Html()) + ", " +
         short_cell(zone, row::instant(job, "last_scheduled_at")) + ", " +
         link_to_run(*run, Html("run ") + Html::number(*run));
}

bool is_unsynchronised(const Json& job) { return row::text(job, "last_verdict") == "unsynchronised"; }

constexpr int last_rank = 4;

/// Jobs in trouble come first, then those with clock findings, then paused ones, then the others.
int rank(const Json& job) {
  const std::string state = row::text(job, "last_state");
  if (row::text(job, "state") == "retired") return last_rank;
  if (ink_of(state) == Ink::bad || row::span(job, "overdue")) return 0;
  if (!row::text(job, "paused_reason").empty()) return 2;
  const Ink clocks = ink_of(row::text(job, "last_verdict"));
  return (clocks == Ink::bad || clocks == Ink::warn) && !is_unsynchronised(job) ? 1 : 3;
}

std::vector<Json> trouble_first(const Json& jobs) {
  std::vector<Json> sorted;
  for (int place = 0; place <= last_rank; ++place)
    for (const Json& job : jobs)
      if (rank(job) == place) sorted.push_back(job);
  return sorted;
}

/// A fact about the host stands once above the table, not in each row.
Html clock_banner(const std::vector<Json>& jobs) {
  const auto count = std::count_if(jobs.begin(), jobs.end(), is_unsynchronised);
  if (count == 0) return {};
  return Html(
             "<p class=\"banner\"><span class=\"warn\">unsynchronised</span>: the host's clock was not synchronised "
             "when ") +
         Html::text(counted(count, "job")) +
         " last ran, so that its readings prove little. <code>nowctl doctor</code> says more.</p>\n";
}

Html verdict_cell(const Json& job) {
  return is_unsynchronised(job) ? Html("–") : judged(row::text(job, "last_verdict"));
}

}  // namespace

Html short_cell(const Zone& zone, std::optional<Instant> at) {
  if (!at) return "–";
  return Html("<time datetime=\"") + Html::text(rfc3339(*at)) + "\">" +
         Html::text(std::string(weekday_short(day_of(zone.local(*at)))) + " " + short_moment(zone, *at)) + "</time>";
}

Html state_cell(const Json& job) {
  const std::string paused = row::text(job, "paused_reason");
  const std::string state = row::text(job, "state"), by = row::text(job, "paused_by");
  Html out = paused.empty()
                 ? state == "active" ? Html() : judged(state)
                 : judged("paused") + (by.empty() ? Html() : Html(" by ") + Html::text(by)) + ": " + Html::text(paused);
  if (const auto live = row::number(job, "live").value_or(0); live > 0)
    out += (out.empty() ? Html() : Html(", ")) + Html::text(counted(live, "run")) + " under way";
  return out.empty() ? Html("–") : out;
}

Html next_cell(const Json& job, const Zone& zone) {
  if (const auto overdue = row::span(job, "overdue"))
    return Html("<span class=\"warn\">due, waiting for ") + span(overdue) + "</span>";
  return short_cell(zone, row::instant(job, "next_at"));
}

std::optional<PagePath> page_path(std::string_view path) {
  constexpr std::string_view jobs = "/jobs/", runs = "/runs/";
  if (path == "/") return PagePath{};
  if (path == "/style.css") return PagePath{PagePath::Kind::style, {}, {}};
  if (path == "/metrics") return PagePath{PagePath::Kind::metrics, {}, {}};
  if (path.starts_with(jobs) && is_job_name(path.substr(jobs.size())))
    return PagePath{PagePath::Kind::job, JobName(path.substr(jobs.size())), {}};
  if (!path.starts_with(runs)) return std::nullopt;
  const std::string_view number = path.substr(runs.size());
  std::int64_t run = 0;
  const auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), run);
  if (failed != std::errc{} || end != number.data() + number.size() || run <= 0) return std::nullopt;
  return PagePath{PagePath::Kind::run, {}, RunId{run}};
}

std::string jobs_page(const Json& jobs, const PageTime& time) {
  HtmlTable content{"Jobs: those in trouble first, then by name. Times are local to each job's zone.",
                    {"Job", "Last run", "Late", "Clocks", "Next run", "State", "Schedule"},
                    {},
                    "The ledger has no jobs yet: nowd records them when it starts."};
  const std::vector<Json> sorted = trouble_first(jobs);
  for (const Json& job : sorted) {
    const Zone zone = zone_of(job);
    const std::string name = row::text(job, "job");
    content.rows.push_back({link_to_job(name, Html::text(name)), last_cell(job, zone),
                            span(row::span(job, "last_late")), verdict_cell(job), next_cell(job, zone), state_cell(job),
                            Html::text(row::text(job, "schedule"))});
  }
  return html_page(frame("Jobs", time), clock_banner(sorted) + "<div class=\"jobs\">\n" + table(content) + "</div>\n");
}

std::string no_such_page(std::string_view what, const PageTime& time) {
  return html_page(frame("Not found", time),
                   Html("<p>") + Html::text(what) + "</p>\n<p><a href=\"/\">All jobs</a></p>\n");
}

std::string ledger_away_page(std::string_view why, const PageTime& time) {
  return html_page(
      frame("The ledger cannot be read now", time),
      Html("<p><span class=\"bad\">") + Html::text(why) +
          "</span></p>\n<p>This page shows the content of the ledger, so it has nothing to show. While the "
          "database is away nowd starts no run and no effect, and keeps the records of running jobs until they can "
          "be written. <a href=\"/readyz\">/readyz</a> shows when it is back; <code>nowctl doctor</code> "
          "looks for the cause.</p>\n");
}

}  // namespace nowd
