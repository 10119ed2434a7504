// What becomes of the runs that a dead daemon left.
#pragma once

#include <string>

#include "ledger/pg/session.hpp"

namespace nowd::pg {

/// Ends the live runs of a node that is dead, and serves their occurrences again where no effect was made:
/// `interrupted` with an effect, or with a command that may have made one, else `orphaned` (the third time `failed`,
/// crash_loop). Gives how many runs ended. Requires: the caller has marked the node as dead in the same transaction.
int end_runs_of(Session::Context& context, const Uuid& node, const std::string& why);

/// Ends the runs that were put aside and whose time has come, or that somebody wants to end: their occurrences and
/// requests are planned again, or done. Gives how many.
int wake_put_aside(Session::Context& context);

}  // namespace nowd::pg
