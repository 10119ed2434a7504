// One run's ear for a person who wants it to end. Heard once; the first who asks counts.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

#include "domain/run/run_machine.hpp"

namespace nowd {

class RunCancellation {
 public:
  explicit RunCancellation(boost::asio::any_io_executor executor)
      : never_(std::move(executor), boost::asio::steady_timer::time_point::max()) {}

  void ask(Cancelled cancelled) {
    if (!asked_) asked_ = std::move(cancelled);
    never_.cancel();
  }
  const std::optional<Cancelled>& asked() const { return asked_; }

  /// Until somebody asks. Does not throw, whatever ends the wait.
  boost::asio::awaitable<void> wait() {
    if (!asked_) co_await never_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }

 private:
  std::optional<Cancelled> asked_;
  boost::asio::steady_timer never_;
};

}  // namespace nowd
