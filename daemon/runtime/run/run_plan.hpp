// From a claimed run and the configuration to the plan that its machine follows.
#pragma once

#include <map>
#include <vector>

#include "domain/run/run_machine.hpp"
#include "ledger/ledger.hpp"
#include "runtime/clocks/remote_clocks.hpp"
#include "runtime/setup.hpp"

namespace nowd {

/// The jobs with `after: JOB`, by that job's name. The map is built once per setup, because a thousand runs may start
/// together.
class Followers {
 public:
  const std::vector<JobName>& followers_of(const JobName& job, const JobsSnapshot& jobs);

 private:
  JobsSnapshot read_;
  std::map<JobName, std::vector<JobName>> by_leader_;
};

/// Everything but the followers. `dispatched`: the host's clocks when the driver took the run. Requires: the job, its
/// provider and its tools are in the setup (the loader checked them).
RunPlan make_plan(const ClaimedRun& claimed, const Setup& setup, const std::string& ledger, const Reading& dispatched,
                  const RemoteClocks& clocks);

/// Any text of the job uses the output of another run.
bool uses_outputs(const Job& job);

}  // namespace nowd
