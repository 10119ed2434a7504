#include "runtime/accounts/account_queue.hpp"

#include "net/io.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

/// A key that may be called once a minute.
struct Line {
  Line() { line.limit({1, {}, {}}); }

  std::unique_ptr<AccountQueue::Place> place(Priority priority = Priority::normal) {
    return std::make_unique<AccountQueue::Place>(line, clock, priority, Planned{1, 1});
  }
  std::optional<Refused> turn(AccountQueue::Place& at, milliseconds patience = minutes{5}) {
    return run(io, line.turn(at, patience));
  }
  /// Begins to wait; the text says what came of it.
  void begin(AccountQueue::Place& at, std::string& came) {
    boost::asio::co_spawn(
        io,
        [](AccountQueue& line, AccountQueue::Place& at, std::string& came) -> boost::asio::awaitable<void> {
          const auto refused = co_await line.turn(at, minutes{5});
          came = refused ? "refused" : "went";
        }(line, at, came),
        [](std::exception_ptr) {});
    io.restart();
    io.poll();
  }

  boost::asio::io_context io;
  VirtualClock clock{Instant{}};
  AccountQueue line;
};

}  // namespace

TEST_CASE_METHOD(Line, "a turn that is free is taken at once") {
  const auto first = place();
  CHECK_FALSE(turn(*first));
}

TEST_CASE_METHOD(Line, "a wait that the run has no time for is refused like a rate limit that lasts that long") {
  const auto first = place();
  REQUIRE_FALSE(turn(*first));
  const auto second = place();
  const auto refused = turn(*second, seconds{59});
  REQUIRE(refused);
  CHECK(refused->retry == RetryClass::wait);
  CHECK(refused->retry_after == seconds{60});
}

TEST_CASE_METHOD(Line, "a turn that was not used wakes the next in line") {
  auto first = place();
  REQUIRE_FALSE(turn(*first));
  const auto second = place();
  std::string came;
  begin(*second, came);
  CHECK(came.empty());
  first.reset();
  io.poll();
  CHECK(came == "went");
}

TEST_CASE_METHOD(Line, "a call that was sent and never answered keeps its share of the minute") {
  auto first = place();
  REQUIRE_FALSE(turn(*first));
  first->sent();
  first.reset();
  const auto second = place();
  CHECK(turn(*second, seconds{59}));
}

TEST_CASE_METHOD(Line, "tokens that were reserved and not used wake the next in line") {
  line.limit({{}, {}, 1'000});
  const auto first = std::make_unique<AccountQueue::Place>(line, clock, Priority::low, Planned{1, 900});
  REQUIRE_FALSE(turn(*first));
  first->sent();
  const auto second = std::make_unique<AccountQueue::Place>(line, clock, Priority::low, Planned{1, 900});
  std::string came;
  begin(*second, came);
  CHECK(came.empty());
  first->settle({1, 10, {}});
  io.poll();
  CHECK(came == "went");
}

TEST_CASE_METHOD(Line, "who leaves the line makes room for those behind") {
  auto first = place();
  REQUIRE_FALSE(turn(*first));
  auto second = place();
  const auto third = place();
  std::string came;
  begin(*third, came);
  second.reset();
  CHECK(came.empty());
  first.reset();
  io.poll();
  CHECK(came == "went");
}
