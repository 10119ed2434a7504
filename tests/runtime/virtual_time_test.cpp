#include "runtime/rehearsal/virtual_time.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "support/catch.hpp"

using namespace nowd;

namespace {

const Instant start = parse_rfc3339("2026-06-01T07:00:00Z").value();
bool nothing_more() { return false; }

boost::asio::awaitable<void> note(VirtualTime& time, std::string& trace, std::string name, seconds after) {
  co_await time.sleep_until(start + after);
  trace += name + "@" + std::to_string(std::chrono::floor<seconds>(time.clock().now() - start).count()) + " ";
}

}  // namespace

TEST_CASE("time jumps from one sleeper's moment to the next, and ends where it was told to") {
  VirtualTime time(start);
  std::string trace;
  boost::asio::co_spawn(time.executor(), note(time, trace, "late", seconds{86400 * 365}), boost::asio::detached);
  boost::asio::co_spawn(time.executor(), note(time, trace, "soon", seconds{5}), boost::asio::detached);
  boost::asio::co_spawn(time.executor(), note(time, trace, "never", seconds{86400 * 800}), boost::asio::detached);
  time.run_until(start + days{400}, nothing_more);
  CHECK(trace == "soon@5 late@31536000 ");
  CHECK(time.clock().now() == start + days{400});
}

TEST_CASE("who waits for the same moment is woken in the order in which the waiting began") {
  VirtualTime time(start);
  std::string trace;
  for (const char* name : {"a", "b", "c"})
    boost::asio::co_spawn(time.executor(), note(time, trace, name, seconds{7}), boost::asio::detached);
  time.run_until(start + seconds{10}, nothing_more);
  CHECK(trace == "a@7 b@7 c@7 ");
}

TEST_CASE("a virtual timer returns at its moment, at once after a wake, and counts a wake before the wait") {
  VirtualTime time(start);
  const std::unique_ptr<Timer> timer = time.timer();
  std::vector<Timer::Woken> woken;
  const auto waits = [&]() -> boost::asio::awaitable<void> {
    woken.push_back(co_await timer->wait_until(start + seconds{1}));
    woken.push_back(co_await timer->wait_until(start + days{1}));
    woken.push_back(co_await timer->wait_until(start + days{2}));
  };
  boost::asio::co_spawn(time.executor(), waits(), boost::asio::detached);
  time.run_until(start + seconds{2}, nothing_more);
  timer->wake();
  timer->wake();  // once more is not twice
  time.settle();
  CHECK(woken == std::vector{Timer::Woken::due, Timer::Woken::called});
  CHECK(time.clock().now() == start + seconds{2});
  time.run_until(start + days{3}, nothing_more);
  CHECK(woken.size() == 3);
}
