// Configuration files to a Setup that can serve runs.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "runtime/setup.hpp"

namespace nowd {

/// The result of reading the files: diagnostics (sorted by file), the whole jobs, and the names of jobs in broken
/// files.
struct SetupFiles {
  Config config;
  std::vector<Job> jobs;
  std::set<JobName> broken_jobs;
  std::vector<Diagnostic> diagnostics;
  bool config_ok = false;
  bool jobs_ok = false;
};
/// Canonical specs of the jobs in force, by name (Ledger::accepted).
using AcceptedSpecs = std::map<JobName, std::string>;

/// The configuration alone, tools checked.
SetupFiles read_config(const std::string& config_path, const std::vector<std::string>& jobs_override);
/// The configuration and the jobs. An `at` in the past is refused when it is new or edited, not when it was accepted
/// before.
SetupFiles read_setup(const std::string& config_path, const std::vector<std::string>& jobs_override, Instant now,
                      const AcceptedSpecs& accepted);

/// Providers and commands made, jobs by name. Errors: a provider that cannot be made.
Result<SetupSnapshot> make_setup(Config config, std::vector<Job> jobs, HttpClient& http, const Clock& clock,
                                 const SecretReader& secrets, boost::asio::any_io_executor executor);

/// The keys that differ between two configurations and take effect only after a restart: "database, listen", or empty.
std::string needs_restart(const Config& before, const Config& after);

/// `log` of the configuration, from now on.
void configure_log(const Config& config);

}  // namespace nowd
