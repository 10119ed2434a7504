// when and after: what else decides that a job runs, besides its schedule.
#pragma once

#include <optional>

#include "config/yaml/mapping.hpp"
#include "domain/job/job.hpp"

namespace nowd {

/// A command as a list, or {exec | sql, timeout}.
std::optional<When> read_when(const Field& field);

/// The name of the job whose success starts this one. That there is one is judged when all files are read.
std::optional<JobName> read_after(const Field& field, const JobName& own_name);

}  // namespace nowd
