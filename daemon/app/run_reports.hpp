// One run on one line: what `nowd up` shows and what the log says.
#pragma once

#include <string>

#include "domain/job/config.hpp"
#include "ledger/outbox.hpp"
#include "runtime/clocks/remote_clocks.hpp"
#include "runtime/run/run_driver.hpp"
#include "surface/metrics.hpp"

namespace nowd {

/// "tick  run 12  for 14:02:10 UTC  dispatch +0.003 s  inference +0.005 s  tool +0.006 s  succeeded in 24 ms  aligned".
/// Offsets count from scheduled_at; of runs that nobody expected then, or that came 10 minutes late, from the dispatch.
/// "-" where a clock was not looked at; another day than the dispatch's has its date; "dry run" stands before the
/// state.
std::string run_line(const RunReport& report, const Zone& zone);

// From what the runtime reports to what /metrics counts.

void count_run(RunCounters& counters, const RunReport& report);
void count_attempt(RunCounters& counters, const QueuedDelivery& sent, const SendOutcome& outcome);

/// Sinks, and what is known of the clocks of providers.
void add_configured(DaemonGauges& gauges, const Config& config, const RemoteClocks& remotes);

}  // namespace nowd
