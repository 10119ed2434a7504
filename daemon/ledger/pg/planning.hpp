// Jobs and their planned occurrences: what a (re)load changes, and planning ahead under each job's cursor.
#pragma once

#include <map>
#include <vector>

#include "ledger/ledger.hpp"
#include "ledger/pg/session.hpp"

namespace nowd::pg {

/// `host`: of the daemon that plans; while dispatch is held there, the answers are empty and nothing is planned.
/// `unwatched`: why occurrences long past were missed, where the clocks say it.
std::vector<Cursor> load_jobs(Session::Context& context, const Jobs& jobs, const std::string& host);
std::map<JobName, std::string> accepted_specs(Session::Context& context);
std::vector<Cursor> plan_jobs(Session::Context& context, const Jobs& jobs, const std::vector<JobName>& names,
                              seconds horizon, const std::string& host, const Stretches& unwatched = {});
std::vector<Cursor> rezone_jobs(Session::Context& context, const Jobs& jobs, const std::vector<JobName>& names,
                                const std::string& host);

}  // namespace nowd::pg
