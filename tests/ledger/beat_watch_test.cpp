#include "domain/clocks/beat_watch.hpp"

#include "support/catch.hpp"

using namespace nowd;

namespace {

using Beats = std::map<Uuid, std::string>;
using Silent = std::vector<Uuid>;

Tick at(int second) { return Tick{seconds{1000 + second}}; }

}  // namespace

TEST_CASE("a node is silent when its beat has not changed over 15 s of sweeps, and not before") {
  BeatWatch watch;
  for (int s = 0; s < 15; s += 3) CHECK(watch.find_silent({{"a", "1"}, {"b", std::to_string(s)}}, at(s)).empty());
  CHECK(watch.find_silent({{"a", "1"}, {"b", "15"}}, at(15)) == Silent{"a"});
}

TEST_CASE("a gap in our own sweeping starts the count again") {
  BeatWatch watch;
  for (int s = 0; s < 15; s += 3) CHECK(watch.find_silent({{"a", "1"}}, at(s)).empty());
  CHECK(watch.find_silent({{"a", "1"}}, at(20)).empty());  // 8 s: the database was away, or we slept
  for (int s = 23; s < 35; s += 3) CHECK(watch.find_silent({{"a", "1"}}, at(s)).empty());
  CHECK(watch.find_silent({{"a", "1"}}, at(35)) == Silent{"a"});
}

TEST_CASE("one that was given, and has beaten after all, is new") {
  BeatWatch watch;
  for (int s = 0; s < 15; s += 3) CHECK(watch.find_silent({{"a", "1"}}, at(s)).empty());
  CHECK(watch.find_silent({{"a", "1"}}, at(15)) == Silent{"a"});
  CHECK(watch.find_silent({{"a", "1"}}, at(18)).empty());
}
