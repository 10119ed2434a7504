// Jobs and their planned occurrences: loading, planning ahead under each job's cursor, and new zone data.
#pragma once

#include <map>
#include <vector>

#include "domain/planning/plan_ahead.hpp"
#include "ledger/ledger.hpp"
#include "ledger/pg/session/session.hpp"

namespace nowd::pg {

/// The clocks at a planning. During a hold nothing is planned, and the answers are empty.
struct Planning {
  bool held = false;
  Stretches unwatched;  ///< intervals without polls, with the reasons why occurrences in them were missed
};

/// As Ledger::load_jobs. `again`: a re-check of files that are loaded already.
std::vector<Cursor> load_jobs(Session::Context& context, const Jobs& jobs, bool again, const Planning& planning);
std::map<JobName, std::string> accepted_specs(Session::Context& context);
std::vector<Cursor> plan_jobs(Session::Context& context, const Jobs& jobs, const std::vector<JobName>& names,
                              seconds horizon, const Planning& planning);
std::vector<Cursor> rezone_jobs(Session::Context& context, const Jobs& jobs, const std::vector<JobName>& names,
                                const Planning& planning);

}  // namespace nowd::pg
