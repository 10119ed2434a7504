#include "runtime/outbox_pump.hpp"

#include "runtime/heart.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

class FakeOutbox final : public Outbox {
 public:
  explicit FakeOutbox(const Clock& clock) : clock_(clock) {}
  std::deque<QueuedDelivery> waiting;
  std::vector<Sending> takes;
  std::vector<std::pair<SendOutcome, DeliveryStep>> settled;  ///< asked, refused or not
  int refused_settles = 0;
  std::optional<Error> no_take, no_settle;

  boost::asio::awaitable<Result<Taken>> take_deliveries(Sending sending) override {
    takes.push_back(sending);
    if (no_take) co_return *no_take;
    Taken taken;
    taken.database_now = clock_.now();
    for (int k = 0; k < sending.limit && !waiting.empty(); ++k) {
      taken.messages.push_back(waiting.front());
      waiting.pop_front();
    }
    co_return taken;
  }
  boost::asio::awaitable<Result<void>> settle_delivery(QueuedDelivery, SendOutcome outcome,
                                                       DeliveryStep step) override {
    settled.emplace_back(outcome, step);
    if (no_settle) co_return *no_settle;
    if (refused_settles-- > 0) co_return invalid("ledger: refused");
    co_return boost::system::in_place_value;
  }
  boost::asio::awaitable<Result<void>> report_troubles(std::vector<Trouble>) override {
    co_return boost::system::in_place_value;
  }
  boost::asio::awaitable<Result<void>> resolve_trouble(AlertKind, std::string) override {
    co_return boost::system::in_place_value;
  }

 private:
  const Clock& clock_;
};

class FakeSenders final : public Senders {
 public:
  FakeSenders(boost::asio::io_context& io, HttpClient& http, const Clock& clock)
      : Senders(io.get_executor(), http, clock, [](const SecretSource&) { return Result<Secret>(Secret()); }),
        gate(io) {}
  Latch gate;
  std::function<void()> during = [] {};
  int sent = 0;
  SendOutcome outcome{SendOutcome::What::delivered};

  boost::asio::awaitable<SendOutcome> send(Sink, Delivery) override {
    ++sent;
    during();
    co_await gate.pass();
    co_return outcome;
  }
  boost::asio::awaitable<SendOutcome> ping(std::string, Delivery delivery) override {
    return send(Sink{}, std::move(delivery));
  }
};

struct Pumping : Heart {
  FakeOutbox outbox{clock};
  FakeSenders senders{io, http, clock};
  OutboxPump pump{io.get_executor(), outbox, senders, remotes, clock, [this] { return sinks; }};
  std::shared_ptr<Setup> sinks = std::make_shared<Setup>();
  bool over = false;
  std::int64_t last = 0;

  Pumping() {
    clock.step(days{365 * 80});  // the pump's own timer waits for the system's clock: that moment does not come
    sinks->jobs = jobs_of({});
    Sink hook{"hook", WebhookSink{}}, mail{"mail", EmailSink{}};
    sinks->config.sinks = {{"hook", hook}, {"mail", mail}};
  }
  ~Pumping() {
    pump.stop();
    pump.cancel();
    senders.gate.open();
    while (!over && started_) {
      io.restart();
      io.run_one();
    }
  }
  void message(const std::string& sink) {
    QueuedDelivery out;
    out.sink = sink;
    out.delivery.delivery = ++last;
    out.delivery.purpose = Purpose::alert;
    out.expires_at = clock.now() + hours{1};
    outbox.waiting.push_back(out);
  }
  void start() {
    started_ = true;
    boost::asio::co_spawn(io, pump.run(), [this](std::exception_ptr) { over = true; });
    settle();
  }
  void look() {
    pump.wake();
    until(outbox.takes.size() + 1);
  }
  void until(std::size_t takes) {
    io.restart();
    while (outbox.takes.size() < takes) io.run_one();
    settle();
  }

 private:
  bool started_ = false;
};

}  // namespace

TEST_CASE_METHOD(Pumping, "what is due is sent and settled, and is in hand only meanwhile") {
  message("hook");
  senders.gate.shut = true;
  start();
  CHECK(pump.sending() == std::set<std::int64_t>{1});
  senders.gate.open();
  settle();
  REQUIRE(outbox.settled.size() == 1);
  CHECK(outbox.settled[0].second.state == DeliveryState::delivered);
  CHECK(pump.sending().empty());
}

TEST_CASE_METHOD(Pumping, "a sender that throws is settled: tried again where the sink can tell a repetition") {
  message("hook");
  senders.during = [] { throw std::runtime_error("no memory"); };
  start();
  REQUIRE(outbox.settled.size() == 1);
  CHECK(outbox.settled[0].second.state == DeliveryState::pending);
  CHECK(outbox.settled[0].first.detail.find("no memory") != std::string::npos);
  CHECK(pump.sending().empty());
}

TEST_CASE_METHOD(Pumping, "a sender that throws leaves a mail unknown: it may have been sent") {
  message("mail");
  senders.during = [] { throw std::runtime_error("no memory"); };
  start();
  REQUIRE(outbox.settled.size() == 1);
  CHECK(outbox.settled[0].second.state == DeliveryState::unknown);
}

TEST_CASE_METHOD(Pumping, "senders that throw, many of them, silence no sink") {
  for (int k = 0; k < 10; ++k) message("hook");
  senders.during = [] { throw std::runtime_error("no memory"); };
  start();
  while (outbox.settled.size() < 10) look();
  look();
  CHECK(outbox.takes.back().busy.empty());
  CHECK(outbox.takes.back().limit == 4);
}

TEST_CASE_METHOD(Pumping, "a sink that hangs takes four senders, and the others go on") {
  for (int k = 0; k < 4; ++k) message("hook");
  senders.gate.shut = true;
  start();
  look();
  CHECK(outbox.takes.back().busy == std::set<std::string>{"hook"});
}

TEST_CASE_METHOD(Pumping, "a result whose words are refused is settled without them: what arrived is not sent again") {
  message("hook");
  outbox.refused_settles = 1;
  senders.outcome.remote = "https://sink";
  start();
  REQUIRE(outbox.settled.size() == 2);
  CHECK(outbox.settled[1].second.state == DeliveryState::delivered);
  CHECK(outbox.settled[1].first.what == SendOutcome::What::delivered);
  CHECK(outbox.settled[1].first.remote.empty());
}

TEST_CASE_METHOD(Pumping, "a result that cannot be settled at all is in hand no longer: the sweeps settle it") {
  message("hook");
  outbox.no_settle = invalid("ledger: refused");
  start();
  CHECK(outbox.settled.size() == 2);
  CHECK(pump.sending().empty());
}

TEST_CASE_METHOD(Pumping, "a result of which the ledger is stopped is not tried twice") {
  message("hook");
  outbox.no_settle = unavailable("the ledger is being stopped");
  start();
  CHECK(outbox.settled.size() == 1);
}

TEST_CASE_METHOD(Pumping, "a take that is refused is tried again at the next look") {
  message("hook");
  outbox.no_take = invalid("ledger: refused");
  start();
  CHECK(senders.sent == 0);
  outbox.no_take.reset();
  look();
  CHECK(senders.sent == 1);
}

TEST_CASE_METHOD(Pumping, "a message to a sink that is declared no longer waits for it") {
  message("gone");
  start();
  REQUIRE(outbox.settled.size() == 1);
  CHECK(outbox.settled[0].second.state == DeliveryState::pending);
  CHECK(senders.sent == 0);
}

TEST_CASE_METHOD(Pumping, "a stop takes nothing more, and waits until what is being sent is settled") {
  message("hook");
  senders.gate.shut = true;
  start();
  const std::size_t before = outbox.takes.size();
  pump.stop();
  io.restart();
  io.poll();
  CHECK_FALSE(over);
  senders.gate.open();
  io.restart();
  while (!over) io.run_one();
  CHECK(outbox.settled.size() == 1);
  CHECK(outbox.takes.size() <= before + 1);
}

TEST_CASE_METHOD(Pumping, "what is cut with the daemon settles nothing: whoever comes next does") {
  message("hook");
  senders.gate.shut = true;
  start();
  pump.stop();
  pump.cancel();
  io.restart();
  while (!over) io.run_one();
  CHECK(outbox.settled.empty());
}
