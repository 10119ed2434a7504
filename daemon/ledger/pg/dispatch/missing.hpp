// Logs the occurrences that a claim or a planning closed as missed, and records them as troubles.
#pragma once

#include <vector>

#include "domain/delivery/alert.hpp"
#include "domain/planning/claim_decider.hpp"
#include "domain/planning/judge.hpp"
#include "ledger/pg/session/session.hpp"

namespace nowd::pg {

/// The missed and coalesced occurrences among `closed`, grouped by job and fate.
std::vector<MissedOccurrences> missed_of(const std::vector<Decisions::Closing>& closed);

/// Logs one line per group, or one for all if there are many. Records a trouble for each group that no other occurrence
/// serves.
void record_missed(Session::Context& context, const Jobs& jobs, const std::vector<MissedOccurrences>& missed);

}  // namespace nowd::pg
