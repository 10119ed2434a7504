// What a claim or a plan closed as missed: told in the log, and recorded as a trouble.
#pragma once

#include <vector>

#include "domain/delivery/alert.hpp"
#include "domain/planning/claim_decider.hpp"
#include "domain/planning/judge.hpp"
#include "ledger/pg/session/session.hpp"

namespace nowd::pg {

/// Those that were missed, or coalesced into another, put together by job and fate. The others are left out.
std::vector<MissedOccurrences> missed_of(const std::vector<Decisions::Closing>& closed);

/// One line for each where they are few, else one for all; and one trouble for each that no other occurrence serves.
void record_missed(Session::Context& context, const Jobs& jobs, const std::vector<MissedOccurrences>& missed);

}  // namespace nowd::pg
