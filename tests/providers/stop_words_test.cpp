#include "providers/reply/stop_words.hpp"

#include <set>

#include "support/catch.hpp"

using namespace nowd;

namespace {

const std::vector<std::string_view> apis{"openai-chat", "openai-responses", "anthropic", "gemini"};

}  // namespace

TEST_CASE("every word stands once in its API's table") {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const StopWord& word : stop_words()) {
    CAPTURE(word.api, word.raw);
    CHECK(seen.emplace(word.api, word.raw).second);
    CHECK(stop_word(word.api, word.raw).stop == word.stop);
    CHECK(stop_word(word.api, word.raw).action == word.action);
  }
}

TEST_CASE(
    "a word commits if and only if it is one for completion, of which an API has one, chat those of named servers") {
  for (const auto api : apis) {
    CAPTURE(api);
    int complete = 0;
    for (const StopWord& word : stop_words()) {
      if (word.api != api) continue;
      complete += word.stop == Stop::complete ? 1 : 0;
      CHECK((word.action == StopAction::commit) == (word.stop == Stop::complete));
    }
    CHECK(complete == (api == "openai-chat" ? 3 : 1));
  }
}

TEST_CASE("a provider's own words are read where its API has none, and never in place of the API's") {
  const StopTable table{"openai-chat", {{"end_turn", Stop::complete}, {"length", Stop::complete}}};
  CHECK(stop_word(table, "end_turn").stop == Stop::complete);
  CHECK(stop_word(table, "end_turn").action == StopAction::commit);
  CHECK(stop_word(table, "length").stop == Stop::truncated_output);
  CHECK(stop_word(table, "END_TURN").stop == Stop::unknown);
  CHECK(stop_word(StopTable{"openai-chat", {}}, "end_turn").stop == Stop::unknown);
}

TEST_CASE("of two reasons the worse one is worse in one direction only") {
  CHECK(is_worse(Stop::filtered, Stop::complete));
  CHECK(is_worse(Stop::truncated_output, Stop::complete));
  CHECK(is_worse(Stop::unknown, Stop::tool_call));
  for (const Stop stop : {Stop::complete, Stop::filtered, Stop::unknown, Stop::provider_error, Stop::stream_cut}) {
    CHECK_FALSE(is_worse(stop, stop));
    CHECK_FALSE(is_worse(Stop::complete, stop));
  }
}

TEST_CASE("another API's word for truncation is believed, its word for completion or a tool call never") {
  for (const auto api : apis)
    for (const StopWord& word : stop_words()) {
      if (word.api == api) continue;
      CAPTURE(api, word.raw);
      const Stop stop = stop_word(api, word.raw).stop;
      if (word.stop == Stop::truncated_output || word.stop == Stop::truncated_context) CHECK(stop == word.stop);
      if (word.stop == Stop::complete || word.stop == Stop::tool_call) CHECK(stop == Stop::unknown);
    }
}

TEST_CASE("a word that nobody knows is unknown, and holds") {
  for (const auto api : apis)
    for (const char* word : {"", "STOP ", "Stop", "done", "endTurn"}) {
      CHECK(stop_word(api, word).stop == Stop::unknown);
      CHECK(stop_word(api, word).action == StopAction::hold);
    }
}

TEST_CASE("where a word asks for another action than its class, the table says so") {
  CHECK(stop_word("gemini", "RECITATION").action == StopAction::repair_once);
  CHECK(default_action(Stop::filtered) == StopAction::fail);
  CHECK(stop_word("gemini", "MISSING_THOUGHT_SIGNATURE").action == StopAction::fail);
  CHECK(default_action(Stop::malformed) == StopAction::repair_once);
}
