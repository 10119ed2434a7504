// Beats, sweeps what dead daemons left, and measures this host's clock against the database's.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "runtime/scheduler.hpp"

namespace nowd {

class Heartbeat {
 public:
  Heartbeat(boost::asio::any_io_executor executor, Ledger& ledger, Scheduler& scheduler);
  /// Every 2 s, until cancelled.
  boost::asio::awaitable<void> run();

 private:
  void judge_offset(const Ledger::Sweep& sweep);

  boost::asio::steady_timer timer_;
  Ledger& ledger_;
  Scheduler& scheduler_;
  bool warned_ = false;
};

}  // namespace nowd
