// The surroundings of a job file: it is read and checked against them.
#pragma once

#include <set>

#include "domain/job/config.hpp"

namespace nowd {

/// A job file may refer to providers, tools and defaults of the daemon's configuration. Without it (`nowctl
/// validate FILE` with no configuration) names are not resolved.
struct JobContext {
  const Config* config = nullptr;
  Instant now;                      ///< for warnings about the coming two years, and for `at` in the past
  std::set<JobName> known_past_at;  ///< jobs whose unchanged `at` may lie in the past
  bool past_at_is_warned = false;   ///< of others it is no error, only a warning: files that are only looked at
  bool all_jobs = false;            ///< these are all jobs there are: `after` must name one of them
};

}  // namespace nowd
