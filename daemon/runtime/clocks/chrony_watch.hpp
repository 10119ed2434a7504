// Asks chronyd, where there is one, how right this host's clock is.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <string>

#include "foundation/time/clock.hpp"

namespace nowd {

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
