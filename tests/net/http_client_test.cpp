// What the client tells of an exchange that goes as it should.
#include "net/http/http_client.hpp"
#include "net/http/http_rules.hpp"

#include "net/io.hpp"
#include "support/catch.hpp"
#include "support/http_fixture.hpp"

using namespace nowd;
using nowd::test::HttpFixture;
using nowd::test::Latch;
using nowd::test::Reply;
namespace asio = boost::asio;

namespace {

struct Bench {
  asio::io_context io;
  SystemClock clock;
  HttpClient client{io.get_executor(), clock};
  HttpFixture server;

  HttpOutcome fetch(HttpRequest request) { return test::run(io, client.fetch(std::move(request))); }
  HttpOutcome stream(HttpRequest request, HttpClient::BodySink sink) {
    return test::run(io, client.stream(std::move(request), std::move(sink)));
  }
};

// printf 'hello, hello, hello\n' | gzip -n
constexpr unsigned char kGzip[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03,
                                   0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xd7, 0x51, 0xc8, 0x40, 0xa2,
                                   0xb8, 0x00, 0xe7, 0x42, 0x6e, 0x52, 0x14, 0x00, 0x00, 0x00};

}  // namespace

TEST_CASE("fetch tells status, headers, body and when each came") {
  Bench bench;
  bench.server.reply("/x", Reply(201).date("Mon, 01 Jun 2026 07:00:04 GMT").header("X-Two", "  a  ").piece("body"));
  const auto outcome = bench.fetch({.url = bench.server.url("/x?q=1")});
  REQUIRE(outcome.has_value());
  CHECK(outcome->status == 201);
  CHECK(outcome->body == "body");
  CHECK(outcome->header("date") == "Mon, 01 Jun 2026 07:00:04 GMT");
  CHECK(outcome->header("x-two") == "a");
  CHECK_FALSE(outcome->header("x-three"));
  CHECK(outcome->remote_ip == "127.0.0.1");
  REQUIRE(outcome->headers_at);
  REQUIRE(outcome->first_byte_at);
  CHECK(outcome->sent.boot <= outcome->headers_at->boot);
  CHECK(outcome->headers_at->boot <= outcome->first_byte_at->boot);
  CHECK(outcome->first_byte_at->boot <= outcome->ended.boot);
  CHECK(bench.server.requests().at(0).target == "/x?q=1");
}

TEST_CASE("a request goes out as it was given, and nothing is claimed that was not given") {
  Bench bench;
  bench.server.reply("/p", Reply());
  HttpRequest request{.method = "POST", .url = bench.server.url("/p"), .headers = {{"X-Empty", ""}, {"X-A", "b: c"}}};
  request.body = std::string("\0nul and \r\n", 11);
  REQUIRE(bench.fetch(request).has_value());
  const auto seen = bench.server.requests().at(0);
  CHECK(seen.method == "POST");
  CHECK(seen.body == request.body);
  CHECK(seen.header("x-a") == "b: c");
  CHECK(seen.header("user-agent") == "nowd");
  CHECK(seen.header("content-type").empty());
  CHECK(seen.header("expect").empty());
  CHECK(seen.header("content-length") == "11");
}

TEST_CASE("every method keeps its name, with a body and without one") {
  Bench bench;
  bench.server.handle([](const auto&) { return Reply().piece("x"); });
  for (const std::string method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    for (const std::string body : {"", "{}"}) {
      const auto outcome = bench.fetch({.method = method, .url = bench.server.url(), .body = body});
      REQUIRE(outcome.has_value());
      const auto seen = bench.server.requests().back();
      CHECK(seen.method == method);
      CHECK(seen.body == (method == "HEAD" ? "" : body));
      CHECK(outcome->body == (method == "HEAD" ? "" : "x"));
    }
  }
}

TEST_CASE("a redirect is an answer like any other and is not followed") {
  Bench bench;
  bench.server.reply("/from", Reply(302).header("Location", bench.server.url("/to")));
  const auto outcome = bench.fetch({.url = bench.server.url("/from")});
  REQUIRE(outcome.has_value());
  CHECK(outcome->status == 302);
  CHECK(bench.server.requests().size() == 1);
}

TEST_CASE("interim responses leave nothing behind") {
  Bench bench;
  bench.server.reply("/", Reply().raw("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
                                      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Late: 1\r\n\r\nok"));
  const auto outcome = bench.fetch({.url = bench.server.url()});
  REQUIRE(outcome.has_value());
  CHECK(outcome->status == 200);
  CHECK_FALSE(outcome->header("x-early"));
  CHECK(outcome->header("x-late") == "1");
}

TEST_CASE("bodies arrive whole in each of the three framings") {
  Bench bench;
  bench.server.reply("/length", Reply().piece("ab").piece("cd"));
  bench.server.reply("/chunked", Reply().chunked().piece("ab").piece("cd"));
  bench.server.reply("/close", Reply().close_delimited().piece("ab").piece("cd"));
  for (const std::string path : {"/length", "/chunked", "/close"}) {
    const auto outcome = bench.fetch({.url = bench.server.url(path)});
    REQUIRE(outcome.has_value());
    CHECK(outcome->body == "abcd");
  }
}

TEST_CASE("fetch asks for gzip and gives it decompressed; a stream asks for no coding, and undoes one") {
  Bench bench;
  const std::string gzip(reinterpret_cast<const char*>(kGzip), sizeof kGzip);
  bench.server.reply("/gzip", Reply().header("Content-Encoding", "gzip").piece(gzip));
  bench.server.reply("/plain", Reply().piece("x"));
  const auto outcome = bench.fetch({.url = bench.server.url("/gzip")});
  REQUIRE(bench.stream({.url = bench.server.url("/plain")}, [](auto) { return true; }).has_value());
  CHECK(bench.server.requests().at(0).header("accept-encoding") == "gzip");
  CHECK(bench.server.requests().at(1).header("accept-encoding") == "identity");
  std::string streamed;
  REQUIRE(bench.stream({.url = bench.server.url("/gzip")}, [&](auto piece) { return !(streamed += piece).empty(); })
              .has_value());
  CHECK(streamed == "hello, hello, hello\n");
  REQUIRE(outcome.has_value());
  CHECK(outcome->body == "hello, hello, hello\n");
}

TEST_CASE("a stream gives each piece while the next one is not there yet") {
  Bench bench;
  Latch second, third;
  bench.server.reply("/", Reply().chunked().piece("1").wait(second).piece("2").wait(third).piece("3"));
  std::vector<std::string> pieces;
  const auto outcome = bench.stream({.url = bench.server.url()}, [&](std::string_view piece) {
    pieces.emplace_back(piece);
    (pieces.size() == 1 ? second : third).open();  // without the first piece the second one never comes
    return true;
  });
  REQUIRE(outcome.has_value());
  CHECK(pieces == std::vector<std::string>{"1", "2", "3"});
  CHECK(outcome->body.empty());
}

TEST_CASE("a sink that has enough ends the exchange without an error and closes the connection") {
  Bench bench;
  Latch closed;
  bench.server.reply("/", Reply().chunked().piece("1").until_closed().call([closed]() mutable { closed.open(); }));
  const auto outcome = bench.stream({.url = bench.server.url()}, [](auto) { return false; });
  REQUIRE(outcome.has_value());
  CHECK(outcome->status == 200);
  closed.wait({});
}

TEST_CASE("the body of an error status is collected and not streamed") {
  Bench bench;
  bench.server.reply("/", Reply(429).chunked().piece("{\"error\":").piece("1}"));
  bool streamed = false;
  const auto outcome = bench.stream({.url = bench.server.url()}, [&](auto) { return streamed = true; });
  REQUIRE(outcome.has_value());
  CHECK(outcome->body == "{\"error\":1}");
  CHECK_FALSE(streamed);
}

TEST_CASE("what a sink throws reaches the caller") {
  Bench bench;
  bench.server.reply("/", Reply().chunked().piece("1").until_closed());
  const auto sink = [](std::string_view) -> bool { throw std::runtime_error("sink"); };
  CHECK_THROWS_AS(bench.stream({.url = bench.server.url()}, sink), std::runtime_error);
}

TEST_CASE("a body of ten megabytes arrives byte for byte") {
  Bench bench;
  std::string big(10'000'000, 'x');
  for (std::size_t i = 0; i < big.size(); i += 997) big[i] = static_cast<char>(i);
  bench.server.reply("/big", Reply().piece(big));
  const auto outcome = bench.fetch({.url = bench.server.url("/big"), .max_body = big.size()});
  REQUIRE(outcome.has_value());
  CHECK((outcome->body == big));
}

TEST_CASE("safe methods reuse a connection; a POST that is fetched never rides on one that may be dying") {
  Bench bench;
  bench.server.handle([](const auto&) { return Reply().piece("x"); });
  for (const std::string method : {"GET", "GET", "POST", "GET"})
    REQUIRE(bench.fetch({.method = method, .url = bench.server.url()}).has_value());
  const auto seen = bench.server.requests();
  CHECK(seen[0].connection == seen[1].connection);
  CHECK(seen[2].connection != seen[0].connection);
}

TEST_CASE("the origin of a URL names its port") {
  CHECK(origin_of("https://Hooks.example/a/b?c").value() == "https://hooks.example:443");
  CHECK(origin_of("http://[::1]:80/x").value() == "http://[::1]:80");
  CHECK(origin_of("http://[::1]/x").value() == "http://[::1]:80");
  CHECK(origin_of("ftp://x/").has_error());
}
