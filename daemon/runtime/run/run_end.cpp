#include "runtime/run/run_end.hpp"

#include "domain/run/ending.hpp"
#include "foundation/log.hpp"

namespace nowd {

boost::asio::awaitable<std::optional<EndFact>> record_end(Ledger& ledger, ClaimedRun claimed, EndFact end,
                                                          bool in_doubt, const Clock& clock) {
  const RunId run = claimed.claim.run;
  for (const bool last : {false, true}) {
    if (last) end = minimal_end(claimed.job, run, claimed.dry_run, in_doubt, clock.read());
    Facts facts;
    facts.end = end;
    const Result<Written> written = co_await ledger.write(claimed.claim, std::move(facts));
    if (written) co_return written->fenced ? std::nullopt : std::optional(std::move(end));
    if (written.error().kind == ErrorKind::unavailable) co_return std::nullopt;
    log::error((last ? "the ledger refused even a minimal end of a run, which is ended by the next sweeps: "
                     : "the ledger refused the end of a run, trying a minimal one: ") +
                   written.error().message,
               {{"job", claimed.job}, {"run", to_string(run)}});
  }
  co_return std::nullopt;
}

}  // namespace nowd
