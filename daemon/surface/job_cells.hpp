// What the pages of all jobs and of one job say of a job in the same words. `job`: a row of nowd.job_overview.
#pragma once

#include "foundation/json.hpp"
#include "surface/html.hpp"

namespace nowd {

/// "active", "paused: why", and how many runs are under way.
Html state_cell(const Json& job);
/// The next occurrence, or since when one is due and waits.
Html next_cell(const Json& job, const Zone& zone);

}  // namespace nowd
