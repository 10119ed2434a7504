// The outbox pump: takes the messages that are due, sends them, settles them; tells of the alerts that are due.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "delivery/delivery.hpp"
#include "ledger/outbox.hpp"
#include "net/task_group.hpp"
#include "net/timer.hpp"
#include "runtime/clocks/remote_clocks.hpp"
#include "runtime/setup.hpp"

namespace nowd {

class OutboxPump {
 public:
  /// `setup` gives the configuration in force: sinks may change while messages wait.
  OutboxPump(boost::asio::any_io_executor executor, Outbox& outbox, Senders& senders, const RemoteClocks& remotes,
             const Clock& clock, std::function<SetupSnapshot()> setup);

  /// Is told of every attempt, when it is over.
  using Observer = std::function<void(const QueuedDelivery&, const SendOutcome&, const DeliveryStep&)>;
  void observe(Observer observer) { observer_ = std::move(observer); }

  /// Until cancelled, or stop() was called and what was being sent is settled.
  boost::asio::awaitable<void> run();
  /// Nothing more is taken.
  void stop();
  /// Cuts what is being sent: it is settled by whoever declares this daemon dead.
  void cancel() { tasks_.cancel(); }
  /// Looks at once: a run ended, a file broke.
  void wake() { timer_.wake(); }
  /// The messages that are being sent.
  const std::set<std::int64_t>& sending() const { return in_hand_->messages; }

 private:
  struct InHand {
    std::map<std::string, int> of_sink;
    std::set<std::int64_t> messages;
  };
  class Holding;

  boost::asio::awaitable<void> look();
  boost::asio::awaitable<void> deliver(QueuedDelivery message, SetupSnapshot setup, std::shared_ptr<Holding> holding);
  boost::asio::awaitable<void> settle(QueuedDelivery message, SendOutcome outcome, DeliveryStep step);
  boost::asio::awaitable<SendOutcome> outcome_of(const QueuedDelivery& message, const Setup& setup);
  boost::asio::awaitable<SendOutcome> attempt(const QueuedDelivery& message, const Setup& setup);
  std::optional<SendOutcome> held_by_its_clock(const QueuedDelivery& message, const Setup& setup) const;
  std::set<std::string> busy() const;

  Outbox& outbox_;
  Senders& senders_;
  const RemoteClocks& remotes_;
  const Clock& clock_;
  std::function<SetupSnapshot()> setup_;
  Observer observer_;
  WallTimer timer_;
  std::shared_ptr<InHand> in_hand_ = std::make_shared<InHand>();
  std::map<std::string, std::string> origins_;  ///< sink → whose clock its last answer's Date was
  std::optional<Instant> next_at_;
  microseconds offset_{0};  ///< database's clock minus ours
  bool stopping_ = false;
  TaskGroup tasks_;
};

/// Who hears of an alert, by the jobs' on_failure and the default one. Pure.
std::vector<std::string> alert_sinks(const AlertNews& news, const Setup& setup);

}  // namespace nowd
