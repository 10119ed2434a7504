// What earlier attempts at an occurrence or a request have used of its budget.
#pragma once

#include <vector>

#include "ledger/ledger.hpp"
#include "ledger/pg/session/connection.hpp"

namespace nowd::pg {

/// Fills in ClaimedRun::before, where there was an earlier attempt. What was lost counts as what was reserved for it.
void add_used_before(Transaction& transaction, std::vector<ClaimedRun>& runs);

}  // namespace nowd::pg
