// One consistent reading of the configuration: what a run is served with, from dispatch to its end.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "domain/job/config.hpp"
#include "domain/job/secret_text.hpp"
#include "domain/planning/judge.hpp"
#include "providers/wire/provider.hpp"

namespace nowd {

/// Replaced as a whole on reload; runs under way keep the one they started with.
struct Setup {
  Config config;
  JobsSnapshot jobs;
  std::map<std::string, std::unique_ptr<Provider>> providers;
  std::map<JobName, std::unique_ptr<Provider>> agents;  ///< of the jobs that have a command
  SecretReader secrets;  ///< what was read so far is taken out of what goes to the ledger

  /// Who answers for a job. Requires: the loader checked it.
  Provider& provider_of(const Job& job) const {
    return *(job.command ? agents.at(job.name) : providers.at(job.provider));
  }
};
using SetupSnapshot = std::shared_ptr<const Setup>;

}  // namespace nowd
