#include "simulate/engine/clocks.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace nowd::sim {

MachineTimer::MachineTimer(boost::asio::any_io_executor executor, MachineClock& clock)
    : clock_(clock), timer_(std::move(executor)), waiter_(clock.wait_for_steps([this] {
        set_ = true;
        timer_.cancel();
      })) {}

MachineTimer::~MachineTimer() { clock_.forget(waiter_); }

void MachineTimer::wake() {
  called_ = true;
  timer_.cancel();
}

boost::asio::awaitable<Timer::Woken> MachineTimer::wait_until(Instant at) {
  if (std::exchange(called_, false)) co_return Woken::called;
  set_ = false;
  timer_.expires_after(std::max<microseconds>(at - clock_.now(), microseconds{0}));
  boost::system::error_code cut;
  co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cut));
  if (std::exchange(called_, false)) co_return Woken::called;
  if (std::exchange(set_, false)) co_return Woken::clock_set;
  if (cut) throw boost::system::system_error(cut);
  co_return Woken::due;
}

}  // namespace nowd::sim
