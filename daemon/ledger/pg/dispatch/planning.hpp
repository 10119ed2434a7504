// Jobs and their planned occurrences: what a (re)load changes, and planning ahead under each job's cursor.
#pragma once

#include <map>
#include <vector>

#include "domain/planning/plan_ahead.hpp"
#include "ledger/ledger.hpp"
#include "ledger/pg/session/session.hpp"

namespace nowd::pg {

/// What a planning must know of clocks. While dispatch is held, nothing is planned, and the answers are empty.
struct Planning {
  bool held = false;
  Stretches unwatched;  ///< why occurrences long past were missed, where the clocks say it
};

/// `again`: these files are loaded already, and nobody asked.
std::vector<Cursor> load_jobs(Session::Context& context, const Jobs& jobs, bool again, const Planning& planning);
std::map<JobName, std::string> accepted_specs(Session::Context& context);
std::vector<Cursor> plan_jobs(Session::Context& context, const Jobs& jobs, const std::vector<JobName>& names,
                              seconds horizon, const Planning& planning);
std::vector<Cursor> rezone_jobs(Session::Context& context, const Jobs& jobs, const std::vector<JobName>& names,
                                const Planning& planning);

}  // namespace nowd::pg
