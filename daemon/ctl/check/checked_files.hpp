// Reading the configuration and job files as `validate` and `doctor` judge them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/load.hpp"

namespace nowd::ctl {

/// What was read, and what was found.
struct CheckedFiles {
  Config config;  ///< as far as it could be read; empty without one
  std::vector<Job> jobs;
  std::vector<Diagnostic> diagnostics;
  std::size_t files = 0;

  std::size_t count(Diagnostic::Severity severity) const;
};

/// The configuration with its tools' schemas, which only the tools' own module can judge.
LoadedConfig checked_config(const std::string& path);

/// The configuration and all the jobs it names.
CheckedFiles check_everything(const std::string& config_path);

/// These files only; one named nowd.yaml is a configuration. `config` is what jobs refer to.
CheckedFiles check_files(const std::vector<std::string>& files, const Config* config);

}  // namespace nowd::ctl
