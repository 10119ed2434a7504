// Where a request with an untrusted URL may not go (docs/durability.md, SSRF).
#include <boost/asio/ip/address.hpp>

#include "net/http/http_client.hpp"
#include "net/http/http_rules.hpp"
#include "net/io.hpp"
#include "support/catch.hpp"
#include "support/http_fixture.hpp"

using namespace nowd;
using nowd::test::HttpFixture;
using nowd::test::Reply;
namespace asio = boost::asio;

TEST_CASE("only addresses of single hosts on the public Internet are public") {
  const auto is_public_text = [](const char* text) { return is_public(asio::ip::make_address(text)); };
  for (const char* text :
       {"1.1.1.1",         "8.8.8.8",      "9.255.255.255",   "11.0.0.0",        "100.63.255.255",  "100.128.0.0",
        "126.255.255.255", "128.0.0.0",    "169.253.255.255", "172.15.255.255",  "172.32.0.0",      "192.0.1.0",
        "192.167.255.255", "192.169.0.0",  "198.17.255.255",  "198.20.0.0",      "223.255.255.255", "168.63.129.15",
        "2606:4700::1111", "2a00:1450::1", "2001:200::1",     "2001:4860::8888", "3ffe::1"}) {
    INFO(text);
    CHECK(is_public_text(text));
  }
  for (const char* text : {"0.0.0.0",
                           "0.255.255.255",
                           "10.0.0.1",
                           "100.64.0.1",
                           "100.100.100.200",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.254",
                           "168.63.129.16",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.192",
                           "192.0.2.1",
                           "192.88.99.1",
                           "192.168.1.1",
                           "198.18.0.1",
                           "198.19.255.255",
                           "198.51.100.1",
                           "203.0.113.1",
                           "224.0.0.1",
                           "239.255.255.255",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::8.8.8.8",
                           "::ffff:8.8.8.8",
                           "::ffff:127.0.0.1",
                           "64:ff9b::8.8.8.8",
                           "64:ff9b::7f00:1",
                           "64:ff9b:1::1",
                           "100::1",
                           "2001::1",
                           "2001:1::1",
                           "2001:db8::1",
                           "2002:7f00:1::",
                           "3fff::1",
                           "fc00::1",
                           "fd00:ec2::254",
                           "fe80::1",
                           "fec0::1",
                           "ff02::1"}) {
    INFO(text);
    CHECK_FALSE(is_public_text(text));
  }
}

TEST_CASE("a private address is refused however it is written, and nothing is sent there") {
  asio::io_context io;
  const SystemClock clock;
  HttpClient client(io.get_executor(), clock);
  HttpFixture server;
  server.reply("/", Reply().piece("secret"));
  const std::string port = ":" + std::to_string(server.port()) + "/";
  for (const std::string host : {"127.0.0.1", "localhost", "2130706433", "0x7f.1", "0", "127.1", "[::1]",
                                 "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "169.254.169.254"}) {
    INFO(host);
    const auto outcome = test::run(io, client.fetch({.url = "http://" + host + port, .allow_private = false}));
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().error.kind == ErrorKind::refused);
    CHECK_FALSE(outcome.error().sent);
  }
  CHECK(server.connections() == 0);
  CHECK(test::run(io, client.fetch({.url = "http://localhost" + port})).has_value());  // so the server was there
}

TEST_CASE("a connection that somebody else was allowed to open is not lent to who may not") {
  asio::io_context io;
  const SystemClock clock;
  HttpClient client(io.get_executor(), clock);
  HttpFixture server;
  server.reply("/", Reply().piece("x"));
  REQUIRE(test::run(io, client.fetch({.url = server.url()})).has_value());
  const auto outcome = test::run(io, client.fetch({.url = server.url(), .allow_private = false}));
  REQUIRE(outcome.has_error());
  CHECK(outcome.error().error.kind == ErrorKind::refused);
  CHECK_FALSE(outcome.error().sent);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("a proxy does not carry a request to where it may not go") {
  asio::io_context io;
  const SystemClock clock;
  HttpClient client(io.get_executor(), clock);
  HttpFixture proxy;
  proxy.reply("http://service.test/", Reply().piece("by proxy"));
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  const auto trusted = test::run(io, client.fetch({.url = "http://service.test/"}));
  const auto direct = test::run(io, client.fetch({.url = "http://127.0.0.1:9/", .use_proxy = false}));
  const auto untrusted = test::run(io, client.fetch({.url = "http://[::1]:9/", .allow_private = false}));
  ::unsetenv("http_proxy");
  REQUIRE(trusted.has_value());
  CHECK(trusted->body == "by proxy");
  CHECK(direct.has_error());
  REQUIRE(untrusted.has_error());
  CHECK(untrusted.error().error.message.find("the host is at ::1,") != std::string::npos);  // not the proxy's address
  CHECK(proxy.requests().size() == 1);
}
