#include "surface/terminal/story.hpp"

#include "support/catch.hpp"
#include "surface/run_fixture.hpp"
#include "surface/text.hpp"

using namespace nowd;
using test::at;
using test::golden;
using test::standup_run;

namespace {

Instant moment(double seconds_after_seven) { return parse_rfc3339(at(seconds_after_seven)).value(); }
std::string tell(const Json& run, Style style = {}) { return story(run_record(run), moment(60), style); }
void check_golden(const std::string& name, const std::string& actual) { CHECK(actual == golden(name, actual)); }
bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a run that succeeded is told from its schedule to its output") {
  check_golden("story_on_time.txt", tell(standup_run()));
}

TEST_CASE("a run that failed by hand: who asked, a refused and a failed tool, why it ended, how to run it again") {
  Json run = standup_run();
  run["run"].update({{"kind", "manual"},
                     {"request", 17},
                     {"state", "failed"},
                     {"reason", "provider"},
                     {"effects", false},
                     {"detail", "primary answered 503 three times"},
                     {"stop", "provider_error"}});
  run["request"] = {{"request", 17}, {"requested_by", "alice"}, {"requested_at", at(-0.4)}};
  run["inference"][1].update({{"stop", "provider_error"},
                              {"stop_raw", ""},
                              {"stop_action", "fail"},
                              {"detail", "503 Service Unavailable"},
                              {"input_tokens", nullptr},
                              {"output_tokens", nullptr},
                              {"cost_usd", nullptr},
                              {"model_as_of", nullptr}});
  run["tool_calls"][0].update({{"state", "failed"}, {"exit_code", 2}, {"error", "get-notes: no such folder"}});
  run["tool_calls"][1].update({{"state", "refused"},
                               {"intent_at", nullptr},
                               {"started_at", nullptr},
                               {"ended_at", nullptr},
                               {"duration", nullptr},
                               {"exit_code", nullptr},
                               {"result_bytes", nullptr},
                               {"error", "effects need --effects in a run with as_of"}});
  run["output"] = nullptr;
  check_golden("story_failed.txt", tell(run));
}

TEST_CASE("a call tells what its cache took and gave, and a failed one what kind of failure that was") {
  Json run = standup_run();
  run["inference"][0].update({{"cached_tokens", 600}, {"cache_write_tokens", 100}});
  run["inference"][1].update({{"stop", "provider_error"},
                              {"stop_action", "fail"},
                              {"attempt", 2},
                              {"retry_class", "wait"},
                              {"retry_after", 30},
                              {"request_id", "req_1"},
                              {"usage_estimated", true}});
  Style wide;
  wide.width = 160;
  const std::string text = tell(run, wide);
  CHECK(holds(text, "812 tokens in (600 cached, 100 to the cache), 46 out"));
  CHECK(holds(text, "$0.0053 (estimated)"));
  CHECK(holds(text, "attempt 2, counts as wait, the server asks to wait 30 s; request id req_1"));
}

TEST_CASE("a failed dry run is proposed again as a dry run") {
  Json run = standup_run();
  run["run"].update({{"state", "failed"}, {"dry_run", true}, {"effects", true}});
  CHECK(tell(run).find(" --effects --dry-run --wait ") != std::string::npos);
}

TEST_CASE("an effect without an outcome is in doubt, and the next step is to look, not to run again") {
  Json run = standup_run();
  run["run"].update(
      {{"state", "interrupted"}, {"reason", "effect_in_doubt"}, {"duration", nullptr}, {"verdict", nullptr}});
  run["tool_calls"][1].update({{"state", "intent"},
                               {"started_at", nullptr},
                               {"ended_at", nullptr},
                               {"duration", nullptr},
                               {"exit_code", nullptr}});
  run["inference"].erase(1);
  const std::string text = tell(run);
  CHECK(holds(text, "in doubt"));
  CHECK(holds(text, "effects_in_doubt"));
  CHECK(!holds(text, "next: nowctl run"));
}

TEST_CASE("long arguments and outputs are cut, with the way to see the rest, unless everything is wanted") {
  Json run = standup_run();
  std::string output;
  for (int i = 0; i < 60; ++i) output += "line " + std::to_string(i) + "\n";
  run["output"] = output;
  run["tool_calls"][1]["arguments"] = "{\"text\":\"" + std::string(500, 'x') + "\"}";
  const std::string cut = tell(run);
  CHECK(holds(cut, "nowctl show 1234 --full"));
  CHECK(holds(cut, "line 19\n"));
  CHECK(!holds(cut, "line 20"));
  CHECK(holds(cut, "x…"));
  const std::string full = tell(run, {.full = true});
  CHECK(holds(full, "line 59"));
  CHECK(!holds(full, "--full"));
  CHECK(!holds(full, "…"));
  CHECK(holds(full, "3f2a9c0d11e54a7b3f2a9c0d11e54a7b3f2a9c0d11e54a7b3f2a9c0d11e54a7b"));
}

TEST_CASE("what a model or a tool wrote cannot steer the terminal") {
  Json run = standup_run();
  run["output"] =
      "before\x1b[2Jafter\rover\xE2\x80\xAE"
      "gpj.exe";
  run["tool_calls"][0]["error"] = "\x1b]0;title\x07";
  run["tool_calls"][1]["arguments"] = "{\"a\":\"\x1b[31m\"}";
  for (const std::string& text : {tell(run), tell(run, {.full = true}), short_story(run_record(run), {})}) {
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find('\r') == std::string::npos);
    CHECK(text.find('\x07') == std::string::npos);
    CHECK(!holds(text, "\xE2\x80\xAE"));
  }
  CHECK(holds(tell(run, {.colour = true}), "\x1b[32msucceeded\x1b[0m"));
}

TEST_CASE("the short form says how it ended, why, and the output") {
  CHECK(short_story(run_record(standup_run()), {}) ==
        "run 1234 of standup: succeeded in 41.2 s, aligned\n"
        "output, 76 B:\n  │ Three notes today.\n  │\n  │ - Ada: parser done\n  │ - Grace: clock drift\n  │ - Linus: "
        "release\n");
}

TEST_CASE("a run without the right to effects is not offered again with them") {
  Json run = standup_run();
  run["run"].update({{"state", "failed"}, {"reason", "provider"}, {"effects", false}});
  CHECK(!holds(tell(run), "--effects"));
}

TEST_CASE("widths count columns, not bytes") {
  CHECK(display_width("±1.2 ms") == 7);
  CHECK(display_width("日本") == 4);
  CHECK(display_width("e\xCC\x81") == 1);
  CHECK(display_width("🙂") == 2);
  CHECK(clip("日本語", 5) == "日本…");
  CHECK(clip("abc", 3) == "abc");
  CHECK(pad("日本", 5) == "日本 ");
  CHECK(printable("a\xFF"
                  "b\x80") ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD");
  CHECK(wrap("one two three", 7) == std::vector<std::string>{"one two", "three"});
  CHECK(wrap("abcdefgh", 3) == std::vector<std::string>{"abc", "def", "gh"});
  CHECK(wrap("a\n\nb", 3) == std::vector<std::string>{"a", "", "b"});
  CHECK(bytes_text(912) == "912 B");
  CHECK(bytes_text(3480) == "3.3 KiB");
  CHECK(bytes_text(262144) == "256 KiB");
  CHECK(bytes_text(5'000'000'000) == "4.6 GiB");
}
