// Deletes old runs and texts by the retention rules of their jobs: every hour, in small batches.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "foundation/time/time.hpp"
#include "ledger/pruning.hpp"

namespace nowd {

/// Several daemons may prune one ledger: the ledger gives each batch to one of them.
class RetentionLoop {
 public:
  RetentionLoop(boost::asio::any_io_executor executor, Pruning& ledger);
  /// Runs until cancelled.
  boost::asio::awaitable<void> run();
  /// Prunes all jobs once. A job that cannot be pruned is logged and skipped.
  boost::asio::awaitable<Pruned> prune_all();

 private:
  boost::asio::awaitable<Pruned> prune(std::optional<JobName> job);
  boost::asio::awaitable<void> pause(milliseconds span);

  boost::asio::steady_timer timer_;
  Pruning& ledger_;
};

}  // namespace nowd
