// From what the runtime reports to what /metrics counts.
#pragma once

#include "domain/job/config.hpp"
#include "ledger/outbox.hpp"
#include "runtime/clocks/remote_clocks.hpp"
#include "runtime/run/run_driver.hpp"
#include "surface/metrics.hpp"

namespace nowd {

void count_run(RunCounters& counters, const RunReport& report);
void count_attempt(RunCounters& counters, const Outgoing& sent, const SendOutcome& outcome);

/// Sinks, and what is known of the clocks of providers.
void add_configured(DaemonGauges& gauges, const Config& config, const RemoteClocks& remotes);

}  // namespace nowd
