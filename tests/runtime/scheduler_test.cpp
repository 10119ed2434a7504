#include "runtime/scheduler.hpp"

#include "runtime/heart.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

/// Waits until the test says that the moment has come.
class HandTimer final : public Timer {
 public:
  explicit HandTimer(boost::asio::io_context& io) : never_(io, boost::asio::steady_timer::time_point::max()) {}
  boost::asio::awaitable<Woken> wait_until(Instant) override {
    if (!std::exchange(woken_, false)) co_await never_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    woken_ = false;
    co_return Woken::called;
  }
  void wake() override {
    woken_ = true;
    never_.cancel();
  }

 private:
  bool woken_ = false;
  boost::asio::steady_timer never_;
};

struct Scheduling : Heart {
  int ended = 0;
  Supervisor supervisor{
      io.get_executor(), ledger, tools, keys, remotes, clock, [this](const RunReport&) { ++ended; }, [] {}};
  Scheduler scheduler{std::make_unique<HandTimer>(io), seconds{1}, ledger, supervisor, clock};
  bool over = false;

  void start() {
    REQUIRE(test::run(io, scheduler.adopt(setup)).has_value());
    boost::asio::co_spawn(io, scheduler.run(), [this](std::exception_ptr) { over = true; });
    settle();
  }
  void look() {
    scheduler.wake();
    settle();
  }
  void ask() {
    memory::Request request;
    request.job = "a";
    request.scheduled_at = request.requested_at = clock.now();
    store.ask(request);
  }
  ~Scheduling() {
    ledger.give_up();
    scheduler.stop();
    supervisor.cancel();
    settle();
  }
};

}  // namespace

TEST_CASE_METHOD(Scheduling, "what is due is claimed at the next look, and runs") {
  start();
  ask();
  look();
  CHECK(ended == 1);
}

TEST_CASE_METHOD(Scheduling, "a claim that is refused is tried again, as often as it takes") {
  start();
  ask();
  ledger.no_claim = invalid("ledger: refused");
  for (int k = 0; k < 3; ++k) look();
  CHECK(ended == 0);
  ledger.no_claim.reset();
  look();
  CHECK(ended == 1);
}

TEST_CASE_METHOD(Scheduling, "planning that is refused keeps nothing from being claimed") {
  job.schedule = every(minutes{10});
  use();
  ledger.no_plan = invalid("ledger: refused");
  start();
  ask();
  look();
  CHECK(ended == 1);
}

TEST_CASE_METHOD(Scheduling, "a stop between two looks ends the loop, and nothing more is claimed") {
  start();
  const int before = ledger.claims;
  ask();
  scheduler.stop();
  settle();
  CHECK(over);
  CHECK(ledger.claims == before);
}

TEST_CASE_METHOD(Scheduling, "a stop while the database is away ends the loop as soon as waiting is given up") {
  start();
  ledger.away.shut = true;
  look();
  scheduler.stop();
  settle();
  CHECK_FALSE(over);
  ledger.give_up();
  settle();
  CHECK(over);
}

TEST_CASE_METHOD(Scheduling,
                 "a reload during an outage is adopted when the database is back; until then the old one holds") {
  start();
  const SetupSnapshot before = setup;
  ledger.away.shut = true;
  job.prompt = "y";
  use();
  std::optional<bool> adopted;
  boost::asio::co_spawn(io, scheduler.adopt(setup),
                        [&](std::exception_ptr, Result<void> result) { adopted = result.has_value(); });
  settle();
  CHECK_FALSE(adopted);
  CHECK(scheduler.setup() == before);
  ledger.away.open();
  settle();
  CHECK(adopted == true);
  CHECK(scheduler.setup() == setup);
}

TEST_CASE_METHOD(Scheduling, "a reload that the ledger refuses changes nothing") {
  start();
  const SetupSnapshot before = setup;
  job.prompt = "y";
  use();
  ledger.no_load = invalid("ledger: refused");
  CHECK(test::run(io, scheduler.adopt(setup)).has_error());
  CHECK(scheduler.setup() == before);
}

TEST_CASE_METHOD(Scheduling,
                 "a run whose end the ledger refuses frees its room; the job's next run starts after two sweeps") {
  start();
  ledger.refuses = [](const Facts&) { return true; };
  ask();
  look();
  CHECK(supervisor.running() == 0);
  ledger.refuses = [](const Facts&) { return false; };
  ask();
  look();
  CHECK(ended == 0);  // its lane is taken
  for (int k = 0; k < 2; ++k)
    CHECK(test::run(io, ledger.sweep(Ledger::Serving{supervisor.under_way(), {}})).has_value());
  look();
  CHECK(ended >= 1);
}
