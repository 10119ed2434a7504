#include "runtime/outbox_pump.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "foundation/log.hpp"
#include "foundation/random.hpp"

namespace nowd {
namespace {

/// A sink that hangs blocks at most this many senders; the others continue.
constexpr int max_per_sink = 4;
constexpr int max_at_once = 32;
/// Other daemons write to the outbox, too: the poll makes this correct.
constexpr seconds max_sleep{5};

/// Webhooks and files recognise a repeated message by its key; mails and commands do not.
bool recognises_repetition(const Sink& sink) {
  return std::holds_alternative<WebhookSink>(sink.target) || std::holds_alternative<FileSink>(sink.target);
}

std::set<std::string> once_only(const Config& config) {
  std::set<std::string> out;
  for (const auto& [name, sink] : config.sinks)
    if (!recognises_repetition(sink)) out.insert(name);
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

void log_attempt(const QueuedDelivery& sent, const SendOutcome& outcome, const DeliveryStep& step) {
  const log::Fields fields{{"sink", sent.sink}, {"delivery", std::to_string(sent.delivery.delivery)}};
  if (outcome.in_part) log::warning("delivered to some of the addresses: " + outcome.detail, fields);
  if (step.state == DeliveryState::delivered) return;
  if (step.state == DeliveryState::pending && sent.delivery.attempt > 1) return;  // the first attempt logged it
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

/// Marks a message as being sent during its life, however the sending ends. It may outlive the pump.
class OutboxPump::SendingMark {
 public:
  SendingMark(std::shared_ptr<InHand> all, const QueuedDelivery& message)
      : all_(std::move(all)), sink_(message.sink), message_(message.delivery.delivery) {
    ++all_->of_sink[sink_];
    all_->messages.insert(message_);
  }
  ~SendingMark() {
    --all_->of_sink[sink_];
    all_->messages.erase(message_);
  }
  SendingMark(const SendingMark&) = delete;
  SendingMark& operator=(const SendingMark&) = delete;

 private:
  const std::shared_ptr<InHand> all_;
  const std::string sink_;
  const std::int64_t message_;
};

OutboxPump::OutboxPump(boost::asio::any_io_executor executor, Outbox& outbox, Senders& senders,
                       const RemoteClocks& remotes, const Clock& clock, std::function<SetupSnapshot()> setup)
    : OutboxPump(std::make_unique<WallTimer>(executor), executor, outbox, senders, remotes, clock, std::move(setup)) {}

OutboxPump::OutboxPump(std::unique_ptr<Timer> timer, boost::asio::any_io_executor executor, Outbox& outbox,
                       Senders& senders, const RemoteClocks& remotes, const Clock& clock,
                       std::function<SetupSnapshot()> setup)
    : outbox_(outbox),
      senders_(senders),
      remotes_(remotes),
      clock_(clock),
      setup_(std::move(setup)),
      timer_(std::move(timer)),
      tasks_(std::move(executor)) {}

boost::asio::awaitable<void> OutboxPump::run() {
  while (!stopping_) {
    co_await send_due();
    Instant wake_at = clock_.now() + max_sleep;
    if (next_at_) wake_at = std::min(wake_at, std::max(*next_at_ - offset_, clock_.now() + milliseconds{10}));
    if (!stopping_) co_await timer_->wait_until(wake_at);
  }
  co_await tasks_.join();
}

void OutboxPump::stop() {
  stopping_ = true;
  timer_->wake();
}

std::set<std::string> OutboxPump::busy() const {
  std::set<std::string> out;
  for (const auto& [sink, count] : in_hand_->of_sink)
    if (count >= max_per_sink) out.insert(sink);
  return out;
}

boost::asio::awaitable<void> OutboxPump::send_due() {
  const SetupSnapshot setup = setup_();
  Outbox::Sending sending;
  sending.limit = std::clamp(max_at_once - static_cast<int>(tasks_.size()), 0, max_per_sink);
  sending.busy = busy();
  sending.once = once_only(setup->config);
  sending.sinks_of = [setup](const AlertNews& news) { return alert_sinks(news, *setup); };
  Result<Outbox::Taken> taken = co_await outbox_.take_deliveries(std::move(sending));
  next_at_.reset();
  if (!taken) co_return log::error("could not take messages from the outbox, trying again: " + taken.error().message);
  next_at_ = taken->next_at;
  offset_ = taken->database_now - clock_.now();
  if (!taken->messages.empty()) next_at_ = taken->database_now;  // more may be due
  for (QueuedDelivery& message : taken->messages) {
    auto mark = std::make_shared<SendingMark>(in_hand_, message);
    const std::string name = "delivery " + std::to_string(message.delivery.delivery) + " to " + message.sink;
    tasks_.spawn(name, deliver(std::move(message), setup, std::move(mark)));
  }
}

boost::asio::awaitable<void> OutboxPump::deliver(QueuedDelivery message, SetupSnapshot setup,
                                                 std::shared_ptr<SendingMark> mark) {
  SendOutcome outcome = co_await attempt_safely(message, *setup);
  if (outcome.what == SendOutcome::What::again)
    outcome.detail = with_waiting(message.delivery.last_detail, std::move(outcome.detail));
  const double spread = random_fraction();
  const DeliveryStep step =
      after_attempt(outcome, message.delivery.attempt, clock_.now() + offset_, message.expires_at, spread);
  log_attempt(message, outcome, step);
  if (observer_) observer_(message, outcome, step);
  if (!outcome.remote.empty()) origins_[message.sink] = outcome.remote;
  co_await settle(std::move(message), outcome, step);
  mark.reset();
  timer_->wake();
}

/// If the ledger refuses the details, the bare result is recorded: else a delivered message would be sent again.
boost::asio::awaitable<void> OutboxPump::settle(QueuedDelivery message, SendOutcome outcome, DeliveryStep step) {
  Result<void> settled = co_await outbox_.settle_delivery(message, outcome, step);
  if (!settled && settled.error().kind != ErrorKind::unavailable) {
    log::error("the ledger refused the outcome of a delivery, recording it without details: " + settled.error().message,
               {{"sink", message.sink}});
    SendOutcome bare;
    bare.what = outcome.what;
    bare.detail = "the ledger refused the details; they are in the daemon's log";
    settled = co_await outbox_.settle_delivery(message, bare, step);
  }
  if (!settled)
    log::error("could not settle a delivery, a later sweep does it: " + settled.error().message,
               {{"sink", message.sink}, {"delivery", std::to_string(message.delivery.delivery)}});
}

/// An exception in a sender becomes an outcome: the message may have been sent before it.
boost::asio::awaitable<SendOutcome> OutboxPump::attempt_safely(const QueuedDelivery& message, const Setup& setup) {
  SendOutcome broke;
  try {
    co_return co_await attempt(message, setup);
  } catch (const boost::system::system_error& e) {
    if (e.code() == boost::asio::error::operation_aborted) throw;  // nowd is being stopped
    broke.detail = e.what();
  } catch (const std::exception& e) {
    broke.detail = e.what();
  }
  broke.detail = "internal error of nowd while sending: " + broke.detail;
  const auto sink = setup.config.sinks.find(message.sink);
  const bool again = sink == setup.config.sinks.end() || recognises_repetition(sink->second);
  broke.what = again ? SendOutcome::What::again : SendOutcome::What::unknown;
  co_return broke;
}

/// The guard's other rules are part of the message's expiry; only the skew of a clock changes between attempts.
std::optional<SendOutcome> OutboxPump::refused_for_skew(const QueuedDelivery& message, const Setup& setup) const {
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
  if (auto refused = refused_for_skew(message, setup)) co_return std::move(*refused);
  co_return co_await senders_.send(sink->second, delivery);
}

}  // namespace nowd
