// Waiting for a moment of the wall clock: the system's, or a virtual one.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "foundation/time/time.hpp"

namespace nowd {

/// One waiter.
class Timer {
 public:
  virtual ~Timer() = default;

  enum class Woken { due, clock_set, called };
  /// Returns at `at` (at once if it has passed), when the clock is set, or after wake(). A wake() before the wait
  /// counts.
  virtual boost::asio::awaitable<Woken> wait_until(Instant at) = 0;
  virtual void wake() = 0;
};

}  // namespace nowd
