// missed and overlap: what becomes of occurrences that cannot start when they are due.
#pragma once

#include "config/yaml/mapping.hpp"
#include "domain/job/config.hpp"

namespace nowd {

/// `map`: a job's schedule, or the defaults of all jobs. What it does not say stays as it is in `job`.
void read_missed_and_overlap(const Mapping& map, Job& job);

/// Late starts of what cannot be undone should be somebody's decision. `decided`: it is one. Requires: the job's agent
/// and tools are read.
void warn_of_late_effects(const Field& schedule, bool decided, const Config* config, const Job& job);

}  // namespace nowd
