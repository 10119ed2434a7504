#include "domain/run/ending.hpp"

#include "support/catch.hpp"

using namespace nowd;

namespace {

OrphanEnd ended(Orphan orphan) {
  orphan.why = "the daemon died";
  return end_of(orphan);
}

}  // namespace

TEST_CASE("an orphan is served again only where nothing was done to the world") {
  CHECK(ended({}).again);
  CHECK(ended({}).reason == RunReason::node_died);
  CHECK(!ended({.in_doubt = true, .acted = true}).again);
  CHECK(ended({.in_doubt = true, .acted = true}).reason == RunReason::effect_in_doubt);
  CHECK(ended({.acted = true}).reason == RunReason::effects_not_repeated);
  CHECK(ended({.opaque = true}).reason == RunReason::command_in_doubt);
  CHECK(ended({.opaque = true}).state == RunState::interrupted);
}

TEST_CASE("the third orphan is a crash loop, and a person's wish to end it counts before that") {
  CHECK(ended({.attempt = 2}).again);
  CHECK(ended({.attempt = 3}).reason == RunReason::crash_loop);
  CHECK(ended({.attempt = 3, .asked = "by bob: enough"}).state == RunState::cancelled);
  CHECK(ended({.in_doubt = true, .asked = "by bob: enough"}).state == RunState::interrupted);
}

TEST_CASE("somebody is told of an orphan that is over, unless it was meant to end") {
  CHECK(!is_trouble(ended({})));
  CHECK(!is_trouble(ended({.asked = "by bob: enough"})));
  CHECK(is_trouble(ended({.acted = true})));
  CHECK(is_trouble(ended({.attempt = 3})));
}
