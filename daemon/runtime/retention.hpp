// Lets the ledger forget what its jobs' retention says: once an hour, in small batches between the daemon's other work.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "foundation/time/time.hpp"
#include "ledger/pruning.hpp"

namespace nowd {

/// Several daemons may do so on one ledger: each batch is one's alone.
class RetentionLoop {
 public:
  RetentionLoop(boost::asio::any_io_executor executor, Pruning& ledger);
  /// Until cancelled.
  boost::asio::awaitable<void> run();
  /// One look at all jobs. A job that cannot be pruned is said and passed over.
  boost::asio::awaitable<Pruned> look();

 private:
  boost::asio::awaitable<Pruned> prune(std::optional<JobName> job);
  boost::asio::awaitable<void> pause(milliseconds span);

  boost::asio::steady_timer timer_;
  Pruning& ledger_;
};

}  // namespace nowd
