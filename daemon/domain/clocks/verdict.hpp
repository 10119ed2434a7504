// The verdict on the clocks of one run: only facts that readings prove (docs/clocks.md).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/prompt/run_time.hpp"
#include "foundation/time/clock.hpp"

namespace nowd {

/// In order of severity.
enum class Verdict { aligned, unobserved, unsynchronised, late, rolled_over, skewed, stale, expired, contradicted };
std::string_view to_string(Verdict verdict);

/// One reason with its numbers, for people: "late: dispatched 3h05m after it was due (grace 90 s)".
struct Finding {
  Verdict verdict;
  std::string detail;
  bool operator==(const Finding&) const = default;
};

/// A finding if an effect at `at` falls on another local date than as_of.
std::optional<Finding> rolled_over(const RunTime& run, Instant at);

struct VerdictInputs {
  RunTime run;
  milliseconds grace{};
  bool synchronised = false;           ///< the host's clock at dispatch
  std::optional<Instant> effect_at;    ///< start of the first effect (beyond read) or delivery
  bool by_command = false;             ///< a command-line agent was started: nowd cannot observe it
  std::vector<Finding> observed = {};  ///< findings of the guard during the run
};

/// All findings, worst first; empty = aligned.
std::vector<Finding> findings(const VerdictInputs& inputs);
Verdict worst(const std::vector<Finding>& findings);

}  // namespace nowd
