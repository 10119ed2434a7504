// missed, overlap and concurrency_key of a schedule: what becomes of occurrences that cannot start when they are due.
#pragma once

#include "config/mapping.hpp"
#include "domain/job.hpp"

namespace nowd {

/// `schedule`: the mapping of a job's schedule.
void read_missed_and_overlap(const Mapping& schedule, Job& job);

}  // namespace nowd
