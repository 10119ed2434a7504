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

TEST_CASE("a secret within something that is base64 is removed, whatever stands before and behind it") {
  Redactor redact;
  redact.add(Secret("sk-canary-0123456789"));
  // "Bearer sk-canary-0123456789", "user:sk-canary-0123456789", "\0nowd\0sk-canary-0123456789" and with "x" behind
  for (const char* text : {"QmVhcmVyIHNrLWNhbmFyeS0wMTIzNDU2Nzg5", "dXNlcjpzay1jYW5hcnktMDEyMzQ1Njc4OQ==",
                           "AG5vd2QAc2stY2FuYXJ5LTAxMjM0NTY3ODk=", "c2stY2FuYXJ5LTAxMjM0NTY3ODl4"}) {
    INFO(text << " became " << redact(text));
    CHECK(redact(text).find("[redacted]") != std::string::npos);
    CHECK(redact(text).size() < 26);
  }
}

TEST_CASE("a secret in other escapes: small digits, slashes kept, slashes escaped") {
  Redactor redact;
  redact.add(Secret("/T0/B0?k=x/y"));
  CHECK(redact("a %2fT0%2fB0%3fk%3dx%2fy b") == "a [redacted] b");
  CHECK(redact("a /T0/B0%3Fk%3Dx/y b") == "a [redacted] b");
  CHECK(redact("a \\/T0\\/B0?k=x\\/y b") == "a [redacted] b");
}

TEST_CASE("a text that was cut inside a secret keeps nothing of it") {
  Redactor redact;
  redact.add(Secret("sk-canary-0123456789"));
  CHECK(redact("bad key sk-canary-01… (providers.a)") == "bad key [redacted]… (providers.a)");
  CHECK(redact("keys begin with sk-… and the like") == "keys begin with sk-… and the like");
  CHECK(redact("… and sk-canary-012345…, sk-canary-0123456789…") == "… and [redacted]…, [redacted]…");
}
