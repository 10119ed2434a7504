// Many exchanges at once, and exchanges whose caller or client goes away.
#include <sys/resource.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/http/http_client.hpp"
#include "net/io.hpp"
#include "net/task_group.hpp"
#include "support/catch.hpp"
#include "support/http_fixture.hpp"

using namespace nowd;
using namespace boost::asio::experimental::awaitable_operators;
using nowd::test::HttpFixture;
using nowd::test::Latch;
using nowd::test::Reply;
namespace asio = boost::asio;

namespace {

const auto kKeep = [](std::string_view) { return true; };

/// A timer that never expires: cancelling it from the server's script is an event for a coroutine.
struct Event {
  explicit Event(asio::io_context& io) : timer(io, asio::steady_timer::time_point::max()) {}
  asio::awaitable<void> happened() {
    try {
      co_await timer.async_wait(asio::use_awaitable);
    } catch (const boost::system::system_error&) {
    }
  }
  asio::steady_timer timer;
};

}  // namespace

TEST_CASE("five hundred streams are open at one time, each with its own bytes") {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);

  constexpr int count = 500;
  asio::io_context io;
  const SystemClock clock;
  HttpClient client(io.get_executor(), clock);
  HttpFixture server;
  Latch all_open;
  server.handle([&](const auto& request) { return Reply().chunked().piece(request.body).wait(all_open).piece("end"); });

  int open = 0, right = 0;
  for (int i = 0; i < count; ++i) {
    auto text = std::make_shared<std::string>();
    const auto sink = [&, text](std::string_view piece) {
      if (text->empty() && ++open == count) all_open.open();  // before that no stream can end
      *text += piece;
      return true;
    };
    HttpRequest request{.method = "POST", .url = server.url(), .body = std::to_string(i) + ";"};
    asio::co_spawn(io, client.stream(request, sink),
                   [&, i, text](const std::exception_ptr&, const HttpOutcome& outcome) {
                     if (outcome && *text == std::to_string(i) + ";end") ++right;
                   });
  }
  io.run();
  CHECK(open == count);
  CHECK(right == count);
}

TEST_CASE("cancelling the caller closes the connection and throws") {
  asio::io_context io;
  const SystemClock clock;
  HttpClient client(io.get_executor(), clock);
  HttpFixture server;
  Event streaming(io);
  Latch closed;
  server.reply("/", Reply()
                        .chunked()
                        .piece("1")
                        .call([&] { asio::post(io, [&] { streaming.timer.cancel(); }); })
                        .until_closed()
                        .call([&] { closed.open(); }));
  auto stream = client.stream({.url = server.url()}, kKeep);
  auto enough = streaming.happened();
  const auto first = test::run(io, std::move(stream) || std::move(enough));
  CHECK(first.index() == 1);
  closed.wait({});
}

TEST_CASE("a sink may cancel its own stream, and the group it runs in") {
  asio::io_context io;
  const SystemClock clock;
  HttpClient client(io.get_executor(), clock);
  HttpFixture server;
  server.handle([](const auto&) { return Reply().chunked().piece("1").until_closed(); });
  TaskGroup group(io.get_executor());
  for (int i = 0; i < 3; ++i) {
    auto task = [](HttpClient& http, TaskGroup& all, std::string url) -> asio::awaitable<void> {
      const auto sink = [&](std::string_view) {
        all.cancel();
        return true;
      };
      co_await http.stream({.url = std::move(url)}, sink);
    };
    group.spawn("stream", task(client, group, server.url()));
  }
  test::run(io, group.join());
  CHECK(group.size() == 0);
}

TEST_CASE("destroying the client ends its exchanges with an error, even from inside a sink") {
  asio::io_context io;
  const SystemClock clock;
  auto client = std::make_unique<HttpClient>(io.get_executor(), clock);
  HttpFixture server;
  Event both_open(io);
  server.reply("/waits", Reply().call([&] { asio::post(io, [&] { both_open.timer.cancel(); }); }).until_closed());
  server.reply("/speaks", Reply().chunked().piece("1").until_closed());
  std::vector<HttpOutcome> outcomes;
  const auto keep_outcome = [&](const std::exception_ptr&, HttpOutcome outcome) {
    outcomes.push_back(std::move(outcome));
  };
  asio::co_spawn(io, client->fetch({.url = server.url("/waits")}), keep_outcome);
  test::run(io, both_open.happened());
  const auto destroy = [&](std::string_view) {
    client.reset();
    return true;
  };
  asio::co_spawn(io, client->stream({.url = server.url("/speaks")}, destroy), keep_outcome);
  io.restart();
  io.run();
  REQUIRE(outcomes.size() == 2);
  for (const auto& outcome : outcomes) {
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().error.kind == ErrorKind::unavailable);
    CHECK(outcome.error().sent);
  }
}

TEST_CASE("an exchange that was asked of a client which is gone fails and does not crash") {
  asio::io_context io;
  const SystemClock clock;
  auto client = std::make_unique<HttpClient>(io.get_executor(), clock);
  auto late = client->fetch({.url = "http://127.0.0.1:9/"});
  client.reset();
  CHECK(test::run(io, std::move(late)).has_error());
}

TEST_CASE("an io_context that is destroyed with exchanges under way frees them") {
  HttpFixture server;
  server.reply("/", Reply().chunked().piece("1").until_closed());
  const SystemClock clock;
  asio::io_context io;
  HttpClient client(io.get_executor(), clock);
  const auto sink = [&](std::string_view) {
    io.stop();
    return true;
  };
  asio::co_spawn(io, client.stream({.url = server.url()}, sink), [](auto, auto) {});
  io.run();
  CHECK(io.stopped());  // the leak checker says the rest
}
