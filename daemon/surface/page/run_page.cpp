#include "surface/moment.hpp"
#include "surface/page/charts.hpp"
#include "surface/page/pages.hpp"
#include "surface/run_record.hpp"
#include "surface/text.hpp"
#include "surface/timeline/timeline.hpp"

namespace nowd {
namespace {

Html term(const char* name, const Html& content) {
  return Html("<dt>") + Html::text(name) + "</dt><dd>" + content + "</dd>\n";
}

Html both(const RunRecord& run, Instant at) { return Html::text(zoned_moment(run.zone, at)); }

/// Effects and deliveries that failed or are in doubt, for any state of the run.
Html troubles(const RunRecord& run) {
  Html out;
  for (const ToolCallRecord& call : run.tool_calls) {
    const bool failed = call.state == "failed" || call.state == "unknown" || call.state == "refused";
    if (!failed || !call.is_effect()) continue;
    const std::string word = call.state == "unknown" ? "may have happened" : call.state;
    out +=
        term("Effect", Html::text(call.tool + " (" + call.effect + ")") + ": <span class=\"bad\">" + Html::text(word) +
                           "</span>" + (call.exit_code ? Html(", ") + Html::number(*call.exit_code) : Html()));
  }
  for (const DeliveryRecord& delivery : run.deliveries)
    if (delivery.state == "failed" || delivery.state == "unknown" || delivery.state == "expired")
      out += term("Delivery", Html::text(delivery.purpose + " to " + delivery.sink) + ": <span class=\"bad\">" +
                                  Html::text(delivery.state) + "</span>");
  return out;
}

Html facts(const RunRecord& run) {
  Html state = judged(run.state);
  if (!run.reason.empty()) state += Html(" (") + Html::text(run.reason) + ")";
  Html host = Html::text(run.host.empty() ? "this run's host" : run.host) + ", ";
  host += run.host_uncertainty ? Html("±") + span(run.host_uncertainty) : Html("uncertainty unknown");
  if (!run.host_sync.empty()) host += Html(" (") + Html::text(run.host_sync) + ")";
  const Html attempt = run.attempt > 1 ? Html(", attempt ") + Html::number(run.attempt) : Html();
  return Html("<dl>\n") + term("Job", link_to_job(run.job, Html::text(run.job))) +
         term("For", both(run, run.scheduled_at)) +
         term("Kind", Html::text(run.kind) + attempt + (run.dry_run ? Html(", dry run") : Html())) +
         term("State", state) + troubles(run) + term("Verdict", judged(run.verdict)) +
         term("“Today” is", both(run, run.as_of) + " (" + Html::text(run.authority) + ")") +
         term("About", Html("[") + Html::text(local_moment(run.zone, run.window_start)) + ", " +
                           Html::text(local_moment(run.zone, run.window_end)) + ") " + Html::text(run.zone.name())) +
         term("Host's clock", host) + "</dl>\n<p class=\"dim\">Texts are not shown here: <code>nowctl show " +
         Html::number(run.run) + "</code> has them, for users with the right to read them.</p>\n";
}

Html findings(const RunRecord& run) {
  if (run.verdict.empty())
    return run.is_live() ? Html("<p>None yet: the run is going.</p>\n")
                         : Html("<p>None: the run was ended from outside.</p>\n");
  if (run.findings.empty()) return Html("<p>") + judged(run.verdict) + ": nothing that was read contradicts.</p>\n";
  Html out = "<ul>\n";
  for (const FindingRecord& finding : run.findings) {
    std::string_view detail = finding.detail;  // it may begin with the verdict's name
    const std::string name = finding.verdict + ": ";
    if (detail.starts_with(name)) detail.remove_prefix(name.size());
    out += Html("<li>") + judged(finding.verdict) + (detail.empty() ? Html() : Html(": ") + Html::text(detail)) +
           "</li>\n";
  }
  return out + "</ul>\n";
}

Html took(const TimelineStep& step) {
  if (step.open) return "no end known";
  return step.model == nullptr && step.tool == nullptr ? Html("–") : span(step.end - step.begin);
}

Html what_of(const TimelineStep& step) {
  if (step.model != nullptr) return Html::text(step.model->provider + ", " + step.model->state);
  if (step.tool != nullptr) return Html::text(step.tool->effect + ", " + step.tool->state);
  return "–";
}

/// The steps of the timeline as a table, in causal order.
Html numbers(const RunRecord& run, const std::vector<TimelineStep>& steps) {
  HtmlTable content{"What the timeline shows; local time is that of " + run.zone.name(),
                    {"Step", "Local", "UTC", "From scheduled", "Since the step before", "Took", "What"},
                    {},
                    "Nothing has happened yet."};
  const int digits = digits_for(steps);
  std::optional<Instant> before;
  for (const TimelineStep& step : steps) {
    const auto gap = before ? std::optional<nanoseconds>(step.begin - *before) : std::nullopt;
    content.rows.push_back({Html::text(step.label), Html::text(time_of_day(run.zone, step.begin, digits)),
                            Html::text(time_of_day(Zone::utc(), step.begin, digits) + "Z"),
                            Html::text(signed_span(step.begin - run.scheduled_at)), span(gap), took(step),
                            what_of(step)});
    before = step.begin;
  }
  return table(content);
}

Html others(const RunRecord& run) {
  constexpr std::size_t name_begin = 2, name_width = 12;
  Style wide;
  wide.width = 100'000;
  HtmlTable content{"Other clocks, against this host's", {"Whose", "What it says"}, {}, "No other clock was seen."};
  for (const std::string& line : other_clocks(run, wide)) {
    std::string who = line.substr(name_begin, name_width);
    while (who.ends_with(' ')) who.pop_back();
    content.rows.push_back({Html::text(who), Html::text(std::string_view(line).substr(name_begin + name_width))});
  }
  return table(content);
}

Html subject(const GateRecord& gate) {
  Html out = Html::text(gate.subject);
  if (gate.call) out += Html(", call ") + Html::number(*gate.call);
  if (gate.delivery) out += Html(", delivery ") + Html::number(*gate.delivery);
  if (gate.attempt) out += Html(", attempt ") + Html::number(*gate.attempt);
  return out;
}

Html guard(const RunRecord& run) {
  HtmlTable content{"Decisions about effects and outputs",
                    {"About", "Decision", "At", "Objections"},
                    {},
                    "Nothing asked to leave the run."};
  for (const GateRecord& gate : run.gates) {
    Html why;
    for (const auto& each : gate.objections)
      why += (why.empty() ? Html() : Html("; ")) +
             Html::text(each.rule + " (" + each.response + ")" + (each.detail.empty() ? "" : ": " + each.detail));
    const bool denied = gate.verdict == "deny";
    content.rows.push_back(
        {subject(gate),
         denied ? Html("<span class=\"bad\">") + Html::text(gate.verdict) + "</span>" : Html::text(gate.verdict),
         moment(run.zone, gate.at), why.empty() ? Html("none") : why});
  }
  return table(content);
}

Html readings(const RunRecord& run) {
  HtmlTable content{"Every look at every clock", {"Clock", "Point", "At (UTC)", "Uncertainty", "Source"}, {}, "None."};
  for (const ReadingRecord& reading : run.readings)
    content.rows.push_back({Html::text(reading.clock), Html::text(reading.point), Html::text(rfc3339(reading.at)),
                            reading.uncertainty ? Html("±") + span(reading.uncertainty) : Html("unknown"),
                            Html::text(reading.source)});
  return table(content);
}

}  // namespace

std::string run_page(const Json& json, const PageTime& time) {
  const RunRecord run = without_texts(run_record(json));
  const Html main = facts(run) + "<h2>Verdict</h2>\n" + findings(run) + "<h2>Timeline</h2>\n" +
                    timeline_chart(run, time.now) + numbers(run, timeline_steps(run, time.now)) +
                    "<h2>Other clocks</h2>\n" + others(run) + "<h2>Guard</h2>\n" + guard(run) + "<h2>Readings</h2>\n" +
                    readings(run);
  return html_page({"Run " + std::to_string(run.run) + " of " + run.job, time.version, time.now}, main);
}

}  // namespace nowd
