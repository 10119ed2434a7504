#include "runtime/heartbeat.hpp"

#include "support/catch.hpp"

using namespace nowd;

namespace {

Standing serving() {
  Standing standing;
  standing.ledger_reachable = standing.serving = true;
  standing.beat_age = seconds{2};
  return standing;
}

}  // namespace

TEST_CASE("a daemon is ready while it serves, and names the first thing that is in the way") {
  Standing standing = serving();
  CHECK(!why_not_ready(standing));
  standing.refused = "nothing starts, the ledger refused the last 3 claims: no such column";
  CHECK(why_not_ready(standing) == standing.refused);
  standing.held = Held{HoldCause::ledger, "it is older"};
  CHECK(why_not_ready(standing) == "held: it is older; nothing starts until: nowctl ledger accept");
  standing.lock = "another session has held a lock for 12 s (start_runs)";
  CHECK(why_not_ready(standing) == standing.lock);
  standing.beat_age = seconds{17};
  standing.statement = "start_runs";
  CHECK(why_not_ready(standing) == "the database has confirmed nothing for 17 s (it waits in statement start_runs)");
  standing.serving = false;
  CHECK(why_not_ready(standing) == "starting or stopping");
  standing.ledger_reachable = false;
  CHECK(why_not_ready(standing) == "the database is not reachable");
}

TEST_CASE("a beat that is as old as a dead daemon's makes it not ready, and one that is younger does not") {
  Standing standing = serving();
  standing.beat_age = max_silence_to_serve;
  CHECK(!why_not_ready(standing));
  standing.beat_age += nanoseconds{1};
  CHECK(why_not_ready(standing).has_value());
}

TEST_CASE("a silent database is told of once, and once when it is over") {
  SilenceWatch watch;
  Standing standing = serving();
  CHECK(!watch.check(standing));
  standing.beat_age = seconds{16};
  CHECK(!watch.check(standing));  // a suspend that has just ended
  standing.beat_age = seconds{18};
  standing.statement = "insert_occurrences";
  const auto told = watch.check(standing);
  REQUIRE(told.has_value());
  CHECK(told->find("nothing for 18 s (it waits in statement insert_occurrences)") != std::string::npos);
  standing.beat_age = seconds{40};
  CHECK(!watch.check(standing));
  standing.beat_age = seconds{1};
  CHECK(watch.check(standing) == "the database confirms transactions again, after 40 s");
  CHECK(!watch.check(standing));
}

TEST_CASE("a database that cannot be reached is told of elsewhere, and so is its return") {
  SilenceWatch watch;
  Standing standing = serving();
  standing.beat_age = seconds{20};
  standing.ledger_reachable = false;
  for (int looks = 0; looks < 5; ++looks) CHECK(!watch.check(standing));
  standing = serving();
  CHECK(!watch.check(standing));
}
