// Ends the runs and releases the deliveries of dead daemons, and those that this daemon has lost.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "ledger/ledger.hpp"
#include "ledger/pg/session/connection.hpp"
#include "ledger/pg/session/session.hpp"

namespace nowd::pg {

/// Ends the live runs of a dead node, and plans their occurrences again if no effect was made:
/// `interrupted` with an effect, or with a command that may have made one, else `orphaned` (the third time `failed`,
/// crash_loop). Returns the number of ended runs. Requires: the caller has marked the node as dead in the same
/// transaction.
int end_runs_of(Session::Context& context, const Uuid& node, const std::string& why);

/// Live runs and deliveries that the ledger assigns to this node, but that the daemon does not serve.
struct Unserved {
  std::set<std::int64_t> runs, messages;
  bool empty() const { return runs.empty() && messages.empty(); }
};
Unserved find_unserved(Session::Context& context, const Ledger::Serving& serving);
/// Ends these as end_runs_of() does. Returns the number of ended runs.
int end_unserved(Session::Context& context, const Unserved& these, const std::string& why);

/// Ends deferred runs at the end of their deferral, and those that a person wants to end: their occurrences and
/// requests are planned again, or done. Returns the number of runs.
int wake_deferred(Session::Context& context);

/// Sets ClaimedRun::before, the usage of earlier attempts at the same occurrence or request. A lost call counts as its
/// reservation.
void add_used_before(Transaction& transaction, std::vector<ClaimedRun>& runs);

}  // namespace nowd::pg
