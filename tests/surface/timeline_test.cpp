#include "surface/timeline/timeline.hpp"

#include "support/catch.hpp"
#include "surface/run_fixture.hpp"
#include "surface/text.hpp"

using namespace nowd;
using test::at;
using test::golden;
using test::standup_run;

namespace {

Instant moment(double seconds_after_seven) { return parse_rfc3339(at(seconds_after_seven)).value(); }

/// Moves every time of the run but scheduled_at, due_at, as_of, its window, and the data's.
void delay(Json& value, double by) {
  if (value.is_structured()) {
    for (auto& [key, member] : value.items())
      if (key != "scheduled_at" && key != "due_at" && key != "as_of" && key != "window_start" && key != "window_end" &&
          key != "data_oldest" && key != "data_newest" && key != "model_as_of" && key != "slot")
        delay(member, by);
  } else if (value.is_string()) {
    const auto when = parse_rfc3339(value.get<std::string>());
    if (when) value = rfc3339(*when + microseconds{static_cast<std::int64_t>(by * 1e6)});
  }
}

std::string draw(const Json& run, double now = 60, Style style = {}) {
  return timeline(run_record(run), moment(now), style);
}

Json late_run(double by, const char* detail) {
  Json run = standup_run();
  delay(run, by);
  run["run"]["verdict"] = "late";
  run["run"]["verdicts"] = {{{"verdict", "late"}, {"detail", detail}}};
  return run;
}

void check_golden(const std::string& name, const std::string& actual) { CHECK(actual == golden(name, actual)); }

}  // namespace

TEST_CASE("a run on time: the shape of its 41 s, and clocks that agree") {
  check_golden("timeline_on_time.txt", draw(standup_run()));
}

TEST_CASE("a run that was 3 h late shows its 41 s, and the 3 h as a cut") {
  check_golden("timeline_late.txt",
               draw(late_run(11'100, "late: dispatched 3h05m after it was due (grace 90 s)"), 11'200));
}

TEST_CASE("a run that crosses local midnight has it marked, and UTC dates that differ say so") {
  Json run = late_run(53'998, "late: dispatched 14h59m after it was due (grace 90 s)");
  run["run"]["verdict"] = "rolled_over";
  const Json rolled_over{
      {"verdict", "rolled_over"},
      {"detail", "rolled_over: the effect's day is 2026-06-02, as_of is 2026-06-01 (Europe/Berlin)"}};
  run["run"]["verdicts"] = {rolled_over, run["run"]["verdicts"][0]};
  check_golden("timeline_midnight.txt", draw(run, 54'100));
}

TEST_CASE("a run of 5 ms without tools, on a host whose clock nobody keeps") {
  Json run = standup_run();
  run["tool_calls"] = Json::array();
  run["inference"].erase(1);
  run["inference"][0].update({{"sent_at", at(0.0007)},
                              {"headers_at", at(0.0021)},
                              {"first_token_at", at(0.0022)},
                              {"ended_at", at(0.0049)},
                              {"provider_date", nullptr},
                              {"offset_low", nullptr},
                              {"offset_high", nullptr},
                              {"injected_now", at(0)},
                              {"model_as_of", nullptr}});
  run["run"].update(
      {{"claimed_at", at(0.0001)},
       {"dispatched_at", at(0.0003)},
       {"ended_at", at(0.0053)},
       {"duration", 0.005},
       {"host_uncertainty", nullptr},
       {"host_sync", "unsynchronised"},
       {"verdict", "unsynchronised"},
       {"verdicts",
        {{{"verdict", "unsynchronised"},
          {"detail", "unsynchronised: this host's clock was not synchronised at dispatch (no source)"}}}}});
  run["readings"] = Json::array();
  check_golden("timeline_5ms.txt", draw(run));
}

TEST_CASE("a run that is still going ends at now, and its open call is not mistaken for a finished one") {
  Json run = standup_run();
  run["run"].update({{"state", "running"}, {"ended_at", nullptr}, {"duration", nullptr}, {"verdict", nullptr}});
  run["inference"][1].update({{"state", "sending"},
                              {"sent_at", nullptr},
                              {"headers_at", nullptr},
                              {"first_token_at", nullptr},
                              {"ended_at", nullptr},
                              {"stop", nullptr},
                              {"stop_action", nullptr},
                              {"provider_date", nullptr},
                              {"injected_now", nullptr},
                              {"recorded_at", at(5.204)}});
  check_golden("timeline_running.txt", draw(run, 17.5));
}

TEST_CASE("a provider that is minutes behind, a host set back during the run and a model in yesterday are all named") {
  Json run = standup_run();
  run["inference"][0].update({{"provider_date", at(-192)},
                              {"offset_low", -192.715},
                              {"offset_high", -190.303},
                              {"model_as_of", "2026-05-31"}});
  run["inference"][1].update({{"provider_date", at(-187)},
                              {"offset_low", -192.615},
                              {"offset_high", -190.203},
                              {"model_as_of", "2026-05-31"},
                              {"sent_at", at(-3594.797)},
                              {"headers_at", at(-3594.385)},
                              {"first_token_at", at(-3594.384)},
                              {"ended_at", at(-3558.8)}});
  run["run"].update({{"state", "failed"},
                     {"reason", "contradicted"},
                     {"ended_at", at(-3558.788)},
                     {"verdict", "contradicted"},
                     {"verdicts",
                      {{{"verdict", "contradicted"},
                        {"detail", "contradicted: the model took 2026-05-31 as today, as_of is 2026-06-01"}}}}});
  run["readings"][3]["at"] = at(-3558.788);
  run["tool_calls"][1].update({{"state", "unknown"}, {"ended_at", nullptr}, {"remote_date", nullptr}});
  check_golden("timeline_disorder.txt", draw(run, 60));
}

TEST_CASE("a manual run for a day long gone: its distance from as_of is not called late") {
  Json run = standup_run();
  delay(run, 30 * 86'400.0);
  run["run"].update({{"kind", "manual"}, {"request", 17}});
  run["request"] = {{"request", 17}, {"requested_by", "alice"}, {"requested_at", at(30 * 86'400.0 - 0.4)}};
  const std::string text = draw(run, 30 * 86'400.0 + 60);
  CHECK(text.find(" late") == std::string::npos);
  check_golden("timeline_manual.txt", text);
}

TEST_CASE("a run of many calls is elided in the middle, but never a call that went wrong") {
  Json run = standup_run();
  const Json call = run["inference"][0], tool = run["tool_calls"][1];
  run["inference"] = Json::array();
  run["tool_calls"] = Json::array();
  for (int i = 1; i <= 25; ++i) {
    run["inference"].push_back(call);
    run["inference"].back().update({{"seq", i},
                                    {"sent_at", at(i)},
                                    {"headers_at", at(i + 0.1)},
                                    {"first_token_at", at(i + 0.2)},
                                    {"ended_at", at(i + 0.5)}});
    run["tool_calls"].push_back(tool);
    run["tool_calls"].back().update(
        {{"seq", i}, {"inference_seq", i}, {"started_at", at(i + 0.6)}, {"ended_at", at(i + 0.9)}});
  }
  run["tool_calls"][12].update({{"state", "failed"}, {"tool", "broken"}, {"error", "exit code 1"}});
  const std::string text = draw(run);
  CHECK(text.find("more calls, all of them good: nowctl show 1234") != std::string::npos);
  CHECK(text.find("tool broken") != std::string::npos);
  CHECK(text.find("inference 2 ") != std::string::npos);
  CHECK(text.find("inference 25") != std::string::npos);
  CHECK(text.find("inference 10") == std::string::npos);
}

TEST_CASE("a host uncertain by more than a column has its dispatch drawn as a band") {
  Json run = standup_run();
  CHECK(draw(run).find("░") == std::string::npos);
  run["run"]["host_uncertainty"] = 5.0;
  CHECK(draw(run).find("◆░░") != std::string::npos);
}

TEST_CASE("a clock whose Dates fit no single offset is not said to agree, and one proven ahead is said to be") {
  Json run = standup_run();
  run["inference"][1].update({{"offset_low", 9.4}, {"offset_high", 11.8}});
  CHECK(draw(run).find("do not fit one offset") != std::string::npos);
  run["inference"][0].update({{"offset_low", 9.3}, {"offset_high", 11.7}});
  CHECK(draw(run, 60, {.width = 160}).find("its clock is 10.6 s ahead of ours, within 1.15 s (2 exchanges)") !=
        std::string::npos);
}

TEST_CASE("a run that was never dispatched, or claimed by a database ahead of the host, says so") {
  Json run = standup_run();
  run["run"]["claimed_at"] = at(1.5);
  CHECK(draw(run).find("its clock is at least 1.49 s ahead") != std::string::npos);
  run["run"].update({{"state", "orphaned"}, {"dispatched_at", nullptr}, {"duration", nullptr}, {"verdict", nullptr}});
  run["inference"] = run["tool_calls"] = run["readings"] = Json::array();
  const std::string text = draw(run);
  CHECK(text.find("never dispatched") != std::string::npos);
  CHECK(text.find("verdict: none, the run was ended from outside") != std::string::npos);
}

TEST_CASE("no line of a drawing is wider than the terminal") {
  for (const Json& run : {standup_run(), late_run(11'100, "late"), late_run(53'990, "late")})
    for (int width : {72, 80, 120}) {
      const std::string text = draw(run, 60'000, {.width = width});
      for (const std::string& line : wrap(text, 10'000)) {
        INFO(line);
        CHECK(display_width(line) <= static_cast<std::size_t>(width));
      }
    }
}

TEST_CASE("what the guard decided stands below the other clocks, each objection with its rule and response") {
  Json run = standup_run();
  const Json flagged{{"rule", "rollover"}, {"response", "flag"}, {"detail", "rolled_over: lands on 2026-06-02"}};
  const Json refused{{"rule", "lint"}, {"response", "refuse"}, {"detail", "contradicted: says \x1b[2J 2025"}};
  run["gates"] = {{{"subject", "effect"},
                   {"verdict", "allow"},
                   {"call_seq", 2},
                   {"decided_at", at(3.918)},
                   {"objections", {flagged}}},
                  {{"subject", "output"}, {"verdict", "deny"}, {"decided_at", at(41.2)}, {"objections", {refused}}}};
  check_golden("timeline_guard.txt", draw(run));
}
