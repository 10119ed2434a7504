// The queue of calls for a provider account with limits by the minute: coroutines wait in it until their call may be sent.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <optional>

#include "domain/policy/account_state.hpp"
#include "domain/policy/fair_queue.hpp"
#include "foundation/time/clock.hpp"

namespace nowd {

class AccountQueue {
 public:
  /// The place of one call in the queue, and then its share of the minute. If it is destroyed without settle(), the
  /// share is free again if the call was not sent; else the reserved amounts count as used.
  class Place {
   public:
    Place(AccountQueue& queue, const Clock& clock, Priority priority, const Planned& call);
    Place(const Place&) = delete;
    ~Place();
    void sent() { sent_ = true; }
    void settle(const Spent& used);

   private:
    friend class AccountQueue;
    AccountQueue& owner_;
    const Clock& clock_;
    FairQueue::Ticket ticket_;
    bool sent_ = false;
    bool settled_ = false;
  };

  const AccountLimits& limits() const { return queue_.limits(); }
  void set_limits(const AccountLimits& limits) { queue_.set_limits(limits); }

  /// Returns when the call may be sent. Refuses a call that would wait longer than `patience`.
  boost::asio::awaitable<std::optional<Refused>> admit(Place& place, milliseconds patience);

 private:
  void serve(Tick now);

  FairQueue queue_;
  std::map<FairQueue::Ticket, boost::asio::steady_timer*> waiting_;
};

}  // namespace nowd
