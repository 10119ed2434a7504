// Beats, sweeps what dead daemons left, hears who wants a run to end, and measures this host's clock against the
// database's.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "runtime/scheduler.hpp"
#include "runtime/supervisor.hpp"

namespace nowd {

class Heartbeat {
 public:
  Heartbeat(boost::asio::any_io_executor executor, Ledger& ledger, Scheduler& scheduler, Supervisor& supervisor);
  /// Every 2 s, until cancelled.
  boost::asio::awaitable<void> run();
  /// Looks at once: somebody may have asked for a run to end.
  void wake();

 private:
  void judge_offset(const Ledger::Sweep& sweep);

  boost::asio::steady_timer timer_;
  Ledger& ledger_;
  Scheduler& scheduler_;
  Supervisor& supervisor_;
  bool woken_ = false;
  bool warned_ = false;
};

}  // namespace nowd
