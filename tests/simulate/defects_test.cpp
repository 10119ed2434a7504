// A simulation that finds nothing proves nothing: each of these defects must be found.
#include "simulate/world/trial.hpp"
#include "support/catch.hpp"

using namespace nowd::sim;

namespace {

/// The first seed that shows it; nothing: none of them does.
std::optional<Verdict> found(Defect defect, std::uint64_t seeds) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed)
    if (Verdict verdict = simulate(seed, defect); verdict.failure) return verdict;
  return std::nullopt;
}

}  // namespace

TEST_CASE("each defect is found within two hundred seeds") {
  for (std::size_t k = 1; k < defect_words.size(); ++k) {
    const auto verdict = found(static_cast<Defect>(k), 200);
    INFO(defect_words[k]);
    REQUIRE(verdict);
    WARN(defect_words[k] << ": seed " << verdict->seed << ": " << *verdict->failure);
  }
}

TEST_CASE("a failing seed is shown with the fewest faults, by a command that fails the same way") {
  const auto verdict = found(Defect::delivery_before_end, 200);
  REQUIRE(verdict);
  const Verdict least = shrink(*verdict, Defect::delivery_before_end);
  CHECK(least.faults.size() < verdict->faults.size());
  const auto again = chosen(faults_of(least.seed), numbers_of(least.faults));
  REQUIRE(again.has_value());
  CHECK(simulate(least.seed, *again, Defect::delivery_before_end).hash == least.hash);
}
