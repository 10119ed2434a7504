// A claim: due candidates under row locks, judged by the pure rule, started or closed in the same transaction.
#pragma once

#include "ledger/ledger.hpp"
#include "ledger/pg/dispatch/due.hpp"
#include "ledger/pg/session/session.hpp"

namespace nowd::pg {

/// Claims at most `limit` runs. `left_alone` (an array literal): jobs that other daemons serve. `one_by_one`: for a
/// retry after the schema refused the whole claim. Each job is then claimed separately and a refused run is closed, so
/// that the others continue; slower.
Ledger::Claimed claim_due(Session::Context& context, const Jobs& jobs, int limit, const LookedBefore& before,
                          const std::string& left_alone, bool one_by_one);

}  // namespace nowd::pg
