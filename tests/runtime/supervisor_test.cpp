#include "runtime/run/supervisor.hpp"

#include "runtime/heart.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

/// Does with each run what the test says.
class FakeDriver final : public Driver {
 public:
  explicit FakeDriver(boost::asio::io_context& io) : gate(io) {}
  Latch gate;
  std::function<void(const ClaimedRun&)> during = [](const ClaimedRun&) {};

  boost::asio::awaitable<std::optional<RunReport>> drive(ClaimedRun claimed, SetupSnapshot,
                                                         RunCancellation& cancellation) override {
    during(claimed);
    if (gate.shut) co_await gate.pass();
    RunReport report{claimed, {}, {}, {}, {}, {}};
    report.end.state = cancellation.asked() ? RunState::cancelled : RunState::succeeded;
    co_return report;
  }
};

struct Supervised : Heart {
  std::vector<RunReport> ended;
  int freed = 0;
  FakeDriver* driver = nullptr;
  Supervisor supervisor{io.get_executor(),
                        [this] {
                          auto made = std::make_unique<FakeDriver>(io);
                          driver = made.get();
                          return made;
                        }(),
                        ledger,
                        clock,
                        [this](const RunReport& report) { ended.push_back(report); },
                        [this] { ++freed; }};

  RunId start() {
    ClaimedRun claimed = claim();
    const RunId id = claimed.claim.run;
    supervisor.start(std::move(claimed), setup);
    settle();
    return id;
  }
  void breaks() {
    driver->during = [](const ClaimedRun&) { throw std::runtime_error("a bug"); };
  }
  ~Supervised() {
    supervisor.cancel();
    settle();
  }
};

}  // namespace

TEST_CASE_METHOD(Supervised, "a run that ends is reported, and its room is free") {
  start();
  CHECK(ended.size() == 1);
  CHECK(freed == 1);
  CHECK(supervisor.running() == 0);
  CHECK(supervisor.under_way().empty());
}

TEST_CASE_METHOD(Supervised, "a run stands among those under way from its start to its end") {
  driver->gate.shut = true;
  const RunId id = start();
  CHECK(supervisor.under_way() == std::set{id});
  driver->gate.open();
  settle();
  CHECK(supervisor.under_way().empty());
}

TEST_CASE_METHOD(Supervised, "a driver that breaks ends its run, with its words, and somebody hears of it") {
  breaks();
  const RunId id = start();
  CHECK(state(id) == "failed internal");
  CHECK(row(id).detail == "a bug");
  REQUIRE(ledger.asked.size() == 1);
  CHECK(ledger.asked[0].end->trouble);
  CHECK(freed == 1);
}

TEST_CASE_METHOD(Supervised, "where the ledger refuses that end once, a minimal one is recorded") {
  breaks();
  ledger.refuses = [](const Facts& facts) { return facts.end->reason == RunReason::internal; };
  const RunId id = start();
  CHECK(state(id) == "failed ledger");
  CHECK(ledger.asked.size() == 2);
}

TEST_CASE_METHOD(Supervised, "where the ledger refuses both ends, the run is under way no longer, and sweeps end it") {
  breaks();
  ledger.refuses = [](const Facts&) { return true; };
  const RunId id = start();
  CHECK(state(id) == "running");
  CHECK(supervisor.under_way().empty());
  CHECK(freed == 1);
  for (int look = 0; look < 2; ++look)
    CHECK(test::run(io, ledger.sweep(Ledger::Serving{supervisor.under_way(), {}})).has_value());
  CHECK(state(id) == "orphaned node_died");
}

TEST_CASE_METHOD(Supervised, "a run that broke while the database is away ends when it is back") {
  breaks();
  ledger.away.shut = true;
  const RunId id = start();
  CHECK(supervisor.under_way() == std::set{id});
  ledger.away.open();
  settle();
  CHECK(state(id) == "failed internal");
  CHECK(supervisor.under_way().empty());
}

TEST_CASE_METHOD(Supervised, "whoever hears of the end may break, and the next run starts all the same") {
  Supervisor other(
      io.get_executor(), std::make_unique<FakeDriver>(io), ledger, clock,
      [](const RunReport&) { throw std::runtime_error("a bug in a counter"); }, [this] { ++freed; });
  const ClaimedRun claimed = claim();
  other.start(claimed, setup);
  settle();
  CHECK(freed == 1);
  CHECK(other.running() == 0);
}

TEST_CASE_METHOD(Supervised, "a cancellation reaches its run and no other") {
  driver->gate.shut = true;
  const RunId id = start();
  supervisor.cancel({RunId{id.value + 1}, "alice", "another one"});
  supervisor.cancel({id, "alice", "enough"});
  supervisor.cancel({id, "bob", "asks again"});
  driver->gate.open();
  settle();
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].end.state == RunState::cancelled);
}

TEST_CASE_METHOD(Supervised, "runs that are cut with the daemon record nothing: whoever comes next ends them") {
  driver->gate.shut = true;
  const RunId id = start();
  supervisor.cancel();
  settle();
  CHECK(supervisor.running() == 0);
  CHECK(ledger.asked.empty());
  CHECK(state(id) == "running");
}
