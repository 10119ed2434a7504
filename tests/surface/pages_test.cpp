// The pages against golden files, and what no page may ever do: let text from outside become markup.
#include "surface/page/pages.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "surface/run_fixture.hpp"

using namespace nowd;
using test::at;
using test::golden;
using test::standup_run;

namespace {

PageTime at_nine() { return {parse_rfc3339("2026-06-01T07:05:00.5Z").value(), "0.1.0"}; }

void check_golden(const std::string& name, const std::string& actual) { CHECK(actual == golden(name, actual)); }

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

Json overview() {
  const Json standup{{"job", "standup"},
                     {"state", "active"},
                     {"schedule", "0 9 * * mon-fri Europe/Berlin"},
                     {"zone", "Europe/Berlin"},
                     {"next_at", "2026-06-02T07:00:00Z"},
                     {"live", 0},
                     {"overdue", nullptr},
                     {"paused_reason", nullptr},
                     {"last_run", 1234},
                     {"last_state", "succeeded"},
                     {"last_reason", nullptr},
                     {"last_scheduled_at", at(0)},
                     {"last_late", 250.012},
                     {"last_verdict", "late"}};
  Json digest = standup;
  digest.update({{"job", "digest"},
                 {"zone", "UTC"},
                 {"paused_reason", "moving"},
                 {"last_run", nullptr},
                 {"last_late", nullptr},
                 {"last_verdict", nullptr},
                 {"next_at", nullptr}});
  Json triage = standup;
  triage.update({{"job", "triage"},
                 {"live", 1},
                 {"overdue", 90.0},
                 {"last_state", "failed"},
                 {"last_reason", "provider"},
                 {"last_verdict", "aligned"},
                 {"last_late", 0.004}});
  return Json::array({digest, standup, triage});
}

Json recent_run(int run, double lag) {
  return {{"run", run},
          {"job", "standup"},
          {"kind", "scheduled"},
          {"state", "succeeded"},
          {"reason", nullptr},
          {"scheduled_at", at(86'400.0 * (run - 1234))},
          {"late", lag},
          {"dispatch_lag", lag},
          {"dispatch_to_inference", 0.291},
          {"inference_to_effect", 3.622},
          {"effect_lag", lag + 3.913},
          {"duration", 41.2},
          {"verdict", lag > 90 ? "late" : "aligned"}};
}

Json clocks_of_standup() {
  const Json gap{{"gap", "scheduled to dispatch"},
                 {"runs", 3},
                 {"p50", 0.012},
                 {"p95", 225.0},
                 {"p99", 245.0},
                 {"worst", 250.012}};
  return {{"job", "standup"},
          {"zone", "Europe/Berlin"},
          {"overview", overview()[1]},
          {"since", "2026-05-02T07:05:00Z"},
          {"runs", 3},
          {"gaps", {gap}},
          {"verdicts", {{{"verdict", "aligned"}, {"runs", 2}}, {{"verdict", "late"}, {"runs", 1}}}},
          {"recent", {recent_run(1234, 250.012), recent_run(1233, 0.012), recent_run(1232, 0.009)}}};
}

/// The run of the fixture, late, with the guard's decisions.
Json guarded_run() {
  Json run = standup_run();
  run["clocks"]["effect_at"] = at(3.925);
  run["run"]["verdict"] = "late";
  run["run"]["verdicts"] = {{{"verdict", "late"}, {"detail", "late: dispatched 4m10s after it was due (grace 90 s)"}}};
  const Json objection{{"rule", "rollover"}, {"response", "flag"}, {"detail", "rolled_over: lands on 2026-06-02"}};
  run["gates"] = {{{"subject", "effect"},
                   {"verdict", "allow"},
                   {"call_seq", 2},
                   {"delivery", nullptr},
                   {"attempt", nullptr},
                   {"decided_at", at(3.918)},
                   {"objections", {objection}}},
                  {{"subject", "output"},
                   {"verdict", "deny"},
                   {"call_seq", nullptr},
                   {"delivery", nullptr},
                   {"attempt", nullptr},
                   {"decided_at", at(41.2)},
                   {"objections", {{{"rule", "lint"}, {"response", "refuse"}, {"detail", "says 2025"}}}}}};
  return run;
}

constexpr const char* hostile = "<script>alert('x')</script>\" onload=\"x &amp; \x1b[2J";

void make_hostile(Json& value) {
  if (value.is_structured()) {
    for (auto& [key, member] : value.items()) make_hostile(member);
  } else if (value.is_string() && !parse_rfc3339(value.get<std::string>())) {
    value = hostile;
  }
}

/// Every tag is closed in order: what a browser would have to guess is a mistake here.
std::string unbalanced(const std::string& page) {
  const std::vector<std::string> single{"meta", "link", "line", "!DOCTYPE"};
  std::vector<std::string> open;
  for (std::size_t begin = page.find('<'); begin != std::string::npos; begin = page.find('<', begin + 1)) {
    const std::size_t end = page.find('>', begin);
    if (end == std::string::npos) return "a tag without end";
    const std::string tag = page.substr(begin, end - begin);
    if (tag.find('<', 1) != std::string::npos || std::count(tag.begin(), tag.end(), '"') % 2 != 0)
      return tag + ": an attribute that is not closed";
    if (page[end - 1] == '/') continue;
    const bool closing = page[begin + 1] == '/';
    const std::size_t from = begin + (closing ? 2 : 1);
    const std::string name = page.substr(from, page.find_first_of(" >", from) - from);
    if (std::find(single.begin(), single.end(), name) != single.end()) continue;
    if (!closing) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return "</" + name + "> closes nothing";
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> stays open";
}

std::vector<std::string> all_pages() {
  return {jobs_page(overview(), at_nine()), job_page(clocks_of_standup(), at_nine()),
          run_page(guarded_run(), at_nine()), no_such_page("job 'x': no such job", at_nine()),
          ledger_away_page("The database is away.", at_nine())};
}

}  // namespace

TEST_CASE("the page of all jobs") { check_golden("page_jobs.html", jobs_page(overview(), at_nine())); }
TEST_CASE("the page of a job: drift, gaps, verdicts, runs") {
  check_golden("page_job.html", job_page(clocks_of_standup(), at_nine()));
}
TEST_CASE("the page of a run: its clocks drawn, and the same numbers in tables") {
  check_golden("page_run.html", run_page(guarded_run(), at_nine()));
}
TEST_CASE("a ledger without jobs, a job without runs and a run that was just claimed are pages, too") {
  CHECK(has(jobs_page(Json::array(), at_nine()), "no jobs yet"));
  Json clocks = clocks_of_standup();
  for (const char* part : {"gaps", "verdicts", "recent"}) clocks[part] = Json::array();
  CHECK(has(job_page(clocks, at_nine()), "has not run yet"));
  Json run = standup_run();
  run["run"].update({{"state", "running"},
                     {"ended_at", nullptr},
                     {"dispatched_at", nullptr},
                     {"verdict", nullptr},
                     {"duration", nullptr}});
  for (const char* part : {"inference", "tool_calls", "readings"}) run[part] = Json::array();
  CHECK(has(run_page(run, at_nine()), "the run is going"));
  CHECK(unbalanced(run_page(run, at_nine())).empty());
}

TEST_CASE("no text of the ledger becomes markup, in whatever column it stands") {
  Json jobs = overview(), clocks = clocks_of_standup(), run = guarded_run();
  for (Json* rows : {&jobs, &clocks, &run}) make_hostile(*rows);
  clocks["since"] = at(0);
  for (const std::string& page : {jobs_page(jobs, at_nine()), job_page(clocks, at_nine()), run_page(run, at_nine()),
                                  no_such_page(hostile, at_nine()), ledger_away_page(hostile, at_nine())}) {
    CHECK(!has(page, "<script"));
    CHECK(!has(page, "\" onload"));
    CHECK(!has(page, "\x1b"));
    CHECK(has(page, "&lt;script&gt;"));
    CHECK(unbalanced(page).empty());
  }
}

TEST_CASE("prompts, arguments and outputs are not shown: whoever may open the page need not be allowed to read them") {
  const std::string page = run_page(guarded_run(), at_nine());
  CHECK(!has(page, "Three notes today"));
  CHECK(!has(page, "get-notes"));
}

TEST_CASE("words of providers, tools, models and sinks are not shown either") {
  Json run = guarded_run();
  run["run"]["detail"] = "WORDS";
  run["run"]["reason"] = "provider_error";
  run["run"]["verdicts"].push_back({{"verdict", "contradicted"}, {"detail", "contradicted: WORDS"}});
  run["gates"][1]["objections"][0]["detail"] = "WORDS";
  for (Json& call : run["inference"]) call.update({{"detail", "WORDS"}, {"cause", "WORDS"}, {"model_as_of", "WORDS"}});
  for (Json& call : run["tool_calls"]) call.update({{"error", "WORDS"}, {"arguments", "WORDS"}});
  run["deliveries"] = {
      {{"delivery", 1}, {"sink", "chat"}, {"purpose", "output"}, {"state", "failed"}, {"reason", "WORDS"}}};
  const std::string page = run_page(run, at_nine());
  CHECK(!has(page, "WORDS"));
  CHECK(has(page, "provider_error"));
  CHECK(has(page, "late: dispatched 4m10s") != has(page, "dispatched 4m10s after it was due"));
}

TEST_CASE("an effect that failed is seen before everything else, whatever the run says of itself") {
  Json run = standup_run();
  for (Json& call : run["tool_calls"])
    if (call["effect"] != "read") call.update({{"state", "failed"}, {"exit_code", 403}});
  CHECK(has(run_page(run, at_nine()), ": <span class=\"bad\">failed</span>, 403"));
}

TEST_CASE("jobs in trouble come first, then what is late, what is held, and what is well; retired ones last") {
  Json job = overview()[1];
  const auto named = [&](const char* name, Json with) {
    Json one = job;
    one.update({{"job", name}, {"last_verdict", "aligned"}});
    one.update(with);
    return one;
  };
  const std::string page =
      jobs_page(Json::array({named("a-retired", {{"state", "retired"}}), named("b-well", Json::object()),
                             named("c-held", {{"paused_reason", "why"}}), named("d-late", {{"last_verdict", "late"}}),
                             named("e-failed", {{"last_state", "failed"}}), named("f-waits", {{"overdue", 90.0}})}),
                at_nine());
  std::vector<std::size_t> places;
  for (const char* name : {"e-failed", "f-waits", "d-late", "c-held", "b-well", "a-retired"})
    places.push_back(page.find("/jobs/" + std::string(name)));
  CHECK(std::is_sorted(places.begin(), places.end()));
}

TEST_CASE("a host whose clock is not synchronised is one sentence, not a word in each row") {
  Json jobs = overview();
  for (Json& job : jobs) job["last_verdict"] = "unsynchronised";
  const std::string page = jobs_page(jobs, at_nine());
  CHECK(page.find("unsynchronised") == page.rfind("unsynchronised"));
  CHECK(has(page, "3 jobs"));
}

TEST_CASE("a delivery comes after the end of its run, and no gap before it is negative") {
  Json run = standup_run();
  for (Json& call : run["tool_calls"]) call["effect"] = "read";
  run["clocks"]["effect_at"] = at(41.3);
  const std::string page = run_page(run, at_nine());
  CHECK(has(page, "; delivery +"));
  CHECK(!has(page, "; end -"));
}

TEST_CASE(
    "every page is whole, says its language and title, can be skipped through, and fetches nothing from elsewhere") {
  for (const std::string& page : all_pages()) {
    CHECK(unbalanced(page).empty());
    CHECK(has(page, "<html lang=\"en\">"));
    CHECK(has(page, "name=\"viewport\" content=\"width=device-width"));
    CHECK(has(page, "<a class=\"skip\" href=\"#main\">"));
    CHECK(has(page, "<main id=\"main\""));
    CHECK(page.find("<h1>") == page.rfind("<h1>"));
    for (const char* banned : {"<script", "<img", "<iframe", "style=\"", "href=\"http", "src=", "@import", "url("})
      CHECK(!has(page, banned));
  }
  CHECK(!has(std::string(style_sheet()), "url("));
  CHECK(!has(std::string(style_sheet()), "@import"));
}

TEST_CASE("a path names a page or nothing") {
  using Kind = PagePath::Kind;
  CHECK(page_path("/") == PagePath{});
  CHECK(page_path("/jobs/daily-1") == PagePath{Kind::job, "daily-1", {}});
  CHECK(page_path("/runs/17") == PagePath{Kind::run, {}, RunId{17}});
  CHECK(page_path("/metrics")->kind == Kind::metrics);
  CHECK(page_path("/style.css")->kind == Kind::style);
  for (const char* path : {"", "/jobs/", "/jobs/../x", "/jobs/A", "/jobs/a%27", "/jobs/a/b", "/runs/", "/runs/0",
                           "/runs/-1", "/runs/1x", "/runs/99999999999999999999", "/index.html", "//"})
    CHECK(!page_path(path));
}

namespace {

/// Relative luminance of "#rrggbb" (WCAG 2.2).
double luminance(const std::string& colour) {
  double sum = 0;
  constexpr double weights[] = {0.2126, 0.7152, 0.0722};
  for (std::size_t i = 0; i < 3; ++i) {
    const double value = std::stoi(colour.substr(1 + 2 * i, 2), nullptr, 16) / 255.0;
    sum += weights[i] * (value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4));
  }
  return sum;
}

std::string colour(const std::string& css, const std::string& name, bool dark) {
  std::size_t from = dark ? css.find("@media") : 0;
  return css.substr(css.find("--" + name + ": ", from) + name.size() + 4, 7);
}

}  // namespace

TEST_CASE("text keeps a contrast of 4.5 to 1 in light and in dark, and marks one of 3 to 1") {
  const std::string css(style_sheet());
  for (const bool dark : {false, true}) {
    const double ground = luminance(colour(css, "ground", dark));
    const auto contrast = [&](const char* name) {
      const double ink = luminance(colour(css, name, dark));
      return (std::max(ground, ink) + 0.05) / (std::min(ground, ink) + 0.05);
    };
    for (const char* name : {"text", "dim", "link", "good", "warn", "bad"}) {
      CAPTURE(name, dark);
      CHECK(contrast(name) >= 4.5);
    }
    for (const char* name : {"bar", "quiet"}) {
      CAPTURE(name, dark);
      CHECK(contrast(name) >= 3);
    }
  }
}
