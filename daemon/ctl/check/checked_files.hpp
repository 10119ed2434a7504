// Reads and checks the configuration and job files, for validate and doctor.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/load.hpp"

namespace nowd::ctl {

/// The configuration and jobs that were read, and the diagnostics.
struct CheckedFiles {
  Config config;  ///< as far as it could be read; empty without one
  std::vector<Job> jobs;
  std::vector<Diagnostic> diagnostics;
  std::size_t files = 0;

  std::size_t count(Diagnostic::Severity severity) const;
};

/// Loads the configuration, and checks the schemas of its tools too.
LoadedConfig checked_config(const std::string& path);

/// The configuration and all the jobs it names.
CheckedFiles check_everything(const std::string& config_path);

/// These files only; one named nowd.yaml is a configuration. `config` has the providers, tools and sinks that jobs
/// refer to; it may be null.
CheckedFiles check_files(const std::vector<std::string>& files, const Config* config);

}  // namespace nowd::ctl
