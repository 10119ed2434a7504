#include <algorithm>
#include <nlohmann/json.hpp>

#include "surface/drift_chart.hpp"
#include "surface/job_cells.hpp"
#include "surface/moment.hpp"
#include "surface/pages.hpp"
#include "surface/row.hpp"
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
  HtmlTable content{"Verdicts on the same runs", {"Verdict", "Runs"}, {}, "No verdicts yet."};
  for (const Json& each : clocks.at("verdicts"))
    content.rows.push_back({judged(row::text(each, "verdict")), Html::text(row::text(each, "runs"))});
  return table(content);
}

Html runs(const Json& clocks, const Zone& zone) {
  HtmlTable content{"The last runs, newest first",
                    {"Run", "For", "Kind", "State", "Late", "Dispatch", "Inference", "Effect", "Took", "Clocks"},
                    {},
                    "It has not run yet."};
  for (const Json& run : clocks.at("recent")) {
    const std::int64_t id = row::number(run, "run").value_or(0);
    content.rows.push_back({link_to_run(id, Html::number(id)), moment(zone, row::instant(run, "scheduled_at")),
                            Html::text(row::text(run, "kind")), judged(row::text(run, "state")),
                            span(row::span(run, "late")), span(row::span(run, "dispatch_lag")),
                            span(row::span(run, "dispatch_to_inference")), span(row::span(run, "inference_to_effect")),
                            span(row::span(run, "duration")), judged(row::text(run, "verdict"))});
  }
  return table(content);
}

/// Of runs that had a moment to be on time for; the oldest first.
std::vector<DriftPoint> points(const Json& clocks, const char* gap) {
  std::vector<DriftPoint> out;
  for (const Json& run : clocks.at("recent")) {
    const std::string kind = row::text(run, "kind");
    const auto size = row::span(run, gap);
    const auto at = row::instant(run, "scheduled_at");
    if (size && at && (kind == "scheduled" || kind == "catch_up"))
      out.push_back({row::number(run, "run").value_or(0), *at, *size});
  }
  std::reverse(out.begin(), out.end());
  return out;
}

Html standing(const Json& job, const Zone& zone) {
  return Html("<dl>\n<dt>State</dt><dd>") + state_cell(job) + "</dd>\n<dt>Schedule</dt><dd>" +
         Html::text(row::text(job, "schedule")) + "</dd>\n<dt>Next run</dt><dd>" + next_cell(job, zone) +
         "</dd>\n</dl>\n";
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
