// The last write of a run.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>

#include "foundation/time/clock.hpp"
#include "ledger/ledger.hpp"

namespace nowd {

/// Records how a run ended; where the ledger refuses that, a minimal end that it has no reason to refuse. Gives the end
/// that is on disk. Nothing: somebody else ended the run, nowd is being stopped, or both were refused, which is logged:
/// then the next sweeps end it, because nobody serves it any more. `in_doubt`: as for minimal_end().
boost::asio::awaitable<std::optional<EndFact>> record_end(Ledger& ledger, ClaimedRun claimed, EndFact end,
                                                          bool in_doubt, const Clock& clock);

}  // namespace nowd
