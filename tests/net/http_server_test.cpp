#include "net/http/http_server.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>

#include "net/io.hpp"
#include "support/catch.hpp"

using namespace nowd;
namespace asio = boost::asio;
using asio::ip::tcp;
using local = asio::local::stream_protocol;

namespace {

asio::awaitable<ServedResponse> echo(ServedRequest request) {
  if (request.path == "/throw") throw std::runtime_error("handler");
  co_return ServedResponse{.content_type = "text/html",
                           .body = request.method + " " + request.path + " ? " + request.query};
}

/// A server that runs, and what it takes to talk to it.
struct Bench {
  explicit Bench(const std::string& address = "127.0.0.1:0", ServerLimits limits = {}) {
    auto listening = HttpServer::listen(io.get_executor(), address, echo, limits);
    REQUIRE(listening.has_value());
    server = std::move(*listening);
    group.spawn("server", server->run());
  }
  ~Bench() {
    group.cancel();
    test::run(io, group.join());
  }

  std::uint16_t port() const {
    const std::string address = server->address();
    return static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
  }
  tcp::socket connect() {
    tcp::socket socket(io);
    socket.connect({asio::ip::address_v4::loopback(), port()});
    return socket;
  }
  template <class Socket>
  std::string talk(Socket& socket, const std::string& bytes) {
    const auto conversation = [](Socket& on, std::string say) -> asio::awaitable<std::string> {
      std::string heard;
      co_await asio::async_write(on, asio::buffer(say), asio::as_tuple(asio::use_awaitable));
      co_await asio::async_read(on, asio::dynamic_buffer(heard), asio::as_tuple(asio::use_awaitable));
      co_return heard;
    };
    return test::run(io, conversation(socket, bytes));
  }
  /// One request on a connection of its own, until the server closes it.
  std::string ask(const std::string& head, const std::string& body = "") {
    auto socket = connect();
    return talk(socket, head + "\r\nHost: localhost\r\nConnection: close\r\n\r\n" + body);
  }

  asio::io_context io;
  TaskGroup group{io.get_executor()};
  std::unique_ptr<HttpServer> server;
};

bool has(const std::string& text, std::string_view words) {
  INFO(text);
  return text.find(words) != std::string::npos;
}

struct Directory {
  Directory() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~Directory() { std::filesystem::remove_all(path); }
  std::string path = "/tmp/nowd-http-XXXXXX";
};

}  // namespace

TEST_CASE("GET is served with its path and query as they came") {
  Bench bench;
  const std::string answer = bench.ask("GET /runs/a%20b?x=1&y=?2 HTTP/1.1");
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(has(answer, "Content-Type: text/html\r\n"));
  CHECK(has(answer, "Cache-Control: no-store\r\n"));
  CHECK(answer.ends_with("\r\n\r\nGET /runs/a%20b ? x=1&y=?2"));
}

TEST_CASE("HEAD is GET without the body") {
  Bench bench;
  const std::string answer = bench.ask("HEAD / HTTP/1.1");
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(has(answer, "Content-Length: 9\r\n"));
  CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE("nothing but GET and HEAD reaches the handler") {
  Bench bench;
  for (const std::string method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "NONSENSE"}) {
    const std::string answer = bench.ask(method + " / HTTP/1.1");
    CHECK(answer.starts_with("HTTP/1.1 405 "));
    CHECK(has(answer, "Allow: GET, HEAD\r\n"));
  }
}

TEST_CASE("several requests are served on one connection") {
  Bench bench;
  auto socket = bench.connect();
  const std::string answer = bench.talk(socket,
                                        "GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
                                        "GET /2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  CHECK(has(answer, "GET /1 ? "));
  CHECK(answer.ends_with("GET /2 ? "));
}

TEST_CASE("a request that is too large is refused, and the answer says so") {
  Bench bench;
  CHECK(bench.ask("GET /" + std::string(9'000, 'x') + " HTTP/1.1").starts_with("HTTP/1.1 431 "));
  CHECK(bench.ask("GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x')).starts_with("HTTP/1.1 431 "));
  const std::string body(200'000, 'x');
  CHECK(bench.ask("GET / HTTP/1.1\r\nContent-Length: 200000", body).starts_with("HTTP/1.1 413 "));
  CHECK(bench.ask("GET / HTTP/1.1").starts_with("HTTP/1.1 200 "));
}

TEST_CASE("what is not HTTP is a bad request") {
  Bench bench;
  CHECK(bench.ask("\x16\x03\x01 hello").starts_with("HTTP/1.1 400 "));
  CHECK(bench.ask("GET http://localhost/ HTTP/1.1").starts_with("HTTP/1.1 400 "));
  CHECK(bench.ask("OPTIONS * HTTP/1.1").starts_with("HTTP/1.1 405 "));
}

TEST_CASE("a handler that throws is a 500 and the server goes on") {
  Bench bench;
  const std::string answer = bench.ask("GET /throw HTTP/1.1");
  CHECK(answer.starts_with("HTTP/1.1 500 "));
  CHECK_FALSE(has(answer, "handler"));
  CHECK(bench.ask("GET / HTTP/1.1").starts_with("HTTP/1.1 200 "));
}

TEST_CASE("only names of loopback are answered over TCP") {
  Bench bench;
  const auto with_host = [&](const std::string& host) {
    auto socket = bench.connect();
    return bench.talk(socket, "GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n").substr(9, 3);
  };
  for (const char* host : {"localhost", "LOCALHOST:7420", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:7420"})
    CHECK(with_host(host) == "200");
  for (const char* host : {"evil.example", "evil.example:7420", "localhost.evil.example", "10.0.0.1", "[::2]", ""})
    CHECK(with_host(host) == "421");
}

TEST_CASE("a client that is slow to ask, or asks nothing, is let go") {
  Bench bench("127.0.0.1:0", {.request = std::chrono::milliseconds{50}});
  auto mute = bench.connect();
  CHECK(bench.talk(mute, "").empty());
  auto slow = bench.connect();
  CHECK(bench.talk(slow, "GET / HTTP/1.1\r\nHost: local").empty());
}

TEST_CASE("connections over the limit are closed, and those under it are served") {
  Bench bench("127.0.0.1:0", {.connections = 2});
  auto first = bench.connect();
  auto second = bench.connect();
  auto third = bench.connect();
  CHECK(bench.talk(third, "").empty());
  const std::string request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  CHECK(bench.talk(first, request).starts_with("HTTP/1.1 200 "));
  CHECK(bench.talk(second, request).starts_with("HTTP/1.1 200 "));
}

TEST_CASE("mute connections keep nobody out: the one that has waited longest gives way") {
  Bench bench("127.0.0.1:0", {.connections = 2, .idle = std::chrono::milliseconds{0}});
  auto first = bench.connect();
  auto second = bench.connect();
  CHECK(bench.ask("GET /healthz HTTP/1.1").starts_with("HTTP/1.1 200 "));
  CHECK(bench.talk(first, "").empty());
  const std::string request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  CHECK(bench.talk(second, request).starts_with("HTTP/1.1 200 "));
}

TEST_CASE("a path that is open to all is answered under any Host, without one, and in HTTP/1.0") {
  Bench bench("127.0.0.1:0", {.open_to_all = {"/healthz"}});
  const auto ask = [&](const std::string& request) {
    auto socket = bench.connect();
    return bench.talk(socket, request).substr(9, 3);
  };
  CHECK(ask("GET /healthz HTTP/1.0\r\n\r\n") == "200");
  CHECK(ask("GET /healthz?x=1 HTTP/1.0\r\n\r\n") == "200");
  CHECK(ask("GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n") == "200");
  CHECK(ask("GET /healthz HTTP/1.1\r\nHost: node7.example\r\nConnection: close\r\n\r\n") == "200");
  CHECK(ask("POST /healthz HTTP/1.0\r\n\r\n") == "405");
  CHECK(ask("GET / HTTP/1.0\r\n\r\n") == "421");
  CHECK(ask("GET /healthz/ HTTP/1.0\r\n\r\n") == "421");
  CHECK(ask("GET /jobs/healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n") == "421");
}

TEST_CASE("an address that is in use, not ours or no address is told apart") {
  Bench bench;
  const auto listen = [&](const std::string& address) {
    auto result = HttpServer::listen(bench.io.get_executor(), address, echo);
    REQUIRE(result.has_error());
    return result.error();
  };
  const std::string taken = bench.server->address();
  CHECK(listen(taken) ==
        unavailable("listen " + taken + ": address already in use; stop the other program or set `listen`"));
  for (const char* address : {"0.0.0.0:0", "10.0.0.1:80", "[::]:0"}) CHECK(listen(address).kind == ErrorKind::refused);
  for (const char* address : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", "::1:80",
                              "[127.0.0.1]:80", "host.example:80", "unix:relative"})
    CHECK(listen(address).kind == ErrorKind::invalid);
  CHECK(listen("unix:/" + std::string(200, 'x')).kind == ErrorKind::invalid);
  CHECK(listen("unix:/no/such/directory/sock").kind == ErrorKind::unavailable);
}

TEST_CASE("a unix socket is served to its owner and group, under any name, and is gone afterwards") {
  const Directory directory;
  const std::string path = directory.path + "/http.sock";
  {
    Bench bench("unix:" + path);
    CHECK(bench.server->address() == "unix:" + path);
    struct stat info{};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0660);
    local::socket socket(bench.io);
    socket.connect(path);
    const std::string answer = bench.talk(socket, "GET / HTTP/1.1\r\nHost: nowd.example\r\nConnection: close\r\n\r\n");
    CHECK(answer.starts_with("HTTP/1.1 200 "));
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("an old socket file is replaced; one in use, or another kind of file, is not") {
  const Directory directory;
  const std::string path = directory.path + "/http.sock";
  {
    asio::io_context io;
    local::acceptor left_behind(io, local::endpoint(path));
  }
  REQUIRE(std::filesystem::exists(path));
  Bench bench("unix:" + path);
  const auto again = HttpServer::listen(bench.io.get_executor(), "unix:" + path, echo);
  REQUIRE(again.has_error());
  CHECK(again.error().kind == ErrorKind::unavailable);
  const auto on_directory = HttpServer::listen(bench.io.get_executor(), "unix:" + directory.path, echo);
  REQUIRE(on_directory.has_error());
  CHECK(std::filesystem::is_directory(directory.path));
  local::socket socket(bench.io);
  socket.connect(path);  // the first is still there
}

TEST_CASE("a socket whose owner is too busy to answer is not taken away from it") {
  const Directory directory;
  const std::string path = directory.path + "/http.sock";
  asio::io_context io;
  local::acceptor busy(io);
  busy.open();
  busy.bind(path);
  busy.listen(0);
  local::socket waiting(io);
  waiting.connect(path);  // fills its queue: the next one would have to wait
  const auto result = HttpServer::listen(io.get_executor(), "unix:" + path, echo);
  REQUIRE(result.has_error());
  CHECK(result.error().kind == ErrorKind::unavailable);
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("an answer lets a browser store nothing, frame nothing, run nothing and load nothing from elsewhere") {
  Bench bench;
  const std::string answer = bench.ask("GET / HTTP/1.1");
  for (const char* header :
       {"Cache-Control: no-store", "X-Content-Type-Options: nosniff", "X-Frame-Options: DENY",
        "Content-Security-Policy: default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'",
        "Referrer-Policy: no-referrer", "Cross-Origin-Resource-Policy: same-origin"})
    CHECK(has(answer, header));
}

TEST_CASE("a handler that waits keeps nobody else waiting") {
  asio::io_context io;
  asio::steady_timer never(io, std::chrono::hours{1});
  const auto slow = [&](ServedRequest request) -> asio::awaitable<ServedResponse> {
    if (request.path == "/slow") co_await never.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return ServedResponse{.body = request.path};
  };
  auto server = HttpServer::listen(io.get_executor(), "127.0.0.1:0", slow);
  REQUIRE(server.has_value());
  TaskGroup group(io.get_executor());
  group.spawn("server", (*server)->run());
  const std::string address = (*server)->address();
  const auto port = static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
  const auto ask = [port](std::string path) -> asio::awaitable<std::string> {
    tcp::socket socket(co_await asio::this_coro::executor);
    co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, asio::use_awaitable);
    const std::string head = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    co_await asio::async_write(socket, asio::buffer(head), asio::use_awaitable);
    std::string heard;
    co_await asio::async_read(socket, asio::dynamic_buffer(heard), asio::as_tuple(asio::use_awaitable));
    co_return heard;
  };
  std::string late;
  const auto keep = [](auto work, std::string& into) -> asio::awaitable<void> { into = co_await std::move(work); };
  group.spawn("slow", keep(ask("/slow"), late));
  CHECK(has(test::run(io, ask("/quick")), "/quick"));
  CHECK(late.empty());
  group.cancel();
  test::run(io, group.join());
}
