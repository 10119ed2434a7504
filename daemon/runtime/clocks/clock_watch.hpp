// Watches this host's clocks: every second, also while the database is away, and at each wake of the scheduler.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "foundation/time/clock.hpp"
#include "ledger/records.hpp"

namespace nowd {

/// Promises: each event between two readings becomes one log line at once and one row of the ledger, in order, however
/// long the database is away. With a reading every second, a slewed clock is never mistaken for a stepped one.
class ClockWatch {
 public:
  /// `moved` is called after a step or a suspend, which make earlier measurements useless.
  ClockWatch(boost::asio::any_io_executor executor, const Clock& clock, ClockRecord& record,
             std::function<void()> moved);

  /// Checks every second until cancelled.
  boost::asio::awaitable<void> run();
  void check_clocks();
  /// Logs an event, also one that another part of nowd noticed, and keeps it for write_events().
  void record_event(ClockEvent event);

  /// Writes the unwritten events; waits for the database. Requires: one caller at a time. The scheduler calls it before
  /// it dispatches, so that an event that causes a hold is in the ledger before a run is claimed.
  boost::asio::awaitable<void> write_events();

 private:
  ClockLook read();

  boost::asio::steady_timer timer_;
  const Clock& clock_;
  ClockRecord& record_;
  std::function<void()> moved_;
  std::optional<ClockLook> last_;
  std::optional<Tick> read_zones_at_;
  std::string tzdata_;
  std::vector<ClockEvent> unwritten_;
};

/// Reads the error bound of this host's clock from chronyd, every 32 s, by the process `chronyc -n -c tracking`.
/// Without chronyc, or without an answer of chronyd, the kernel's bound stays in use.
class ChronyWatch {
 public:
  ChronyWatch(boost::asio::any_io_executor executor, SystemClock& clock, std::string program = "chronyc");
  /// Runs until cancelled.
  boost::asio::awaitable<void> run();
  /// Once. False if chronyd gave no bound.
  boost::asio::awaitable<bool> query_chronyd();

 private:
  boost::asio::any_io_executor executor_;
  boost::asio::steady_timer timer_;
  SystemClock& clock_;
  const std::string program_;
};

}  // namespace nowd
