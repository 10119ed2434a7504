// The outbox: deliveries and alerts that wait to be sent, and the outcome of each attempt.
//
// Authority: a delivery exists once the transaction that decided it is committed. The *database* decides which daemon
// may send it (a row lock, then the node in the row). The sender decides the outcome. If the sender dies, the daemon
// that declares it dead releases the delivery: pending again if the sink detects repetitions, otherwise unknown.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "domain/delivery/alert.hpp"
#include "domain/delivery/outbox.hpp"

namespace nowd {

/// A delivery that this daemon has claimed and must send now.
struct QueuedDelivery {
  std::string sink;
  Delivery delivery;
  Instant expires_at;
};

class Outbox {
 public:
  virtual ~Outbox() = default;

  /// Chooses the sinks of an alert. Requires: pure; it may be called from another thread, and more than once.
  using SinksOf = std::function<std::vector<std::string>(const AlertNews&)>;

  struct Sending {
    int limit = 0;               ///< maximum number of deliveries
    std::set<std::string> busy;  ///< sinks that accept no more deliveries now
    std::set<std::string> once;  ///< sinks that cannot detect a repetition
    SinksOf sinks_of;
  };
  struct Taken {
    std::vector<QueuedDelivery> messages;
    std::optional<Instant> next_at;  ///< when the next delivery or alert is due
    Instant database_now;
  };
  /// Queues messages of due alerts, expires deliveries past their validity (each expiry is a trouble), and claims due
  /// deliveries.
  virtual boost::asio::awaitable<Result<Taken>> take_deliveries(Sending sending) = 0;

  /// Records an attempt and its outcome. Does nothing if the delivery no longer belongs to this daemon.
  virtual boost::asio::awaitable<Result<void>> settle_delivery(QueuedDelivery sent, SendOutcome outcome,
                                                               DeliveryStep step) = 0;

  /// Records troubles that belong to no run and no delivery, such as broken job files: one per job concerned.
  virtual boost::asio::awaitable<Result<void>> report_troubles(std::vector<Trouble> troubles) = 0;
  /// Marks a reported trouble as resolved.
  virtual boost::asio::awaitable<Result<void>> resolve_trouble(AlertKind kind, std::string name) = 0;
};

}  // namespace nowd
