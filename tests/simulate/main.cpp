// simulate: many seeds, or one with its trace. docs/simulator.md.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>

#include "simulate/world/trial.hpp"

namespace {

using namespace nowd::sim;

struct Options {
  std::uint64_t seeds = 1000, from = 1;
  std::optional<std::uint64_t> seed;
  std::string faults = "all", defect = "none";
  bool trace = false;
};

int report(const Verdict& verdict, Defect defect) {
  std::cout << "seed " << verdict.seed << ": " << *verdict.failure << '\n';
  const Verdict least = shrink(verdict, defect);
  std::cout << "  with " << least.faults.size() << " of " << verdict.faults.size() << " faults: " << *least.failure
            << '\n';
  for (const Fault& fault : least.faults) std::cout << "  " << to_string(fault) << '\n';
  std::cout << "  " << command_of(least, defect) << std::endl;
  return 1;
}

int run_one(const Options& options, Defect defect) {
  const auto faults = chosen(faults_of(*options.seed), options.faults);
  if (!faults) {
    std::cerr << faults.error().message << '\n';
    return 2;
  }
  const Verdict verdict = simulate(*options.seed, *faults, defect, options.trace);
  for (const std::string& line : verdict.trace) std::cout << line << '\n';
  std::printf("seed %llu: %s (trace %016llx)\n", static_cast<unsigned long long>(verdict.seed),
              verdict.failure.value_or("well").c_str(), static_cast<unsigned long long>(verdict.hash));
  return verdict.failure ? 1 : 0;
}

int run_many(const Options& options, Defect defect) {
  int failed = 0;
  for (std::uint64_t seed = options.from; seed < options.from + options.seeds; ++seed) {
    const Verdict verdict = simulate(seed, defect);
    if (verdict.failure) failed += report(verdict, defect);
  }
  std::cout << options.seeds << " seeds from " << options.from << ", " << failed << " failed\n";
  return failed > 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Runs daemons in a simulated world with faults, and checks their promises.");
  app.add_option("--seeds", options.seeds, "how many seeds");
  app.add_option("--from", options.from, "the first seed");
  app.add_option("--seed", options.seed, "this seed alone");
  app.add_option("--faults", options.faults, "all, none, or the numbers of some faults of the seed: 1,4,7");
  app.add_option("--defect", options.defect, "a defect that the simulation is to find");
  app.add_flag("--trace", options.trace, "print all events");
  CLI11_PARSE(app, argc, argv);
  const auto defect = nowd::parse_word<Defect>(defect_words, options.defect);
  if (!defect) {
    std::cerr << "--defect: there is no '" << options.defect << "'\n";
    return 2;
  }
  return options.seed ? run_one(options, *defect) : run_many(options, *defect);
}
