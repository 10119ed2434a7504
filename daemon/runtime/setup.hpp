// A setup: one consistent reading of the configuration, which serves a run from its dispatch to its end.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "domain/job/config.hpp"
#include "domain/job/secret_text.hpp"
#include "domain/planning/judge.hpp"
#include "providers/wire/provider.hpp"

namespace nowd {

/// A reload replaces it as a whole; runs under way keep theirs.
struct Setup {
  Config config;
  JobsSnapshot jobs;
  std::map<std::string, std::unique_ptr<Provider>> providers;
  std::map<JobName, std::unique_ptr<Provider>> agents;  ///< of the jobs that have a command
  SecretReader secrets;  ///< the secrets read so far are redacted from all texts for the ledger

  /// The provider of a job's model calls. Requires: the loader checked the job.
  Provider& provider_of(const Job& job) const {
    return *(job.command ? agents.at(job.name) : providers.at(job.provider));
  }
};
using SetupSnapshot = std::shared_ptr<const Setup>;

}  // namespace nowd
