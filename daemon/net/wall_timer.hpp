// Waits for a moment of the wall clock, and notices when that clock is set.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "foundation/time.hpp"

namespace nowd {

/// A timerfd on CLOCK_REALTIME with an absolute moment, cancelled by the kernel when the clock is set. One waiter.
class WallTimer {
 public:
  explicit WallTimer(boost::asio::any_io_executor executor);

  enum class Woken { due, clock_set, called };
  /// Returns at `at` (at once if it has passed), when the clock is set, or after wake(). A wake() before the wait
  /// counts.
  boost::asio::awaitable<Woken> wait_until(Instant at);
  void wake();

 private:
  void arm(Instant at);
  void fire();
  boost::asio::posix::stream_descriptor timer_;
  bool called_ = false;
  bool waiting_ = false;
};

}  // namespace nowd
