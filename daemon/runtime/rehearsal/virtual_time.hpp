// Virtual time: it jumps from one event to the next, so coroutines run in order without real waiting.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>

#include "foundation/time/clock.hpp"
#include "net/timer.hpp"

namespace nowd {

/// One thread, one io_context. Invariant: the clock moves only when no handler is ready; waiters for the same instant
/// wake in the order in which they began to wait. So the same events always give the same trace.
class VirtualTime {
 public:
  explicit VirtualTime(Instant start);
  ~VirtualTime();

  const Clock& clock() const { return clock_; }
  boost::asio::any_io_executor executor() { return io_.get_executor(); }

  /// Throws operation_aborted if the coroutine is cancelled.
  boost::asio::awaitable<void> sleep_until(Instant at);
  std::unique_ptr<Timer> timer();

  /// Runs until no waiter is left up to `until`, and ends at `until`. Calls `idle` whenever no handler is ready; true
  /// means that it made one ready.
  void run_until(Instant until, const std::function<bool()>& idle);
  /// Runs the ready handlers without moving the clock.
  void settle();

 private:
  class VirtualTimer;
  struct Waiter;
  using Waiting = std::multimap<Instant, std::shared_ptr<Waiter>>;

  /// True: the instant was reached; false: the wait was cut.
  boost::asio::awaitable<bool> wait(std::shared_ptr<Waiter> waiter, Instant at);
  void jump_to_next();

  boost::asio::io_context io_{1};
  VirtualClock clock_;
  Waiting waiting_;
};

}  // namespace nowd
