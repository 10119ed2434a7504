#include "simulate/world/trial.hpp"

namespace nowd::sim {

std::vector<Fault> faults_of(std::uint64_t seed) { return faults_of(seed, machines_of(seed), 5, end_of_faults); }

Verdict simulate(std::uint64_t seed, std::vector<Fault> faults, Defect defect, bool keep_trace) {
  World world(seed, faults, defect, keep_trace);
  world.run();
  return {seed, world.failure(), world.trace.hash(), std::move(faults), world.trace.lines()};
}

Verdict simulate(std::uint64_t seed, Defect defect) { return simulate(seed, faults_of(seed), defect); }

Verdict shrink(const Verdict& failed, Defect defect) {
  Verdict least = failed;
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (std::size_t k = least.faults.size(); k-- > 0;) {
      std::vector<Fault> fewer = least.faults;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(k));
      Verdict verdict = simulate(least.seed, std::move(fewer), defect);
      if (!verdict.failure) continue;
      least = std::move(verdict);
      smaller = true;
    }
  }
  return least;
}

std::string command_of(const Verdict& verdict, Defect defect) {
  return "simulate --seed " + std::to_string(verdict.seed) + " --faults " + numbers_of(verdict.faults) +
         (defect == Defect::none ? "" : " --defect " + std::string(to_string(defect))) + " --trace";
}

}  // namespace nowd::sim
