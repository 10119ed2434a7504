// One line for each run, in the log and for `nowd up`; and the counters of /metrics.
#pragma once

#include <string>

#include "domain/job/config.hpp"
#include "ledger/outbox.hpp"
#include "runtime/clocks/remote_clocks.hpp"
#include "runtime/run/run_driver.hpp"
#include "surface/metrics.hpp"

namespace nowd {

/// "tick  run 12  for 14:02:10 UTC  dispatch +0.003 s  inference +0.005 s  tool +0.006 s  succeeded in 24 ms  aligned".
/// Offsets count from scheduled_at; for requested runs, or after a lateness of 10 minutes, from the dispatch. "-" for a
/// clock without a reading; another day than the dispatch's has its date; "dry run" stands before the
/// state.
std::string run_line(const RunReport& report, const Zone& zone);

/// Count a report of the runtime for /metrics.
void count_run(RunCounters& counters, const RunReport& report);
void count_attempt(RunCounters& counters, const QueuedDelivery& sent, const SendOutcome& outcome);

/// Adds the sinks, and the proven offsets of the providers' clocks.
void add_configured(DaemonGauges& gauges, const Config& config, const RemoteClocks& remotes);

}  // namespace nowd
