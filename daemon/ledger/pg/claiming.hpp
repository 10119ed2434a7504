// Claiming what is due: candidates under row locks, judged by the pure rule, started or closed in the same transaction.
#pragma once

#include <optional>

#include "ledger/ledger.hpp"
#include "ledger/pg/session.hpp"

namespace nowd::pg {

/// `last_look`: database time of this daemon's claim before this one. `left_alone` (an array literal): jobs that are
/// others'.
Ledger::Claimed claim_due(Session::Context& context, const Jobs& jobs, int limit, std::optional<Instant> last_look,
                          const std::string& left_alone);

}  // namespace nowd::pg
