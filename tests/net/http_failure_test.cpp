// What the client tells of an exchange that fails: how, how far it got, and never a credential.
#include <boost/asio/post.hpp>

#include "net/http/http_client.hpp"
#include "net/io.hpp"
#include "net/jumping_clock.hpp"
#include "net/process/process.hpp"
#include "support/catch.hpp"
#include "support/http_fixture.hpp"

using namespace nowd;
using nowd::test::HttpFixture;
using nowd::test::Reply;
namespace asio = boost::asio;

namespace {

struct Bench {
  asio::io_context io;
  test::JumpingClock clock;
  HttpClient client{io.get_executor(), clock};
  HttpFixture server;

  HttpOutcome fetch(HttpRequest request) { return test::run(io, client.fetch(std::move(request))); }
  HttpFailure failure_of(HttpRequest request) {
    const auto outcome = fetch(std::move(request));
    REQUIRE(outcome.has_error());
    return outcome.error();
  }
};

bool says(const HttpFailure& failure, std::string_view words) {
  INFO(failure.error.message);
  return failure.error.message.find(words) != std::string::npos;
}

std::string gzip_of_zeros(const std::string& bytes) {
  asio::io_context io;
  const SystemClock clock;
  Command command{.argv = {"sh", "-c", "head -c " + bytes + " /dev/zero | gzip -n9"}};
  return test::run(io, run_command(io.get_executor(), clock, command))->output;
}

}  // namespace

TEST_CASE("without a connection nothing was sent") {
  Bench bench;
  std::string url;
  {
    const HttpFixture gone;
    url = gone.url("/x?key=secret");
  }
  const auto failure = bench.failure_of({.method = "POST", .url = url});
  CHECK(failure.error.kind == ErrorKind::unavailable);
  CHECK_FALSE(failure.sent);
  CHECK(says(failure, "POST http://127.0.0.1:"));
  CHECK(says(failure, "/x: "));
  CHECK_FALSE(says(failure, "secret"));
}

TEST_CASE("a handshake that does not end is ended by the connect timeout, and nothing was sent") {
  Bench bench;
  std::string url = bench.server.url("/");
  url.replace(0, 4, "https");  // the server waits for a request that is never readable
  const auto failure = bench.failure_of({.method = "POST", .url = url, .connect_timeout = milliseconds{30}});
  CHECK(failure.error.kind == ErrorKind::unavailable);
  CHECK_FALSE(failure.sent);
  CHECK(says(failure, "within 30 ms"));
}

TEST_CASE("silence after sending is ended by the first-byte timeout") {
  Bench bench;
  bench.server.reply("/", Reply().until_closed());
  const auto failure = bench.failure_of({.url = bench.server.url(), .first_byte_timeout = milliseconds{30}});
  CHECK(failure.error.kind == ErrorKind::unavailable);
  CHECK(failure.sent);
  CHECK(failure.partial.status == 0);
  CHECK(says(failure, "no first byte of the answer within 30 ms"));
}

TEST_CASE("headers without a body are ended by the first-byte timeout, and are told") {
  Bench bench;
  Reply headers(202);
  headers.date("Mon, 01 Jun 2026 07:00:04 GMT").content_length(5).flush_headers();
  bench.server.reply("/", headers.call([&] { asio::post(bench.io, [&] { bench.clock.jump(); }); }).until_closed());
  const auto failure =
      bench.failure_of({.url = bench.server.url(), .first_byte_timeout = minutes{30}, .total_timeout = hours{2}});
  CHECK(failure.sent);
  CHECK(failure.partial.status == 202);
  CHECK(failure.partial.header("date") == "Mon, 01 Jun 2026 07:00:04 GMT");
  CHECK(failure.partial.headers_at);
  CHECK_FALSE(failure.partial.first_byte_at);
}

TEST_CASE("a body that stalls is ended by the idle timeout, and what came is kept") {
  Bench bench;
  bench.server.reply("/", Reply().chunked().piece("ab").until_closed());
  const auto failure = bench.failure_of({.url = bench.server.url(), .idle_timeout = milliseconds{50}});
  CHECK(failure.error.kind == ErrorKind::unavailable);
  CHECK(failure.sent);
  CHECK(failure.partial.body == "ab");
  CHECK(says(failure, "stalled"));
}

TEST_CASE("a body that drips for ever is ended by the total timeout") {
  Bench bench;
  Reply drip;
  drip.chunked().piece(".").call([&] { asio::post(bench.io, [&] { bench.clock.jump(); }); });
  for (int i = 0; i < 2'000; ++i) drip.piece(".").wait(milliseconds{5});
  bench.server.reply("/", drip);
  const auto failure = bench.failure_of({.url = bench.server.url(),
                                         .first_byte_timeout = hours{2},
                                         .idle_timeout = hours{2},
                                         .total_timeout = minutes{30}});
  CHECK(failure.error.kind == ErrorKind::budget_spent);
  CHECK(failure.sent);
}

TEST_CASE("timeouts are measured on the given clock") {
  asio::io_context io;
  VirtualClock clock{Instant{}};
  HttpClient client{io.get_executor(), clock};
  HttpFixture server;
  server.reply("/", Reply().call([&] { asio::post(io, [&] { clock.advance(hours{2}); }); }).until_closed());
  const auto outcome = test::run(io, client.fetch({.url = server.url(), .first_byte_timeout = hours{1}}));
  REQUIRE(outcome.has_error());
  CHECK(outcome.error().partial.ended.boot - outcome.error().partial.sent.boot == hours{2});
}

TEST_CASE("a connection that is lost is never a complete answer") {
  Bench bench;
  bench.server.reply("/before", Reply().cut());
  bench.server.reply("/headers", Reply().raw("HTTP/1.1 200 OK\r\nContent-Le").cut());
  bench.server.reply("/length", Reply().content_length(10).piece("half").cut());
  bench.server.reply("/chunked", Reply().chunked().piece("half").cut());
  bench.server.reply("/chunk", Reply().chunked().piece("half").raw("ff\r\nhalf").cut());
  for (const std::string path : {"/before", "/headers", "/length", "/chunked", "/chunk"}) {
    INFO(path);
    const auto failure = bench.failure_of({.method = "POST", .url = bench.server.url(path)});
    CHECK(failure.error.kind == ErrorKind::unavailable);
    CHECK(failure.sent);
    CHECK(says(failure, "the connection was lost"));
  }
}

TEST_CASE("what is not HTTP is not an answer") {
  Bench bench;
  bench.server.reply("/ssh", Reply().raw("SSH-2.0-OpenSSH_9.2\r\n").cut());
  bench.server.reply("/chunk", Reply().chunked().raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"));
  bench.server.reply("/gzip", Reply().header("Content-Encoding", "gzip").piece("not gzip at all"));
  for (const std::string path : {"/ssh", "/chunk", "/gzip"}) {
    INFO(path);
    const auto failure = bench.failure_of({.url = bench.server.url(path)});
    CHECK(failure.sent);
  }
}

TEST_CASE("a body larger than the limit ends the exchange, whatever its framing or compression") {
  Bench bench;
  const std::string big(2'000, 'x');
  bench.server.reply("/length", Reply().piece(big).until_closed());
  bench.server.reply("/chunked", Reply().chunked().piece(big).until_closed());
  bench.server.reply("/error", Reply(500).chunked().piece(big).until_closed());
  bench.server.reply("/bomb", Reply().header("Content-Encoding", "gzip").piece(gzip_of_zeros("10000000")));
  for (const std::string path : {"/length", "/chunked", "/error", "/bomb"}) {
    INFO(path);
    const auto failure = bench.failure_of({.url = bench.server.url(path), .max_body = 1'999});
    CHECK(failure.error.kind == ErrorKind::invalid);
    CHECK(failure.partial.body.size() <= 1'999);
    CHECK(says(failure, "larger than 1999 bytes"));
  }
  bench.server.reply("/fits", Reply().piece(big));
  CHECK(bench.fetch({.url = bench.server.url("/fits"), .max_body = 2'000}).has_value());
}

TEST_CASE("headers larger than the limit end the exchange") {
  Bench bench;
  Reply many;
  for (int i = 0; i < 100; ++i) many.header("X-Many", std::string(100, 'y'));
  bench.server.reply("/", many);
  const auto failure = bench.failure_of({.url = bench.server.url(), .max_headers = 5'000});
  CHECK(failure.error.kind == ErrorKind::invalid);
  CHECK(says(failure, "headers"));
}

TEST_CASE("a request that was sent is not sent again by itself, unless its method is safe") {
  for (const bool safe : {false, true}) {
    Bench bench;
    bench.server.reply("/", Reply().piece("1"));
    bench.server.reply("/", Reply().cut());  // closes a connection that was used before, without an answer
    bench.server.reply("/", Reply().piece("3"));
    const HttpRequest request{.method = safe ? "GET" : "POST", .url = bench.server.url()};
    const auto sink = [](std::string_view) { return true; };
    REQUIRE(test::run(bench.io, bench.client.stream(request, sink)).has_value());
    const auto second = test::run(bench.io, bench.client.stream(request, sink));
    CHECK(second.has_value() == safe);
    CHECK(bench.server.requests().size() == (safe ? 3 : 2));
    CHECK((safe || second.error().sent));
  }
}

TEST_CASE("credentials in a URL are used but never told") {
  Bench bench;
  bench.server.reply("/x", Reply().cut());
  std::string url = bench.server.url("/x?token=hidden#part");
  url.insert(7, "user:pass@");
  const auto failure = bench.failure_of({.url = url});
  CHECK(bench.server.requests().at(0).header("authorization") == "Basic dXNlcjpwYXNz");
  for (const std::string word : {"user", "pass", "token", "hidden", "part"}) CHECK_FALSE(says(failure, word));
}

TEST_CASE("a request that cannot be sent as it is written is refused before anything is done") {
  Bench bench;
  const std::string url = bench.server.url();
  const std::vector<HttpRequest> requests{
      {.method = "GET / HTTP/1.1\r\nX: ", .url = url},
      {.method = "", .url = url},
      {.url = url, .headers = {{"X-A", "1\r\nX-Injected: 1"}}},
      {.url = url, .headers = {{"X-A", "1\nX-Injected: 1"}}},
      {.url = url, .headers = {{"X-A", std::string("1\0", 2)}}},
      {.url = url, .headers = {{"X-A: 1\r\nX-B", "1"}}},
      {.url = url, .headers = {{"X A", "1"}}},
      {.url = url, .headers = {{"", "1"}}},
      {.url = url, .headers = {{"Content-Length", "5"}}},
      {.url = url, .headers = {{"transfer-encoding", "chunked"}}},
      {.url = url + "a b"},
      {.url = url + "\r\nX-Injected: 1"},
      {.url = url + std::string("\0", 1)},
      {.url = "127.0.0.1:" + std::to_string(bench.server.port())},
      {.url = "file:///etc/passwd"},
      {.url = "gopher://127.0.0.1/"},
      {.url = ""},
  };
  for (const HttpRequest& request : requests) {
    const auto failure = bench.failure_of(request);
    INFO(failure.error.message);
    CHECK(failure.error.kind == ErrorKind::invalid);
    CHECK_FALSE(failure.sent);
  }
  CHECK(bench.server.connections() == 0);
}
