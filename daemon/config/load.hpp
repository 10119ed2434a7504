// YAML to Config and Jobs: every error of a file at once, each with file:line:column, thing, value and remedy.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/job/job_context.hpp"
#include "config/yaml/report.hpp"
#include "domain/job/config.hpp"
#include "foundation/error.hpp"

namespace nowd {

struct LoadedConfig {
  Config config;
  std::vector<Diagnostic> diagnostics;
  bool ok() const;  ///< no error among them
};

/// Reads nowd.yaml. A missing file is an error diagnostic with the remedy.
LoadedConfig load_config(const std::string& path);
LoadedConfig parse_config(const std::string& text, const std::string& file);

/// A file counts as a whole: with an error in it, none of its jobs is in `jobs`, and all of them are in `broken_jobs`.
/// Invariant: no name is in both. A file that could not be read at all is in `files` as false, without names: while
/// anything is false there, a job that is missing from `jobs` does not count as removed.
struct LoadedJobs {
  std::vector<Job> jobs;
  std::vector<Diagnostic> diagnostics;
  std::map<std::string, bool> files;  ///< every file read → whether it was free of errors
  std::set<JobName> broken_jobs;      ///< names found in files with errors: these run on their last good revision
  bool ok() const;
};

LoadedJobs parse_jobs(const std::string& text, const std::string& file, const JobContext& context);
/// Every *.yaml and *.yml below the directories (and the files named), sorted, without hidden ones; duplicate job names
/// are errors that name both places, and neither is taken.
LoadedJobs load_jobs(const std::vector<std::string>& paths, const JobContext& context);
/// The files that load_jobs() would read.
std::vector<std::string> job_files(const std::vector<std::string>& paths);

}  // namespace nowd
