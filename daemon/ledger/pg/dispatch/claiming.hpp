// Claiming what is due: candidates under row locks, judged by the pure rule, started or closed in the same transaction.
#pragma once

#include "ledger/ledger.hpp"
#include "ledger/pg/dispatch/due.hpp"
#include "ledger/pg/session/session.hpp"

namespace nowd::pg {

/// `left_alone` (an array literal): jobs that are others'. `one_by_one`: after the schema refused a claim as a whole.
/// Each job is then claimed for itself, and a run that is refused is set aside, for the others to go on; slower.
Ledger::Claimed claim_due(Session::Context& context, const Jobs& jobs, int limit, const LookedBefore& before,
                          const std::string& left_alone, bool one_by_one);

}  // namespace nowd::pg
