// Whom the client believes. The server has a certificate that nobody vouches for.
#include "net/http/http_client.hpp"
#include "net/io.hpp"
#include "support/catch.hpp"
#include "support/untrusted_server.hpp"

using namespace nowd;
using nowd::test::UntrustedServer;
namespace asio = boost::asio;

TEST_CASE("a server whose certificate is not trusted is told nothing") {
  asio::io_context io;
  const SystemClock clock;
  HttpClient client(io.get_executor(), clock);
  UntrustedServer server;
  const HttpRequest request{
      .method = "POST", .url = server.url(), .headers = {{"Authorization", "Bearer x"}}, .body = "y"};
  const auto outcome = test::run(io, client.fetch(request));
  REQUIRE(outcome.has_error());
  CHECK(outcome.error().error.kind == ErrorKind::refused);
  CHECK(outcome.error().error.message.find("check the certificate") != std::string::npos);
  CHECK_FALSE(outcome.error().sent);
  CHECK(server.heard().empty());
}
