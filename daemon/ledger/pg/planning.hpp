// Jobs and their planned occurrences: what a (re)load changes, and planning ahead under each job's cursor.
#pragma once

#include <map>
#include <vector>

#include "ledger/ledger.hpp"
#include "ledger/pg/session.hpp"

namespace nowd::pg {

/// `again`: these files are loaded already, and nobody asked.
std::vector<Cursor> load_jobs(Session::Context& context, const Jobs& jobs, bool again);
std::map<JobName, std::string> accepted_specs(Session::Context& context);
std::vector<Cursor> plan_jobs(Session::Context& context, const Jobs& jobs, const std::vector<JobName>& names,
                              seconds horizon);

}  // namespace nowd::pg
