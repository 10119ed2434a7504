// The outbox: what is to be sent, who is sending it, what came of it; and the alerts that somebody is to be told of.
//
// Who is authoritative for what: a message exists once the transaction that decided on it is committed; the *database*
// says who may send it (a row lock, then the node in the row); its sender says what came of it. A sender that dies
// leaves the row to whoever declares it dead: pending again where the sink can tell a repetition, else unknown.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "domain/delivery/alert.hpp"
#include "domain/delivery/outbox.hpp"

namespace nowd {

/// A message that this daemon is to send now.
struct QueuedDelivery {
  std::string sink;
  Delivery delivery;
  Instant expires_at;
};

class Outbox {
 public:
  virtual ~Outbox() = default;

  /// Who hears of an alert. Requires: pure; it may be called from another thread, and more than once.
  using SinksOf = std::function<std::vector<std::string>(const AlertNews&)>;

  struct Sending {
    int limit = 0;               ///< messages at most
    std::set<std::string> busy;  ///< sinks that take no more now
    std::set<std::string> once;  ///< sinks that cannot tell a repetition
    SinksOf sinks_of;
  };
  struct Taken {
    std::vector<QueuedDelivery> messages;
    std::optional<Instant> next_at;  ///< the earliest one still to come, alerts included
    Instant database_now;
  };
  /// Makes messages of the alerts that are due, lets expire what is past its validity (somebody is told), and takes
  /// what is due to be sent.
  virtual boost::asio::awaitable<Result<Taken>> take(Sending sending) = 0;

  /// Records an attempt and what follows from it. Nothing happens if the message is not this daemon's any more.
  virtual boost::asio::awaitable<Result<void>> settle(QueuedDelivery sent, SendOutcome outcome, DeliveryStep step) = 0;

  /// Something that no run and no message stands for: broken files, one trouble for each job that it hits.
  virtual boost::asio::awaitable<Result<void>> report(std::vector<Trouble> troubles) = 0;
  /// That it is over.
  virtual boost::asio::awaitable<Result<void>> over(AlertKind kind, std::string name) = 0;
};

}  // namespace nowd
