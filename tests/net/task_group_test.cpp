#include "net/task_group.hpp"

#include <unistd.h>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "net/io.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace boost::asio::experimental::awaitable_operators;
namespace asio = boost::asio;

namespace {

asio::awaitable<void> sleep_for_ever(asio::io_context& io, int& ended) {
  struct Count {
    int& ended;
    ~Count() { ++ended; }
  } count{ended};
  asio::steady_timer timer(io, asio::steady_timer::time_point::max());
  co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> add(int& sum, int number) {
  sum += number;
  co_return;
}

asio::awaitable<void> fail(std::string why) {
  throw std::runtime_error(why);
  co_return;
}

/// What is written to stderr while it lives.
class CapturedErrors {
 public:
  CapturedErrors() : file_(std::tmpfile()), saved_(::dup(STDERR_FILENO)) { ::dup2(::fileno(file_), STDERR_FILENO); }
  ~CapturedErrors() {
    restore();
    std::fclose(file_);
  }
  std::string text() {
    restore();
    std::rewind(file_);
    std::string all(64 * 1024, '\0');
    all.resize(std::fread(all.data(), 1, all.size(), file_));
    return all;
  }

 private:
  void restore() {
    if (saved_ < 0) return;
    ::dup2(saved_, STDERR_FILENO);
    ::close(saved_);
    saved_ = -1;
  }
  std::FILE* file_;
  int saved_;
};

}  // namespace

TEST_CASE("join returns when all tasks have ended, and at once when there are none") {
  asio::io_context io;
  TaskGroup group(io.get_executor());
  test::run(io, group.join());
  int sum = 0;
  for (int i = 1; i <= 100; ++i) group.spawn("add", add(sum, i));
  CHECK(group.size() == 100);
  test::run(io, group.join());
  CHECK(sum == 5050);
  CHECK(group.size() == 0);
}

TEST_CASE("cancel ends all tasks, those that had not started among them") {
  asio::io_context io;
  TaskGroup group(io.get_executor());
  int ended = 0;
  group.spawn("first", sleep_for_ever(io, ended));
  group.spawn("second", sleep_for_ever(io, ended));
  CHECK(group.names() == std::vector<std::string>{"first", "second"});
  io.poll();
  group.spawn("third", sleep_for_ever(io, ended));
  group.cancel();
  test::run(io, group.join());
  CHECK(group.size() == 0);
  CHECK(ended == 3);
}

TEST_CASE("a task that is spawned while the group stops is stopped too, and afterwards the group is as new") {
  asio::io_context io;
  TaskGroup group(io.get_executor());
  int ended = 0, sum = 0;
  group.spawn("old", sleep_for_ever(io, ended));
  group.cancel();
  group.spawn("late", sleep_for_ever(io, ended));
  test::run(io, group.join());
  CHECK(group.size() == 0);
  group.spawn("next", add(sum, 1));
  test::run(io, group.join());
  CHECK(sum == 1);
}

TEST_CASE("an exception is logged with the task's name and does not end its neighbours") {
  asio::io_context io;
  TaskGroup group(io.get_executor());
  int sum = 0;
  CapturedErrors errors;
  group.spawn("pump", fail("the database is away"));
  group.spawn("add", add(sum, 1));
  test::run(io, group.join());
  const std::string text = errors.text();
  CHECK(sum == 1);
  CHECK(text.find("task pump ended with an exception: the database is away") != std::string::npos);
}

TEST_CASE("a task that stops because it was told to is not reported") {
  asio::io_context io;
  TaskGroup group(io.get_executor());
  int ended = 0;
  CapturedErrors errors;
  group.spawn("sleeper", sleep_for_ever(io, ended));
  io.poll();
  group.cancel();
  test::run(io, group.join());
  CHECK(errors.text().empty());
}

TEST_CASE("a caller that stops waiting leaves the tasks alone") {
  asio::io_context io;
  TaskGroup group(io.get_executor());
  int ended = 0;
  group.spawn("sleeper", sleep_for_ever(io, ended));
  auto joined = group.join();
  auto at_once = asio::post(io, asio::use_awaitable);
  CHECK(test::run(io, std::move(joined) || std::move(at_once)).index() == 1);
  CHECK(group.size() == 1);
  group.cancel();
  test::run(io, group.join());
  CHECK(ended == 1);
}

TEST_CASE("tasks may spawn and cancel from inside the group") {
  asio::io_context io;
  TaskGroup group(io.get_executor());
  int ended = 0;
  auto task = [](TaskGroup& all, asio::io_context& on, int& count) -> asio::awaitable<void> {
    all.spawn("child", sleep_for_ever(on, count));
    co_await asio::post(on, asio::use_awaitable);
    all.cancel();
  };
  group.spawn("parent", task(group, io, ended));
  test::run(io, group.join());
  CHECK(group.size() == 0);
}

TEST_CASE("a task that broke is reported by its name, and one that was asked to stop is not") {
  asio::io_context io;
  std::vector<std::string> broken;
  TaskGroup group(io.get_executor(),
                  [&](const std::string& task, const std::string& why) { broken.push_back(task + ": " + why); });
  int ended = 0;
  group.spawn("sleeper", sleep_for_ever(io, ended));
  group.spawn("broken", fail("no more"));
  group.spawn("good", add(ended, 0));
  io.poll();
  group.cancel();
  nowd::test::run(io, group.join());
  CHECK(broken == std::vector<std::string>{"broken: no more"});
  CHECK(ended == 1);
}

TEST_CASE("coroutines of an event loop can be destroyed before what they use") {
  EventLoop loop;
  int ended = 0;
  {
    int used = 0;
    struct Use {
      int& used;
      ~Use() { ++used; }
    };
    auto task = [](asio::io_context& io, int& used, int& ended) -> asio::awaitable<void> {
      const Use use{used};
      co_await sleep_for_ever(io, ended);
    };
    asio::co_spawn(loop, task(loop, used, ended), asio::detached);
    loop.poll();
    loop.drop_coroutines();
    CHECK(used == 1);
  }
  CHECK(ended == 1);
}
