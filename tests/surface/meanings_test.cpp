#include "surface/meanings.hpp"

#include <algorithm>
#include <set>

#include "support/catch.hpp"

using namespace nowd;

TEST_CASE("a word that is said of several things has an entry for each") {
  CHECK(explanation("stale", {}) ==
        "stale\n  verdict on a run's clocks: no instant of an input lies in the run's window: it\n  is old data. "
        "nowctl clocks RUN shows the instants and the window.\n");
  const std::string failed = explanation("failed", {});
  for (const char* of : {"state of a run: ", "state of a call: ", "state of a delivery: "})
    CHECK(failed.find(of) != std::string::npos);
  CHECK(explanation("fiald", {}).empty());
}

TEST_CASE("no word has two meanings of one kind, and each is a clause without its full stop") {
  std::set<std::pair<WordOf, std::string_view>> seen;
  for (const WordMeaning& each : meanings()) {
    CAPTURE(each.word);
    CHECK(seen.emplace(each.of, each.word).second);
    CHECK(!each.means.empty());
    CHECK(!each.means.ends_with('.'));
    CHECK((each.then.empty() || each.then.ends_with('.')));
  }
}

TEST_CASE("all words are listed under what they are said of") {
  const std::string all = all_words({});
  for (const std::string& word : known_words()) CHECK(all.find("  " + word + ": ") != std::string::npos);
  CHECK(all.find("verdict on a run's clocks\n  aligned: ") != std::string::npos);
}
