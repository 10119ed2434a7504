// Waits for a moment of the wall clock, and notices when that clock is set.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "net/timer.hpp"

namespace nowd {

/// A timerfd on CLOCK_REALTIME with an absolute moment, cancelled by the kernel when the clock is set.
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
