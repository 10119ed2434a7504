// A job's canonical form: JSON with every default made explicit, so that equal jobs give equal bytes and a revision
// changes exactly when the job does. The ledger keeps it; job_from_canonical (load.hpp) reads it back as the same job.
#pragma once

#include "domain/job/config.hpp"
#include "domain/job/job.hpp"
#include "foundation/error.hpp"

namespace nowd {

/// Sets canonical, revision and schedule_revision from all the rest but `source`.
void set_canonical(Job& job);

Json to_canonical(const Job& job);
Json to_canonical(const Schedule& schedule);

/// A job from the canonical JSON that the ledger keeps: the inverse of Job::canonical. For jobs whose file broke.
/// Errors: `invalid`, also if a configuration is given that no longer has the job's provider or one of its tools.
Result<Job> job_from_canonical(const std::string& canonical, const Config* config);

}  // namespace nowd
