#include "runtime/accounts/account_queue.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace nowd {

AccountQueue::Place::Place(AccountQueue& queue, const Clock& clock, Priority priority, const Planned& call)
    : owner_(queue), clock_(clock), ticket_(queue.queue_.join(clock.tick(), priority, call)) {}

AccountQueue::Place::~Place() {
  owner_.waiting_.erase(ticket_);
  if (settled_) return;
  const Tick now = clock_.tick();
  if (sent_)
    owner_.queue_.settle(now, ticket_, std::nullopt);
  else
    owner_.queue_.leave(ticket_);
  owner_.serve(now);
}

void AccountQueue::Place::settle(const Spent& used) {
  settled_ = true;
  const Tick now = clock_.tick();
  owner_.queue_.settle(now, ticket_, used);
  owner_.serve(now);
}

void AccountQueue::serve(Tick now) {
  for (const FairQueue::Ticket ticket : queue_.grant_calls(now))
    if (const auto waiting = waiting_.find(ticket); waiting != waiting_.end()) waiting->second->cancel();
}

/// Each call sleeps for its expected wait; a call that frees capacity wakes those that fit now.
boost::asio::awaitable<std::optional<Refused>> AccountQueue::admit(Place& place, milliseconds patience) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  const Tick end = place.clock_.tick() + patience;
  for (;;) {
    const Tick now = place.clock_.tick();
    serve(now);
    if (!queue_.is_waiting(place.ticket_)) co_return std::nullopt;
    const milliseconds wait = queue_.expected_wait(now, place.ticket_);
    if (now + wait > end)
      co_return Refused{RetryClass::wait, wait, "the limits of the key (providers: limits) leave no room before"};
    timer.expires_after(std::max(wait, milliseconds{1}));
    waiting_[place.ticket_] = &timer;
    co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    waiting_.erase(place.ticket_);
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none)
      throw boost::system::system_error(boost::asio::error::operation_aborted);
  }
}

}  // namespace nowd
