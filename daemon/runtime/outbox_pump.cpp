#include "runtime/outbox_pump.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "foundation/log.hpp"
#include "foundation/random.hpp"

namespace nowd {
namespace {

/// A sink that hangs takes this many senders and no more: the others go on.
constexpr int max_per_sink = 4;
constexpr int max_at_once = 32;
/// Others write to the outbox too (daemons, runs that ended elsewhere): a poll carries correctness.
constexpr seconds max_sleep{5};

/// Mails and commands cannot be called back, and cannot tell a repetition.
bool can_tell_a_repetition(const Sink& sink) {
  return std::holds_alternative<WebhookSink>(sink.target) || std::holds_alternative<FileSink>(sink.target);
}

std::set<std::string> once_only(const Config& config) {
  std::set<std::string> out;
  for (const auto& [name, sink] : config.sinks)
    if (!can_tell_a_repetition(sink)) out.insert(name);
  return out;
}

SendOutcome undeclared(std::string detail) {
  SendOutcome outcome;
  outcome.what = SendOutcome::What::again;  // a reload may bring it back
  outcome.detail = std::move(detail);
  return outcome;
}

SendOutcome without_sink(const std::string& sink) {
  return undeclared("sink '" + sink + "' is not declared in nowd.yaml any more; declare it again");
}

SendOutcome without_heartbeat(const Delivery& delivery) {
  const std::string job = delivery.run ? delivery.run->job : "";
  return undeclared("job '" + job + "' has no key heartbeat any more, or its file is gone; put it back");
}

void tell_log(const QueuedDelivery& sent, const SendOutcome& outcome, const DeliveryStep& step) {
  const log::Fields fields{{"sink", sent.sink}, {"delivery", std::to_string(sent.delivery.delivery)}};
  if (outcome.in_part) log::warning("delivered to some of the addresses: " + outcome.detail, fields);
  if (step.state == DeliveryState::delivered) return;
  if (step.state == DeliveryState::pending && sent.delivery.attempt > 1) return;  // said once
  const std::string what = step.state == DeliveryState::pending
                               ? "not delivered yet, trying again"
                               : "not delivered: " + std::string(to_string(step.state));
  log::warning(what + ": " + outcome.detail, fields);
}

}  // namespace

std::vector<std::string> alert_sinks(const AlertNews& news, const Setup& setup) {
  AlertSinks sinks;
  for (const JobName& job : news.jobs)
    if (const auto found = setup.jobs->find(job); found != setup.jobs->end())
      sinks.of_jobs.push_back(found->second.on_failure);
  sinks.by_default = setup.config.defaults.job.on_failure;
  std::vector<std::string> out = sinks_for(news, sinks);
  std::erase_if(out, [&](const std::string& name) { return !setup.config.sinks.contains(name); });
  return out;
}

/// Counts a message as being sent for as long as it lives, however the sending ends; it may outlive the pump.
class OutboxPump::Holding {
 public:
  Holding(std::shared_ptr<InHand> all, const QueuedDelivery& message)
      : all_(std::move(all)), sink_(message.sink), message_(message.delivery.delivery) {
    ++all_->of_sink[sink_];
    all_->messages.insert(message_);
  }
  ~Holding() {
    --all_->of_sink[sink_];
    all_->messages.erase(message_);
  }
  Holding(const Holding&) = delete;
  Holding& operator=(const Holding&) = delete;

 private:
  const std::shared_ptr<InHand> all_;
  const std::string sink_;
  const std::int64_t message_;
};

OutboxPump::OutboxPump(boost::asio::any_io_executor executor, Outbox& outbox, Senders& senders,
                       const RemoteClocks& remotes, const Clock& clock, std::function<SetupSnapshot()> setup)
    : outbox_(outbox),
      senders_(senders),
      remotes_(remotes),
      clock_(clock),
      setup_(std::move(setup)),
      timer_(executor),
      tasks_(executor) {}

boost::asio::awaitable<void> OutboxPump::run() {
  while (!stopping_) {
    co_await look();
    Instant wake_at = clock_.now() + max_sleep;
    if (next_at_) wake_at = std::min(wake_at, std::max(*next_at_ - offset_, clock_.now() + milliseconds{10}));
    if (!stopping_) co_await timer_.wait_until(wake_at);
  }
  co_await tasks_.join();
}

void OutboxPump::stop() {
  stopping_ = true;
  timer_.wake();
}

std::set<std::string> OutboxPump::busy() const {
  std::set<std::string> out;
  for (const auto& [sink, count] : in_hand_->of_sink)
    if (count >= max_per_sink) out.insert(sink);
  return out;
}

boost::asio::awaitable<void> OutboxPump::look() {
  const SetupSnapshot setup = setup_();
  Outbox::Sending sending;
  sending.limit = std::clamp(max_at_once - static_cast<int>(tasks_.size()), 0, max_per_sink);
  sending.busy = busy();
  sending.once = once_only(setup->config);
  sending.sinks_of = [setup](const AlertNews& news) { return alert_sinks(news, *setup); };
  Result<Outbox::Taken> taken = co_await outbox_.take_deliveries(std::move(sending));
  next_at_.reset();
  if (!taken) co_return log::error("taking messages failed, trying again: " + taken.error().message);
  next_at_ = taken->next_at;
  offset_ = taken->database_now - clock_.now();
  if (!taken->messages.empty()) next_at_ = taken->database_now;  // there may be more
  for (QueuedDelivery& message : taken->messages) {
    auto holding = std::make_shared<Holding>(in_hand_, message);
    const std::string name = "delivery " + std::to_string(message.delivery.delivery) + " to " + message.sink;
    tasks_.spawn(name, deliver(std::move(message), setup, std::move(holding)));
  }
}

boost::asio::awaitable<void> OutboxPump::deliver(QueuedDelivery message, SetupSnapshot setup,
                                                 std::shared_ptr<Holding> holding) {
  SendOutcome outcome = co_await outcome_of(message, *setup);
  if (outcome.what == SendOutcome::What::again)
    outcome.detail = with_waiting(message.delivery.last_detail, std::move(outcome.detail));
  const double spread = random_fraction();
  const DeliveryStep step =
      after_attempt(outcome, message.delivery.attempt, clock_.now() + offset_, message.expires_at, spread);
  tell_log(message, outcome, step);
  if (observer_) observer_(message, outcome, step);
  if (!outcome.remote.empty()) origins_[message.sink] = outcome.remote;
  co_await settle(std::move(message), outcome, step);
  holding.reset();
  timer_.wake();
}

/// Where its words are refused, the bare result: else a message that arrived would be sent again.
boost::asio::awaitable<void> OutboxPump::settle(QueuedDelivery message, SendOutcome outcome, DeliveryStep step) {
  Result<void> settled = co_await outbox_.settle_delivery(message, outcome, step);
  if (!settled && settled.error().kind != ErrorKind::unavailable) {
    log::error(
        "what came of a delivery was refused by the ledger, recording the bare result: " + settled.error().message,
        {{"sink", message.sink}});
    SendOutcome bare;
    bare.what = outcome.what;
    bare.detail = "the ledger refused the details; they are in the daemon's log";
    settled = co_await outbox_.settle_delivery(message, bare, step);
  }
  if (!settled)
    log::error("a delivery could not be settled, the next sweeps do it: " + settled.error().message,
               {{"sink", message.sink}, {"delivery", std::to_string(message.delivery.delivery)}});
}

/// Of a sender that breaks, too: it may have sent the message by then.
boost::asio::awaitable<SendOutcome> OutboxPump::outcome_of(const QueuedDelivery& message, const Setup& setup) {
  SendOutcome broke;
  try {
    co_return co_await attempt(message, setup);
  } catch (const boost::system::system_error& e) {
    if (e.code() == boost::asio::error::operation_aborted) throw;  // nowd is being stopped
    broke.detail = e.what();
  } catch (const std::exception& e) {
    broke.detail = e.what();
  }
  broke.detail = "nowd itself broke while it sent this: " + broke.detail;
  const auto sink = setup.config.sinks.find(message.sink);
  const bool again = sink == setup.config.sinks.end() || can_tell_a_repetition(sink->second);
  broke.what = again ? SendOutcome::What::again : SendOutcome::What::unknown;
  co_return broke;
}

/// The rest of the guard stands in the message's expiry; this alone changes between two attempts.
std::optional<SendOutcome> OutboxPump::held_by_its_clock(const QueuedDelivery& message, const Setup& setup) const {
  const auto origin = origins_.find(message.sink);
  if (message.delivery.purpose != Purpose::output || origin == origins_.end()) return std::nullopt;
  const auto job = setup.jobs->find(message.delivery.run->job);
  if (job == setup.jobs->end()) return std::nullopt;
  const auto objection = object_to_skew(job->second.clocks, remotes_.ahead({origin->second}));
  if (!objection || objection->response != Response::refuse) return std::nullopt;
  SendOutcome outcome;
  outcome.what = SendOutcome::What::again;
  outcome.denied = true;
  outcome.detail = objection->finding.detail + "; not sent (clocks.on_skew: refuse)";
  return outcome;
}

boost::asio::awaitable<SendOutcome> OutboxPump::attempt(const QueuedDelivery& message, const Setup& setup) {
  const Delivery& delivery = message.delivery;
  if (delivery.purpose == Purpose::heartbeat) {
    const auto job = delivery.run ? setup.jobs->find(delivery.run->job) : setup.jobs->end();
    if (job == setup.jobs->end() || job->second.heartbeat.empty()) co_return without_heartbeat(delivery);
    co_return co_await senders_.ping(job->second.heartbeat, delivery);
  }
  const auto sink = setup.config.sinks.find(message.sink);
  if (sink == setup.config.sinks.end()) co_return without_sink(message.sink);
  if (auto held = held_by_its_clock(message, setup)) co_return std::move(*held);
  co_return co_await senders_.send(sink->second, delivery);
}

}  // namespace nowd
