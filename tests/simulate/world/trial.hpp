// One seed from its faults to its verdict, and the search for the fewest faults that still show a failure.
#pragma once

#include "simulate/world/world.hpp"

namespace nowd::sim {

struct Verdict {
  std::uint64_t seed = 0;
  std::optional<std::string> failure;
  std::uint64_t hash = 0;  ///< of the trace
  std::vector<Fault> faults;
  std::vector<std::string> trace;  ///< if it was wanted
};

std::vector<Fault> faults_of(std::uint64_t seed);
Verdict simulate(std::uint64_t seed, std::vector<Fault> faults, Defect defect = Defect::none, bool keep_trace = false);
Verdict simulate(std::uint64_t seed, Defect defect = Defect::none);

/// Leaves out faults as long as the seed still fails. Requires: it fails with these.
Verdict shrink(const Verdict& failed, Defect defect);
/// The command that shows it.
std::string command_of(const Verdict& verdict, Defect defect);

}  // namespace nowd::sim
