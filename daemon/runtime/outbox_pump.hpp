// The outbox pump: takes the due messages of the outbox (deliveries and alerts), sends them, and settles them.
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
  /// `setup` returns the configuration in force: sinks may change while messages wait.
  OutboxPump(boost::asio::any_io_executor executor, Outbox& outbox, Senders& senders, const RemoteClocks& remotes,
             const Clock& clock, std::function<SetupSnapshot()> setup);
  /// With another timer, for simulation.
  OutboxPump(std::unique_ptr<Timer> timer, boost::asio::any_io_executor executor, Outbox& outbox, Senders& senders,
             const RemoteClocks& remotes, const Clock& clock, std::function<SetupSnapshot()> setup);

  /// Called after each attempt.
  using Observer = std::function<void(const QueuedDelivery&, const SendOutcome&, const DeliveryStep&)>;
  void observe(Observer observer) { observer_ = std::move(observer); }

  /// Runs until cancelled, or until all attempts under way are settled after stop().
  boost::asio::awaitable<void> run();
  /// No further message is taken.
  void stop();
  /// Cuts the attempts under way; the daemon that declares this one dead settles them.
  void cancel() { tasks_.cancel(); }
  /// Polls at once: a run ended, or a file broke.
  void wake() { timer_->wake(); }
  /// The messages that are being sent.
  const std::set<std::int64_t>& sending() const { return in_hand_->messages; }

 private:
  struct InHand {
    std::map<std::string, int> of_sink;
    std::set<std::int64_t> messages;
  };
  class SendingMark;

  boost::asio::awaitable<void> send_due();
  boost::asio::awaitable<void> deliver(QueuedDelivery message, SetupSnapshot setup, std::shared_ptr<SendingMark> mark);
  boost::asio::awaitable<void> settle(QueuedDelivery message, SendOutcome outcome, DeliveryStep step);
  boost::asio::awaitable<SendOutcome> attempt_safely(const QueuedDelivery& message, const Setup& setup);
  boost::asio::awaitable<SendOutcome> attempt(const QueuedDelivery& message, const Setup& setup);
  std::optional<SendOutcome> refused_for_skew(const QueuedDelivery& message, const Setup& setup) const;
  std::set<std::string> busy() const;

  Outbox& outbox_;
  Senders& senders_;
  const RemoteClocks& remotes_;
  const Clock& clock_;
  std::function<SetupSnapshot()> setup_;
  Observer observer_;
  std::unique_ptr<Timer> timer_;
  std::shared_ptr<InHand> in_hand_ = std::make_shared<InHand>();
  std::map<std::string, std::string> origins_;  ///< sink → origin of its last answer, for its clock
  std::optional<Instant> next_at_;
  microseconds offset_{0};  ///< database's clock minus ours
  bool stopping_ = false;
  TaskGroup tasks_;
};

/// The sinks that receive an alert: on_failure of its jobs, or the default. Pure.
std::vector<std::string> alert_sinks(const AlertNews& news, const Setup& setup);

}  // namespace nowd
