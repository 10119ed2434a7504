// What the pages of all jobs and of one job say of a job in the same words. `job`: a row of nowd.job_overview.
#pragma once

#include "foundation/json.hpp"
#include "surface/page/html.hpp"

namespace nowd {

/// "Tue 2026-06-02 09:00", in the job's zone; nothing = "–".
Html short_cell(const Zone& zone, std::optional<Instant> at);
/// "paused by alice: why", "retired", and how many runs are under way; that a job is active goes without saying.
Html state_cell(const Json& job);
/// The next occurrence, or since when one is due and waits.
Html next_cell(const Json& job, const Zone& zone);

}  // namespace nowd
