#include "runtime/rehearsal/virtual_time.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace nowd {

/// A timer that never expires. Cancelling it wakes the waiter: the instant came, or the wait was cut.
struct VirtualTime::Waiter {
  explicit Waiter(boost::asio::io_context& io) : never(io, boost::asio::steady_timer::time_point::max()) {}
  boost::asio::steady_timer never;
  bool reached = false;
};

class VirtualTime::VirtualTimer final : public Timer {
 public:
  explicit VirtualTimer(VirtualTime& time) : time_(time) {}

  boost::asio::awaitable<Woken> wait_until(Instant at) override {
    if (std::exchange(called_, false)) co_return Woken::called;
    waiter_ = std::make_shared<Waiter>(time_.io_);
    const bool reached = co_await time_.wait(waiter_, at);
    waiter_.reset();
    if (std::exchange(called_, false)) co_return Woken::called;
    if (!reached) throw boost::system::system_error(boost::asio::error::operation_aborted);
    co_return Woken::due;
  }

  void wake() override {
    called_ = true;
    if (waiter_) waiter_->never.cancel();
  }

 private:
  VirtualTime& time_;
  std::shared_ptr<Waiter> waiter_;
  bool called_ = false;
};

VirtualTime::VirtualTime(Instant start) : clock_(start) {}
VirtualTime::~VirtualTime() = default;

std::unique_ptr<Timer> VirtualTime::timer() { return std::make_unique<VirtualTimer>(*this); }

boost::asio::awaitable<bool> VirtualTime::wait(std::shared_ptr<Waiter> waiter, Instant at) {
  const auto place = waiting_.emplace(at, waiter);
  boost::system::error_code cut;
  co_await waiter->never.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cut));
  if (!waiter->reached) waiting_.erase(place);
  co_return waiter->reached;
}

boost::asio::awaitable<void> VirtualTime::sleep_until(Instant at) {
  auto waiter = std::make_shared<Waiter>(io_);
  if (!co_await wait(std::move(waiter), at)) throw boost::system::system_error(boost::asio::error::operation_aborted);
}

void VirtualTime::settle() {
  io_.restart();
  io_.poll();
}

void VirtualTime::jump_to_next() {
  const auto next = waiting_.extract(waiting_.begin());
  if (next.key() > clock_.now()) clock_.advance(next.key() - clock_.now());
  next.mapped()->reached = true;
  next.mapped()->never.cancel();
}

void VirtualTime::run_until(Instant until, const std::function<bool()>& idle) {
  for (;;) {
    settle();
    if (idle()) continue;
    if (waiting_.empty() || waiting_.begin()->first > until) break;
    jump_to_next();
  }
  if (clock_.now() < until) clock_.advance(until - clock_.now());
}

}  // namespace nowd
