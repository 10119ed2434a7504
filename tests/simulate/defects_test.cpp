// A simulation that finds nothing proves nothing: each of these defects must be found.
#include "simulate/world/trial.hpp"
#include "support/catch.hpp"

using namespace nowd::sim;

namespace {

/// The first seed that shows a defect. It only saves time: if it does not show it any more, others are tried.
struct Known {
  Defect defect;
  std::uint64_t seed;
};
constexpr Known seeds[] = {
    {Defect::fence_ignored, 16},       {Defect::buried_continues, 16},  {Defect::intent_after_effect, 1},
    {Defect::clock_sleeps, 36},        {Defect::busy_lane, 4},          {Defect::claim_shared, 1},
    {Defect::delivery_before_end, 19}, {Defect::mail_repeated, 103},    {Defect::commit_repeated, 94},
    {Defect::living_buried, 1},        {Defect::cursor_falls_back, 1},  {Defect::occurrence_lost, 1},
    {Defect::pause_missed, 118},       {Defect::spend_released, 1},     {Defect::cut_answer_accepted, 72},
    {Defect::early_start, 1},          {Defect::failure_unreported, 7},
};
constexpr std::uint64_t max_seeds = 500;

std::optional<Verdict> found(Defect defect, std::uint64_t known) {
  if (Verdict verdict = simulate(known, defect); verdict.failure) return verdict;
  for (std::uint64_t seed = 1; seed <= max_seeds; ++seed)
    if (Verdict verdict = simulate(seed, defect); verdict.failure) return verdict;
  return std::nullopt;
}

}  // namespace

TEST_CASE("there are at least ten defects, and each of them is found") {
  CHECK(std::size(seeds) + 1 == defect_words.size());
  for (const Known& known : seeds) {
    INFO(to_string(known.defect) << ", known from seed " << known.seed);
    CHECK(found(known.defect, known.seed).has_value());
  }
}

TEST_CASE("a failing seed is shown with the fewest faults, by a command that fails the same way") {
  const auto verdict = found(Defect::delivery_before_end, 19);
  REQUIRE(verdict);
  const Verdict least = shrink(*verdict, Defect::delivery_before_end);
  CHECK(least.faults.size() < verdict->faults.size());
  const auto again = chosen(faults_of(least.seed), numbers_of(least.faults));
  REQUIRE(again.has_value());
  CHECK(simulate(least.seed, *again, Defect::delivery_before_end).hash == least.hash);
}
