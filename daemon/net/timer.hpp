// A timer for moments of the wall clock: the system's, or a virtual one.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "foundation/time/time.hpp"

namespace nowd {

/// At most one coroutine waits at a time.
class Timer {
 public:
  virtual ~Timer() = default;

  enum class Woken { due, clock_set, called };
  /// Returns at `at` (at once if it has passed), when the clock is set, or after wake(), also one before the wait.
  virtual boost::asio::awaitable<Woken> wait_until(Instant at) = 0;
  virtual void wake() = 0;
};

/// A timerfd on CLOCK_REALTIME with an absolute moment. The kernel cancels it when the clock is set.
class WallTimer final : public Timer {
 public:
  explicit WallTimer(boost::asio::any_io_executor executor);

  boost::asio::awaitable<Woken> wait_until(Instant at) override;
  void wake() override;

 private:
  void arm(Instant at);
  void fire();
  boost::asio::posix::stream_descriptor timer_;
  bool called_ = false;
  bool waiting_ = false;
};

}  // namespace nowd
