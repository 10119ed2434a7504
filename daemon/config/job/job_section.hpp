// One job: a document of a job file, read and checked against the daemon's configuration.
#pragma once

#include <optional>
#include <string>

#include "config/yaml/field.hpp"
#include "domain/job/config.hpp"

namespace nowd {

/// Nothing if anything is wrong with it; what it is, is in the report. The job has its canonical form and revisions.
std::optional<Job> read_job(const Node& document, const JobContext& context, Report& report);

/// The document's job name, if it has a readable one, whatever else is wrong with it.
std::optional<JobName> job_name_of(const Node& document);

}  // namespace nowd
