// Time that jumps from one event to the next: coroutines run as they do on the system's clock, and nobody waits.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>

#include "foundation/time/clock.hpp"
#include "net/timer.hpp"

namespace nowd {

/// One thread, one io_context. Invariant: the clock moves only when nothing is ready to run; what waits for the same
/// moment is woken in the order in which it began to wait. So the same events always give the same trace.
class VirtualTime {
 public:
  explicit VirtualTime(Instant start);
  ~VirtualTime();

  const Clock& clock() const { return clock_; }
  boost::asio::any_io_executor executor() { return io_.get_executor(); }

  /// Throws operation_aborted if the coroutine is cancelled.
  boost::asio::awaitable<void> sleep_until(Instant at);
  std::unique_ptr<Timer> timer();

  /// Runs until nobody waits for a moment up to `until`; then it is `until`. `idle` is asked each time when nothing is
  /// ready any more: whether it set something going.
  void run_until(Instant until, const std::function<bool()>& idle);
  /// Runs what is ready, without moving the clock.
  void settle();

 private:
  class VirtualTimer;
  struct Waiter;
  using Waiting = std::multimap<Instant, std::shared_ptr<Waiter>>;

  /// Whether the moment was reached; else the waiter was cut.
  boost::asio::awaitable<bool> wait(std::shared_ptr<Waiter> waiter, Instant at);
  void jump_to_next();

  boost::asio::io_context io_{1};
  VirtualClock clock_;
  Waiting waiting_;
};

}  // namespace nowd
