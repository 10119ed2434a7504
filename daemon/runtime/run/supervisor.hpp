// The runs under way: starts a driver for each, and isolates them, so that an exception in one does not stop others.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>

#include "net/task_group.hpp"
#include "runtime/run/run_driver.hpp"

namespace nowd {

class Supervisor {
 public:
  using Ended = std::function<void(const RunReport&)>;

  /// `ended` is called for each run that ended on disk; `freed` is called after each run, when capacity became free.
  Supervisor(boost::asio::any_io_executor executor, Ledger& ledger, Tools& tools, ProviderAccounts& keys,
             const RemoteClocks& remotes, const Clock& clock, Ended ended, std::function<void()> freed);
  /// With another driver, for rehearsal and tests.
  Supervisor(boost::asio::any_io_executor executor, std::unique_ptr<Driver> driver, Ledger& ledger, const Clock& clock,
             Ended ended, std::function<void()> freed);

  void start(ClaimedRun claimed, SetupSnapshot setup);
  /// Cancels one run. Ignores runs that this daemon is not serving. Idempotent.
  void cancel(const CancelRequest& request);
  int running() const { return static_cast<int>(drivers_.size()); }
  std::set<RunId> under_way() const;

  /// Waits for the end of all runs.
  boost::asio::awaitable<void> drain() { return drivers_.join(); }
  void cancel() { drivers_.cancel(); }

 private:
  boost::asio::awaitable<void> serve(ClaimedRun claimed, SetupSnapshot setup);
  boost::asio::awaitable<void> record_internal_error(ClaimedRun claimed, std::string why);

  std::unique_ptr<Driver> driver_;
  Ledger& ledger_;
  const Clock& clock_;
  Ended ended_;
  std::function<void()> freed_;
  TaskGroup drivers_;
  boost::asio::any_io_executor executor_;
  std::map<RunId, std::shared_ptr<RunCancellation>> under_way_;
};

}  // namespace nowd
