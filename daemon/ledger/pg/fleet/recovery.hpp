// What becomes of the runs and messages that a daemon left: a dead one, or this one, where it lost them.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "ledger/ledger.hpp"
#include "ledger/pg/session/connection.hpp"
#include "ledger/pg/session/session.hpp"

namespace nowd::pg {

/// Ends the live runs of a node that is dead, and serves their occurrences again where no effect was made:
/// `interrupted` with an effect, or with a command that may have made one, else `orphaned` (the third time `failed`,
/// crash_loop). Gives how many runs ended. Requires: the caller has marked the node as dead in the same transaction.
int end_runs_of(Session::Context& context, const Uuid& node, const std::string& why);

/// Live runs of this node, and messages that it is sending, of which the daemon does not say that it serves them.
struct Unserved {
  std::set<std::int64_t> runs, messages;
  bool empty() const { return runs.empty() && messages.empty(); }
};
Unserved unserved(Session::Context& context, const Ledger::Serving& serving);
/// Ends these as end_runs_of() does. Gives how many runs ended.
int end_unserved(Session::Context& context, const Unserved& these, const std::string& why);

/// Ends the runs that were put aside and whose time has come, or that somebody wants to end: their occurrences and
/// requests are planned again, or done. Gives how many.
int wake_put_aside(Session::Context& context);

// What earlier attempts at an occurrence or a request have used of its budget.

/// Fills in ClaimedRun::before, where there was an earlier attempt. What was lost counts as what was reserved for it.
void add_used_before(Transaction& transaction, std::vector<ClaimedRun>& runs);

}  // namespace nowd::pg
