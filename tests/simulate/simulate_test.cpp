#include "simulate/world/trial.hpp"
#include "support/catch.hpp"

using namespace nowd::sim;

TEST_CASE("the same seed gives the same trace, byte for byte") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    CHECK(simulate(seed).hash == simulate(seed).hash);
  }
}

TEST_CASE("no seed breaks a promise") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    const Verdict verdict = simulate(seed);
    INFO(command_of(verdict, Defect::none));
    CHECK(verdict.failure.value_or("well") == "well");
  }
}
