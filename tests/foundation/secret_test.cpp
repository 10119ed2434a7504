#include "foundation/secret.hpp"

#include "support/catch.hpp"

using namespace nowd;

TEST_CASE("a secret is removed in every form it may take on the way") {
  Redactor redact;
  redact.add(Secret("sk-\"canary\"/42"));
  CHECK(redact("plain sk-\"canary\"/42 end") == "plain [redacted] end");
  CHECK(redact("json sk-\\\"canary\\\"/42 end") == "json [redacted] end");
  CHECK(redact("url sk-%22canary%22%2F42 end") == "url [redacted] end");
  CHECK(redact("base64 c2stImNhbmFyeSIvNDI= end") == "base64 [redacted] end");
}

TEST_CASE("a secret of a few characters does not redact ordinary words") {
  Redactor redact;
  redact.add(Secret("abc"));
  CHECK(redact("the abc of it") == "the abc of it");
}
