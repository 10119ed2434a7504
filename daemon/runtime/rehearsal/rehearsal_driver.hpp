// Serves runs without executing them: each run starts, lasts as long as such runs usually do, and succeeds.
#pragma once

#include <functional>

#include "runtime/rehearsal/virtual_time.hpp"
#include "runtime/run/run_driver.hpp"

namespace nowd {

/// How long a run of a job usually lasts.
using RunLength = std::function<milliseconds(const JobName&)>;

/// A run that would last longer than its job's `limits: wall` fails at that limit.
class RehearsalDriver final : public Driver {
 public:
  RehearsalDriver(Ledger& ledger, VirtualTime& time, RunLength length);

  boost::asio::awaitable<std::optional<RunReport>> drive(ClaimedRun claimed, SetupSnapshot setup,
                                                         RunCancellation& cancellation) override;

 private:
  /// Waits for the end of the run, or for a cancel request. Throws if nowd is being stopped.
  boost::asio::awaitable<void> last(Instant until, RunCancellation& cancellation);

  Ledger& ledger_;
  VirtualTime& time_;
  RunLength length_;
};

}  // namespace nowd
