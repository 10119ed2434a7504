// The runs under way: starts drivers, bounds how many, and never lets one take the others down.
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

  /// `ended` is told of each run that ended on disk; `freed` is called whenever room became free.
  Supervisor(boost::asio::any_io_executor executor, Ledger& ledger, Tools& tools, ProviderAccounts& keys,
             const RemoteClocks& remotes, const Clock& clock, Ended ended, std::function<void()> freed);
  /// With another way of serving runs.
  Supervisor(boost::asio::any_io_executor executor, std::unique_ptr<Driver> driver, Ledger& ledger, const Clock& clock,
             Ended ended, std::function<void()> freed);

  void start(ClaimedRun claimed, SetupSnapshot setup);
  /// Ends one run and no other. A run that is not under way here is none of ours; asking again changes nothing.
  void cancel(const CancelRequest& request);
  int running() const { return static_cast<int>(drivers_.size()); }
  std::set<RunId> under_way() const;

  /// Waits until all runs have ended by themselves.
  boost::asio::awaitable<void> drain() { return drivers_.join(); }
  void cancel() { drivers_.cancel(); }

 private:
  boost::asio::awaitable<void> serve(ClaimedRun claimed, SetupSnapshot setup);
  boost::asio::awaitable<void> give_up(ClaimedRun claimed, std::string why);

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
