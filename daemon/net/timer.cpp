#include "net/timer.hpp"

#include <sys/timerfd.h>
#include <unistd.h>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <system_error>
#include <utility>

namespace nowd {
namespace {

int open_timer() {
  const int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "timerfd_create");
  return fd;
}

}  // namespace

WallTimer::WallTimer(boost::asio::any_io_executor executor) : timer_(std::move(executor), open_timer()) {}

void WallTimer::arm(Instant at) {
  const auto since = at.time_since_epoch();
  const auto whole = std::chrono::floor<seconds>(since);
  itimerspec spec{};
  spec.it_value.tv_sec = whole.count();
  spec.it_value.tv_nsec = nanoseconds{since - whole}.count();
  if (spec.it_value.tv_sec <= 0 && spec.it_value.tv_nsec <= 0) spec.it_value.tv_nsec = 1;  // 0 would disarm
  timerfd_settime(timer_.native_handle(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, nullptr);
}

/// Relative: under a shifted clock (faketime) the kernel rejects an absolute moment in the far past, and nothing would
/// fire.
void WallTimer::fire() {
  itimerspec spec{};
  spec.it_value.tv_nsec = 1;
  timerfd_settime(timer_.native_handle(), 0, &spec, nullptr);
}

void WallTimer::wake() {
  called_ = true;
  if (waiting_) fire();
}

boost::asio::awaitable<WallTimer::Woken> WallTimer::wait_until(Instant at) {
  if (called_)
    fire();
  else
    arm(at);
  waiting_ = true;
  boost::system::error_code failed;
  co_await timer_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                             boost::asio::redirect_error(boost::asio::use_awaitable, failed));
  waiting_ = false;
  if (failed) throw boost::system::system_error(failed);
  std::uint64_t expirations = 0;
  const bool clock_set = read(timer_.native_handle(), &expirations, sizeof expirations) < 0 && errno == ECANCELED;
  const bool called = std::exchange(called_, false);
  co_return clock_set ? Woken::clock_set : called ? Woken::called : Woken::due;
}

}  // namespace nowd
