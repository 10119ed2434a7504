#include "net/timer.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "foundation/time/clock.hpp"
#include "net/io.hpp"
#include "support/catch.hpp"

using namespace nowd;

TEST_CASE("a moment that has passed is waited for no longer, and a later one not less") {
  boost::asio::io_context io;
  WallTimer timer(io.get_executor());
  const SystemClock clock;
  const Instant at = clock.now() + milliseconds{20};
  std::vector<WallTimer::Woken> woken;
  boost::asio::co_spawn(
      io,
      [&]() -> boost::asio::awaitable<void> {
        woken.push_back(co_await timer.wait_until(at));
        woken.push_back(co_await timer.wait_until(at - hours{1}));
        woken.push_back(co_await timer.wait_until(Instant{}));
      },
      boost::asio::detached);
  io.run();
  CHECK(clock.now() >= at);
  CHECK(woken == std::vector<WallTimer::Woken>(3, WallTimer::Woken::due));
}

TEST_CASE("a call wakes the waiter, and one that came before the wait is not lost") {
  boost::asio::io_context io;
  WallTimer timer(io.get_executor());
  const Instant far = SystemClock().now() + hours{1000};
  bool done = false;
  timer.wake();
  boost::asio::co_spawn(
      io,
      [&]() -> boost::asio::awaitable<void> {
        CHECK(co_await timer.wait_until(far) == WallTimer::Woken::called);
        boost::asio::post(io, [&] { timer.wake(); });  // runs once the next wait has begun
        CHECK(co_await timer.wait_until(far) == WallTimer::Woken::called);
        done = true;
      },
      boost::asio::detached);
  io.run();
  CHECK(done);
}
