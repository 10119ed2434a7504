// Group commit: the facts of many runs become one statement per table.
#pragma once

#include <vector>

#include "domain/run/facts.hpp"
#include "ledger/ledger.hpp"
#include "ledger/pg/session/session.hpp"

namespace nowd::pg {

struct RunWrite {
  Claim claim;
  Facts facts;
};

/// Writes what still holds its claim; gives what became of each. Fenced ones write nothing.
/// Requires: no two writes for the same run.
std::vector<Written> write_batch(Session::Context& context, const std::vector<RunWrite>& writes);

}  // namespace nowd::pg
