#include "domain/clocks/clock_watch.hpp"

#include "foundation/time/clock.hpp"
#include "support/catch.hpp"

using namespace nowd;

namespace {

using Kind = ClockEvent::Kind;

struct Host {
  VirtualClock clock{*parse_rfc3339("2026-06-01T07:00:00Z")};
  std::string tzdata = "2026a";

  ClockLook look() const {
    const SyncState sync = clock.sync_state();
    return {clock.now(), clock.tick(), clock.monotonic(), sync.synchronised, sync.source, tzdata};
  }
};

}  // namespace

TEST_CASE("clocks that go on together are no event, however long nobody looked") {
  Host host;
  const ClockLook before = host.look();
  host.clock.advance(hours{50});
  CHECK(compare(before, host.look()).empty());
}

TEST_CASE("a step is the wall clock against the boot clock, forward or back, with what it should have said") {
  Host host;
  const ClockLook before = host.look();
  host.clock.advance(seconds{1});
  host.clock.step(hours{1});
  const auto forward = compare(before, host.look());
  REQUIRE(forward.size() == 1);
  CHECK(forward[0] == ClockEvent{Kind::step, *parse_rfc3339("2026-06-01T08:00:01Z"), nanoseconds{hours{1}},
                                 "2026-06-01T07:00:01Z", "2026-06-01T08:00:01Z"});
  CHECK(sentence(forward[0]).starts_with("the clock of this host was set forward by 1h00m"));

  const ClockLook later = host.look();
  host.clock.step(-milliseconds{501});
  const auto back = compare(later, host.look());
  REQUIRE(back.size() == 1);
  CHECK(back[0].size == nanoseconds{-milliseconds{501}});
}

TEST_CASE("half a second is no step yet, and neither is what a slewed clock gains in a longer time") {
  Host host;
  ClockLook before = host.look();
  host.clock.step(milliseconds{500});
  CHECK(compare(before, host.look()).empty());
  before = host.look();
  host.clock.advance(seconds{30});
  host.clock.step(milliseconds{2400});  // chronyd slews by 8 % at most
  CHECK(compare(before, host.look()).empty());
  before = host.look();
  for (int second = 0; second < 60; ++second) {  // drift between looks never adds up
    host.clock.advance(seconds{1});
    host.clock.step(milliseconds{80});
    CHECK(compare(before, host.look()).empty());
    before = host.look();
  }
}

TEST_CASE("a suspend is the boot clock ahead of the monotonic one; a step in it is told beside it") {
  Host host;
  const ClockLook before = host.look();
  host.clock.suspend(hours{8});
  auto events = compare(before, host.look());
  REQUIRE(events.size() == 1);
  CHECK(events[0] == ClockEvent{Kind::suspend, *parse_rfc3339("2026-06-01T15:00:00Z"), nanoseconds{hours{8}},
                                "2026-06-01T07:00:00Z", "2026-06-01T15:00:00Z"});
  host.clock.step(seconds{-3});
  events = compare(before, host.look());
  REQUIRE(events.size() == 2);
  CHECK(events[0].kind == Kind::suspend);
  CHECK(events[1].kind == Kind::step);
  CHECK(events[1].size == nanoseconds{-seconds{3}});
}

TEST_CASE("loss and return of synchronisation, and a new release of the zone data, are events without a size") {
  Host host;
  const ClockLook synchronised = host.look();
  host.clock.set_sync({false, {}, "unsynchronised"});
  const ClockLook lost = host.look();
  const auto losing = compare(synchronised, lost);
  REQUIRE(losing.size() == 1);
  CHECK(losing[0] == ClockEvent{Kind::sync_lost, lost.wall, {}, "virtual", "unsynchronised"});
  host.clock.set_sync({true, milliseconds{3}, "chrony"});
  CHECK(compare(lost, host.look()).at(0).kind == Kind::sync_back);
  const ClockLook again = host.look();
  host.clock.set_sync({true, milliseconds{3}, "kernel-estimate"});  // another source is no loss
  host.tzdata = "2026b";
  const auto zones = compare(again, host.look());
  REQUIRE(zones.size() == 1);
  CHECK(zones[0].before == "2026a");
  CHECK(zones[0].after == "2026b");
}

TEST_CASE("a step needs a person from 24 hours on; a suspend never does") {
  const auto event = [](Kind kind, nanoseconds size) { return ClockEvent{kind, {}, size, "", ""}; };
  CHECK_FALSE(needs_a_person(event(Kind::step, hours{24})));
  CHECK(needs_a_person(event(Kind::step, hours{24} + milliseconds{1})));
  CHECK(needs_a_person(event(Kind::step, -hours{25})));
  CHECK_FALSE(needs_a_person(event(Kind::suspend, hours{240})));
}

TEST_CASE("the database's clock may be 2 s off without a word, and 30 s with a warning") {
  CHECK(judge_offset(seconds{-2}) == Offset::fine);
  CHECK(judge_offset(seconds{2} + milliseconds{1}) == Offset::suspicious);
  CHECK(judge_offset(seconds{-30}) == Offset::suspicious);
  CHECK(judge_offset(seconds{-31}) == Offset::wrong);
}

TEST_CASE("chronyd's bound is half the root delay, the root dispersion, and what is still to be slewed") {
  CHECK(chrony_bound("C0A80101,192.168.1.1,3,1764000000.123456789,-0.000001000,0.000002,0.00001,-12.345,0.001,0.02,"
                     "0.015000000,0.001000000,64.5,Normal\n") == microseconds{8501});
}

TEST_CASE("what chronyd does not vouch for is no bound") {
  const auto line = [](const std::string& dispersion, const std::string& leap) {
    return chrony_bound("0,,0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0," + dispersion + ",0.0," + leap + "\n");
  };
  CHECK(line("1.0", "Normal").has_value());
  CHECK_FALSE(line("1.0", "Not synchronised").has_value());
  CHECK_FALSE(line("nan", "Normal").has_value());
  CHECK_FALSE(line("1.0x", "Normal").has_value());
  CHECK_FALSE(chrony_bound("506 Cannot talk to daemon\n").has_value());
  CHECK_FALSE(chrony_bound("").has_value());
}
