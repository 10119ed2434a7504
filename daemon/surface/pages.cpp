#include "surface/pages.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "surface/job_cells.hpp"
#include "surface/moment.hpp"
#include "surface/row.hpp"
#include "surface/text.hpp"

namespace nowd {
namespace {

PageFrame frame(std::string title, const PageTime& time) { return {std::move(title), time.version, time.now}; }

Zone zone_of(const Json& row) {
  const auto zone = Zone::find(row::text(row, "zone"));
  return zone ? *zone : Zone::utc();
}

Html last_cell(const Json& job, const Zone& zone) {
  const auto run = row::number(job, "last_run");
  if (!run) return "none yet";
  const std::string reason = row::text(job, "last_reason");
  return link_to_run(*run, Html("run ") + Html::number(*run)) + " for " +
         moment(zone, row::instant(job, "last_scheduled_at")) + ", " + judged(row::text(job, "last_state")) +
         (reason.empty() ? Html() : Html(" (") + Html::text(reason) + ")");
}

}  // namespace

Html state_cell(const Json& job) {
  const std::string paused = row::text(job, "paused_reason");
  Html out = paused.empty() ? judged(row::text(job, "state")) : judged("paused") + ": " + Html::text(paused);
  if (const auto live = row::number(job, "live").value_or(0); live > 0)
    out += Html(", ") + Html::text(counted(live, "run")) + " under way";
  return out;
}

Html next_cell(const Json& job, const Zone& zone) {
  if (const auto overdue = row::span(job, "overdue"))
    return Html("<span class=\"warn\">due, waiting for ") + span(overdue) + "</span>";
  return moment(zone, row::instant(job, "next_at"));
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
  HtmlTable content{"Jobs, by name. Times are local to each job's zone.",
                    {"Job", "State", "Schedule", "Next run", "Last run", "Late", "Clocks"},
                    {},
                    "The ledger has no jobs yet: nowd records them when it starts."};
  for (const Json& job : jobs) {
    const Zone zone = zone_of(job);
    const std::string name = row::text(job, "job");
    content.rows.push_back({link_to_job(name, Html::text(name)), state_cell(job),
                            Html::text(row::text(job, "schedule")), next_cell(job, zone), last_cell(job, zone),
                            span(row::span(job, "last_late")), judged(row::text(job, "last_verdict"))});
  }
  return html_page(frame("Jobs", time), table(content));
}

std::string no_such_page(std::string_view what, const PageTime& time) {
  return html_page(frame("Not found", time),
                   Html("<p>") + Html::text(what) + "</p>\n<p><a href=\"/\">All jobs</a></p>\n");
}

std::string ledger_away_page(std::string_view why, const PageTime& time) {
  return html_page(
      frame("The ledger cannot be read now", time),
      Html("<p><span class=\"bad\">") + Html::text(why) +
          "</span></p>\n<p>This page shows what stands in the ledger, so it has nothing to show. While the "
          "database is away nowd starts no run and no effect, and keeps what running jobs see until it can "
          "be written. <a href=\"/readyz\">/readyz</a> tells when it is back; <code>nowctl doctor</code> "
          "looks for the cause.</p>\n");
}

}  // namespace nowd
