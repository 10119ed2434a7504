#include "providers/wire/endpoint.hpp"

#include "support/catch.hpp"

using namespace nowd;

TEST_CASE("an origin names scheme, host and port, and no path or query") {
  CHECK(parse_endpoint("https://API.openai.com/v1")->origin() == "https://api.openai.com:443");
  CHECK(parse_endpoint("http://localhost:11434/v1/")->origin() == "http://localhost:11434");
  CHECK(parse_endpoint("HTTP://[::1]:8000")->origin() == "http://[::1]:8000");
  CHECK(parse_endpoint("http://[::1]")->host == "::1");
}

TEST_CASE("a resource goes below the base's path and before its query") {
  CHECK(parse_endpoint("https://h/v1/")->url("/chat/completions") == "https://h:443/v1/chat/completions");
  CHECK(parse_endpoint("https://h")->url("/x") == "https://h:443/x");
  CHECK(parse_endpoint("https://h/openai/v1?api-version=1#f")->url("/x") == "https://h:443/openai/v1/x?api-version=1");
}

TEST_CASE("credentials in a URL are refused and not repeated") {
  const auto endpoint = parse_endpoint("https://user:canary@h/v1");
  REQUIRE(endpoint.has_error());
  CHECK(endpoint.error().message.find("canary") == std::string::npos);
}

TEST_CASE("what is no http URL with a host is refused with the remedy") {
  for (const char* bad : {"", "api.openai.com/v1", "ftp://h/", "https://", "https:///v1", "http://h:0",
                          "http://h:99999", "http://h:x", "http://[::1", "http://a b/", "http://h/a\nb", "://h"}) {
    CAPTURE(bad);
    REQUIRE(parse_endpoint(bad).has_error());
    CHECK(parse_endpoint(bad).error().message.find("write") != std::string::npos);
  }
}
