#include <algorithm>
#include <nlohmann/json.hpp>

#include "surface/moment.hpp"
#include "surface/page/charts.hpp"
#include "surface/page/html.hpp"
#include "surface/page/pages.hpp"
#include "surface/run_record.hpp"
#include "surface/text.hpp"

namespace nowd {
namespace {

Zone zone_of(const Json& clocks) {
  const auto zone = Zone::find(row::text(clocks, "zone"));
  return zone ? *zone : Zone::utc();
}

Html gaps(const Json& clocks) {
  const Zone zone = zone_of(clocks);
  const auto since = row::instant(clocks, "since");
  HtmlTable content{"Gaps between the clocks of scheduled runs" +
                        (since ? " since " + short_moment(zone, std::chrono::floor<seconds>(*since)) : std::string()),
                    {"Gap", "Runs", "Median", "95 %", "99 %", "Worst"},
                    {},
                    "No scheduled run in this time has two clocks to compare."};
  for (const Json& gap : clocks.at("gaps"))
    content.rows.push_back({Html::text(row::text(gap, "gap")), Html::text(row::text(gap, "runs")),
                            span(row::span(gap, "p50")), span(row::span(gap, "p95")), span(row::span(gap, "p99")),
                            span(row::span(gap, "worst"))});
  return table(content);
}

Html verdicts(const Json& clocks) {
  HtmlTable content{
      "Verdicts on the same runs", {"Verdict", "Runs"}, {}, "None of its scheduled runs has a verdict yet."};
  for (const Json& each : clocks.at("verdicts"))
    content.rows.push_back({judged(row::text(each, "verdict")), Html::text(row::text(each, "runs"))});
  return table(content);
}

/// Others have no moment to be on time for.
bool is_by_schedule(const Json& run) {
  const std::string kind = row::text(run, "kind");
  return kind == "scheduled" || kind == "catch_up";
}

Html runs(const Json& clocks, const Zone& zone) {
  HtmlTable content{"The last runs, newest first",
                    {"Run", "For", "State", "Clocks", "Late", "Dispatch", "Inference", "Effect", "Took", "Kind"},
                    {},
                    "It has not run yet."};
  for (const Json& run : clocks.at("recent")) {
    const std::int64_t id = row::number(run, "run").value_or(0);
    const std::string reason = row::text(run, "reason");
    const std::string mode = row::flag(run, "dry_run") ? ", dry run" : "";
    const bool timed = is_by_schedule(run);
    content.rows.push_back(
        {link_to_run(id, Html::number(id)), moment(zone, row::instant(run, "scheduled_at")),
         judged(row::text(run, "state")) + (reason.empty() ? Html() : Html(": ") + Html::text(reason)),
         judged(row::text(run, "verdict")), timed ? span(row::span(run, "late")) : Html("–"),
         timed ? span(row::span(run, "dispatch_lag")) : Html("–"), span(row::span(run, "dispatch_to_inference")),
         span(row::span(run, "inference_to_effect")), span(row::span(run, "duration")),
         Html::text(row::text(run, "kind") + mode)});
  }
  return table(content);
}

/// Of runs that had a moment to be on time for; the oldest first.
std::vector<DriftPoint> points(const Json& clocks, const char* gap) {
  std::vector<DriftPoint> out;
  for (const Json& run : clocks.at("recent")) {
    const auto size = row::span(run, gap);
    const auto at = row::instant(run, "scheduled_at");
    if (size && at && is_by_schedule(run)) out.push_back({row::number(run, "run").value_or(0), *at, *size});
  }
  std::reverse(out.begin(), out.end());
  return out;
}

std::string names_of(const Json& job, const char* column) {
  std::string out;
  if (job.contains(column) && job[column].is_array())
    for (const Json& name : job[column])
      if (name.is_string()) out += (out.empty() ? "" : ", ") + name.get<std::string>();
  return out;
}

Html standing(const Json& job, const Zone& zone) {
  const Html state = state_cell(job);
  const std::string description = row::text(job, "description"), provider = row::text(job, "provider");
  const std::string follows = row::text(job, "follows"), delivers = names_of(job, "deliver");
  const auto term = [](const char* name, const Html& content) {
    return Html("<dt>") + Html::text(name) + "</dt><dd>" + content + "</dd>\n";
  };
  Html out = description.empty() ? Html() : Html("<p>") + Html::text(description) + "</p>\n";
  out += Html("<dl>\n") + term("State", state.code() == "–" ? Html::text(row::text(job, "state")) : state) +
         term("Schedule", Html::text(row::text(job, "schedule"))) + term("Next run", next_cell(job, zone));
  if (!follows.empty()) out += term("After", link_to_job(follows, Html::text(follows)));
  if (!provider.empty()) out += term("Asks", Html::text(provider));
  if (!delivers.empty()) out += term("Delivers to", Html::text(delivers));
  return out + "</dl>\n";
}

}  // namespace

std::string job_page(const Json& clocks, const PageTime& time) {
  const Zone zone = zone_of(clocks);
  const std::string name = row::text(clocks, "job");
  const Html main =
      standing(clocks.at("overview"), zone) + "<h2>Drift</h2>\n" +
      drift_chart("dispatch", "Dispatch lag (scheduled to dispatch)", points(clocks, "dispatch_lag"), zone) +
      drift_chart("effect", "Effect lag (scheduled to effect)", points(clocks, "effect_lag"), zone) +
      "<h2>Gaps</h2>\n" + gaps(clocks) + "<h2>Verdicts</h2>\n" + verdicts(clocks) + "<h2>Runs</h2>\n" +
      "<p>Dispatch, Inference and Effect are the gaps from the clock before; times are those of " +
      Html::text(zone.name()) + ".</p>\n" + runs(clocks, zone);
  return html_page({"Job " + name, time.version, time.now}, main);
}

}  // namespace nowd
