// The line before a key that has limits by the minute: runs wait in it for their turn, without a thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <optional>

#include "domain/policy/key_queue.hpp"
#include "domain/policy/key_state.hpp"
#include "foundation/time/clock.hpp"

namespace nowd {

class KeyLine {
 public:
  /// One call's place in line, and then its share of the minute. Given up without a word, it is free again if the call
  /// was not sent; else what was reserved counts as used.
  class Place {
   public:
    Place(KeyLine& line, const Clock& clock, Priority priority, const Planned& call);
    Place(const Place&) = delete;
    ~Place();
    void sent() { sent_ = true; }
    void settle(const Spent& used);

   private:
    friend class KeyLine;
    KeyLine& line_;
    const Clock& clock_;
    KeyQueue::Ticket ticket_;
    bool sent_ = false;
    bool settled_ = false;
  };

  const KeyLimits& limits() const { return queue_.limits(); }
  void limit(const KeyLimits& limits) { queue_.limit(limits); }

  /// Returns when the call may be made. One that would have to wait longer than `patience` is refused.
  boost::asio::awaitable<std::optional<Refused>> turn(Place& place, milliseconds patience);

 private:
  void serve(Tick now);

  KeyQueue queue_;
  std::map<KeyQueue::Ticket, boost::asio::steady_timer*> waiting_;
};

}  // namespace nowd
