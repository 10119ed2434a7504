#include "domain/model/stop.hpp"

#include <set>

#include "support/catch.hpp"

using namespace nowd;

TEST_CASE("every stop has one name, and is read back from it") {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Stop::unknown); ++i) {
    const Stop stop = static_cast<Stop>(i);
    CHECK(parse_stop(to_string(stop)) == stop);
    names.insert(to_string(stop));
  }
  CHECK(names.size() == 20);
  CHECK_FALSE(parse_stop("end_turn"));
  CHECK_FALSE(parse_stop(""));
}

TEST_CASE("only a complete answer is committed by default, and only a tool call runs tools") {
  for (int i = 0; i <= static_cast<int>(Stop::unknown); ++i) {
    const Stop stop = static_cast<Stop>(i);
    CHECK((default_action(stop) == StopAction::commit) == (stop == Stop::complete));
    CHECK((default_action(stop) == StopAction::run_tools) == (stop == Stop::tool_call));
  }
}

TEST_CASE("a stop that nobody knows, or that never came, is held and not retried") {
  CHECK(default_action(Stop::unknown) == StopAction::hold);
  CHECK(default_action(Stop::missing) == StopAction::hold);
  CHECK(default_action(Stop::truncated_output) == StopAction::retry_larger);
  CHECK(default_action(Stop::truncated_context) == StopAction::fail);
  CHECK(default_action(Stop::paused) == StopAction::resume);
  CHECK(default_action(Stop::malformed) == StopAction::repair_once);
  CHECK(default_action(static_cast<Stop>(99)) == StopAction::hold);
  CHECK(to_string(StopAction::retry_larger) == "retry_larger");
}
