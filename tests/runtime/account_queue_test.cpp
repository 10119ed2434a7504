#include "runtime/accounts/account_queue.hpp"

#include "net/io.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

/// A key that may be called once a minute.
struct Queued {
  Queued() { queue.set_limits({1, {}, {}}); }

  std::unique_ptr<AccountQueue::Place> place(Priority priority = Priority::normal) {
    return std::make_unique<AccountQueue::Place>(queue, clock, priority, Planned{1, 1});
  }
  std::optional<Refused> admit(AccountQueue::Place& at, milliseconds patience = minutes{5}) {
    return run(io, queue.admit(at, patience));
  }
  /// Begins to wait; the text says what came of it.
  void begin(AccountQueue::Place& at, std::string& came) {
    boost::asio::co_spawn(
        io,
        [](AccountQueue& queue, AccountQueue::Place& at, std::string& came) -> boost::asio::awaitable<void> {
          const auto refused = co_await queue.admit(at, minutes{5});
          came = refused ? "refused" : "went";
        }(queue, at, came),
        [](std::exception_ptr) {});
    io.restart();
    io.poll();
  }

  boost::asio::io_context io;
  VirtualClock clock{Instant{}};
  AccountQueue queue;
};

}  // namespace

TEST_CASE_METHOD(Queued, "a call that fits the limits is admitted at once") {
  const auto first = place();
  CHECK_FALSE(admit(*first));
}

TEST_CASE_METHOD(Queued, "a wait that the run has no time for is refused like a rate limit that lasts that long") {
  const auto first = place();
  REQUIRE_FALSE(admit(*first));
  const auto second = place();
  const auto refused = admit(*second, seconds{59});
  REQUIRE(refused);
  CHECK(refused->retry == RetryClass::wait);
  CHECK(refused->retry_after == seconds{60});
}

TEST_CASE_METHOD(Queued, "a place that was not used wakes the next call in the queue") {
  auto first = place();
  REQUIRE_FALSE(admit(*first));
  const auto second = place();
  std::string came;
  begin(*second, came);
  CHECK(came.empty());
  first.reset();
  io.poll();
  CHECK(came == "went");
}

TEST_CASE_METHOD(Queued, "a call that was sent and never answered keeps its share of the minute") {
  auto first = place();
  REQUIRE_FALSE(admit(*first));
  first->sent();
  first.reset();
  const auto second = place();
  CHECK(admit(*second, seconds{59}));
}

TEST_CASE_METHOD(Queued, "tokens that were reserved and not used wake the next call in the queue") {
  queue.set_limits({{}, {}, 1'000});
  const auto first = std::make_unique<AccountQueue::Place>(queue, clock, Priority::low, Planned{1, 900});
  REQUIRE_FALSE(admit(*first));
  first->sent();
  const auto second = std::make_unique<AccountQueue::Place>(queue, clock, Priority::low, Planned{1, 900});
  std::string came;
  begin(*second, came);
  CHECK(came.empty());
  first->settle({1, 10, {}});
  io.poll();
  CHECK(came == "went");
}

TEST_CASE_METHOD(Queued, "a call that leaves the queue makes room for those behind") {
  auto first = place();
  REQUIRE_FALSE(admit(*first));
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
