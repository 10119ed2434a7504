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

/// Promises: what happened between two looks becomes one log line at once and one row of the ledger, in order, however
/// long the database is away. Looks as often as this, a clock that is slewed cannot be mistaken for one that was set.
class ClockWatch {
 public:
  /// `moved` is called after a step or a suspend: what was measured before says nothing any more.
  ClockWatch(boost::asio::any_io_executor executor, const Clock& clock, ClockRecord& record,
             std::function<void()> moved);

  /// Looks every second until cancelled.
  boost::asio::awaitable<void> run();
  void look();
  /// What somebody else saw of clocks.
  void note(ClockEvent event);

  /// Writes what is not written yet; waits for the database. Requires: one caller at a time. The scheduler is it,
  /// before it dispatches: an event that holds dispatch is in the ledger before anything is claimed.
  boost::asio::awaitable<void> record_news();

 private:
  ClockLook read();

  boost::asio::steady_timer timer_;
  const Clock& clock_;
  ClockRecord& record_;
  std::function<void()> moved_;
  std::optional<ClockLook> last_;
  std::optional<Tick> read_zones_at_;
  std::string tzdata_;
  std::vector<ClockEvent> news_;
};

// Asks chronyd, where there is one, how right this host's clock is.

/// Every 32 s, by `chronyc -n -c tracking`, a process of its own that nobody waits for. Where there is no chronyc, or
/// chronyd does not answer, the clock goes on with what the kernel says.
class ChronyWatch {
 public:
  ChronyWatch(boost::asio::any_io_executor executor, SystemClock& clock, std::string program = "chronyc");
  /// Until cancelled.
  boost::asio::awaitable<void> run();
  /// Once. Gives whether chronyd said a bound.
  boost::asio::awaitable<bool> ask();

 private:
  boost::asio::any_io_executor executor_;
  boost::asio::steady_timer timer_;
  SystemClock& clock_;
  const std::string program_;
};

}  // namespace nowd
