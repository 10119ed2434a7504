#include "runtime/clocks/clock_watch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "support/catch.hpp"

using namespace nowd;

namespace {

/// A ledger that can be away.
struct Ledger final : ClockRecord {
  boost::asio::awaitable<Result<void>> record_clock_events(std::vector<ClockEvent> events) override {
    if (away) co_return unavailable("away");
    for (ClockEvent& event : events) written.push_back(std::move(event));
    co_return boost::system::in_place_value;
  }
  bool away = false;
  std::vector<ClockEvent> written;
};

struct Watched {
  VirtualClock clock{*parse_rfc3339("2026-06-01T07:00:00Z")};
  Ledger ledger;
  boost::asio::io_context io;
  int moved = 0;
  ClockWatch watch{io.get_executor(), clock, ledger, [this] { ++moved; }};

  void record() {
    boost::asio::co_spawn(io, watch.write_events(), [](std::exception_ptr broken) { CHECK_FALSE(broken); });
    io.restart();
    io.run();
  }
};

}  // namespace

TEST_CASE("what happens to the clocks is written once, and those who measured by them hear of it") {
  Watched w;
  w.watch.check_clocks();
  w.clock.step(hours{1});
  w.watch.check_clocks();
  w.watch.check_clocks();
  w.record();
  w.record();
  REQUIRE(w.ledger.written.size() == 1);
  CHECK(w.ledger.written[0].kind == ClockEvent::Kind::step);
  CHECK(w.moved == 1);
}

TEST_CASE("while the ledger is away nothing is forgotten, and it is written in its order") {
  Watched w;
  w.ledger.away = true;
  w.watch.check_clocks();
  w.clock.suspend(hours{8});
  w.watch.check_clocks();
  w.record();
  w.clock.step(-seconds{2});
  w.watch.check_clocks();
  w.clock.set_sync({false, {}, "unsynchronised"});
  w.watch.check_clocks();
  w.record();
  CHECK(w.ledger.written.empty());
  w.ledger.away = false;
  w.record();
  REQUIRE(w.ledger.written.size() == 3);
  CHECK(w.ledger.written[0].kind == ClockEvent::Kind::suspend);
  CHECK(w.ledger.written[1].kind == ClockEvent::Kind::step);
  CHECK(w.ledger.written[2].kind == ClockEvent::Kind::sync_lost);
  CHECK(w.moved == 2);  // synchronisation that is lost moves nothing yet
}
