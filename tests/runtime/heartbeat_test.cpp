#include "runtime/heartbeat.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "runtime/heart.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

class NoRecord final : public ClockRecord {
 public:
  boost::asio::awaitable<Result<void>> record_clock_events(std::vector<ClockEvent>) override {
    co_return boost::system::in_place_value;
  }
};

class Told final : public Outbox {
 public:
  int reports = 0, closes = 0;
  bool refuses = false;
  boost::asio::awaitable<Result<Taken>> take_deliveries(Sending) override { co_return Taken{}; }
  boost::asio::awaitable<Result<void>> settle_delivery(QueuedDelivery, SendOutcome, DeliveryStep) override {
    co_return boost::system::in_place_value;
  }
  boost::asio::awaitable<Result<void>> report_troubles(std::vector<Trouble>) override {
    ++reports;
    if (refuses) co_return invalid("ledger: refused");
    co_return boost::system::in_place_value;
  }
  boost::asio::awaitable<Result<void>> resolve_trouble(AlertKind, std::string) override {
    ++closes;
    co_return boost::system::in_place_value;
  }
};

class Wakes final : public Timer {
 public:
  explicit Wakes(boost::asio::io_context& io) : gate_(io) { gate_.shut = true; }
  int woken = 0;
  boost::asio::awaitable<Woken> wait_until(Instant) override {
    co_await gate_.pass();
    co_return Woken::called;
  }
  void wake() override { ++woken; }

 private:
  Latch gate_;
};

struct Beating : Heart {
  NoRecord record;
  Told told;
  ClockWatch clocks{io.get_executor(), clock, record, [] {}};
  Senders senders{io.get_executor(), http, clock, [](const SecretSource&) { return Result<Secret>(Secret()); }};
  Supervisor supervisor{io.get_executor(), ledger, tools, keys, remotes, clock, [](const RunReport&) {}, [] {}};
  Wakes* wakes = nullptr;
  Scheduler scheduler{[this] {
                        auto timer = std::make_unique<Wakes>(io);
                        wakes = timer.get();
                        return timer;
                      }(),
                      seconds{1}, ledger, supervisor, clock};
  OutboxPump pump{io.get_executor(), told, senders, remotes, clock, [this] { return setup; }};
  Heartbeat heartbeat{io.get_executor(), ledger, told, clocks, scheduler, supervisor, pump, "host"};
  boost::asio::cancellation_signal stop;
  bool over = false;

  void start() {
    boost::asio::co_spawn(
        io, heartbeat.run(),
        boost::asio::bind_cancellation_slot(stop.slot(), [this](std::exception_ptr) { over = true; }));
    settle();
  }
  void beat() {
    heartbeat.wake();
    settle();
  }
  ~Beating() {
    model->gate.shut = true;
    supervisor.cancel();
    stop.emit(boost::asio::cancellation_type::terminal);
    settle();
    heartbeat.wake();
    settle();
  }
};

}  // namespace

TEST_CASE_METHOD(Beating, "each beat says what is under way here") {
  model->gate.shut = true;
  const ClaimedRun claimed = claim();
  supervisor.start(claimed, setup);
  settle();
  start();
  REQUIRE(ledger.serving.size() == 1);
  CHECK(ledger.serving[0].runs == std::set{claimed.claim.run});
  CHECK(ledger.serving[0].messages.empty());
  for (int k = 0; k < 4; ++k) beat();
  CHECK(state(claimed.claim.run) == "running");
}

TEST_CASE_METHOD(Beating,
                 "a run that was claimed and is not under way is ended at the second beat, and looked for again") {
  const ClaimedRun claimed = claim();
  start();
  CHECK(state(claimed.claim.run) == "running");
  CHECK(wakes->woken == 0);
  beat();
  CHECK(state(claimed.claim.run) == "orphaned node_died");
  CHECK(wakes->woken == 1);
}

TEST_CASE_METHOD(Beating, "a sweep that is refused is tried again at the next beat") {
  ledger.no_sweep = invalid("ledger: refused");
  start();
  beat();
  ledger.no_sweep.reset();
  beat();
  CHECK(ledger.serving.size() == 3);
}

TEST_CASE_METHOD(Beating, "whoever asked for the end of a run is heard at the next beat") {
  model->gate.shut = true;
  const ClaimedRun claimed = claim();
  supervisor.start(claimed, setup);
  settle();
  store.runs.find(claimed.claim.run)->cancel = CancelRequest{claimed.claim.run, "alice", "enough"};
  start();
  CHECK(state(claimed.claim.run) == "cancelled cancelled");
}

TEST_CASE_METHOD(Beating, "a clock that is wrong is told of once, and again only where that was refused") {
  start();
  CHECK(told.closes == 1);  // the daemon before this one may have told
  ledger.database_ahead = minutes{2};
  told.refuses = true;
  beat();
  beat();
  CHECK(told.reports == 2);
  told.refuses = false;
  beat();
  beat();
  CHECK(told.reports == 3);
  ledger.database_ahead = microseconds{0};
  beat();
  beat();
  CHECK(told.closes == 2);
}
