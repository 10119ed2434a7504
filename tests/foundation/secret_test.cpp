#include "foundation/secret.hpp"

#include <nlohmann/json.hpp>

#include "foundation/text/placeholder.hpp"
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

TEST_CASE("an escape is found however deep it is nested, and what was JSON stays JSON") {
  Redactor redact;
  redact.add(Secret("\"ca\\na'ry-4/2"));
  std::string text = "say \"ca\\na'ry-4/2, please";
  for (int depth = 0; depth < 5; ++depth) {
    INFO(text);
    const std::string clean = redact(text);
    CHECK(clean.find("ry-4") == std::string::npos);
    CHECK(clean.find("[redacted]") != std::string::npos);
    if (depth > 0) CHECK(nlohmann::json::parse(clean).is_string());
    text = nlohmann::json(text).dump();
  }
  CHECK(redact(R"(the word '"ca\\na\'ry-4/2' is not known)") == "the word '[redacted]' is not known");
  CHECK(redact(R"(the word '"ca\\na\'r…' is not known)") == "the word '[redacted]…' is not known");
  CHECK(redact(R"({"path":"C:\\temp","and":"\n"})") == R"({"path":"C:\\temp","and":"\n"})");
}

TEST_CASE("secrets that overlap, touch or hold one another are all removed") {
  Redactor redact;
  redact.add(Secret("k1-abcdefgh"));
  redact.add(Secret("efghij-k2"));
  redact.add(Secret("bcdefg-k3"));
  CHECK(redact("x k1-abcdefghij-k2 y") == "x [redacted] y");
  CHECK(redact("k1-abcdefghk1-abcdefgh") == "[redacted][redacted]");
  CHECK(redact("k1-abcdefg-k3") == "k1-a[redacted]");
}

TEST_CASE("a text of eight megabytes is redacted in one pass, whatever it holds") {
  Redactor redact;
  for (const char c : {'a', 'b', 'c', 'd'}) {
    std::string value;
    for (int i = 0; i < 2000; ++i) value += static_cast<char>(c + (i * i + i / 7) % 22);
    redact.add(Secret(value + "-9"));
  }
  redact.add(Secret("sk-canary-0123456789"));
  std::string cuts, keys, half;
  while (cuts.size() < 8'000'000) cuts += "…";
  while (keys.size() < 8'000'000) keys += "sk-canary-0123456789";
  while (half.size() < 8'000'000) half += "sk-canary-01234567\\";
  CHECK(redact(cuts) == cuts);
  const std::string clean = redact(keys);
  CHECK(clean.size() == keys.size() / 2);
  CHECK(clean.find("sk-") == std::string::npos);
  CHECK(redact(half) == half);
}

TEST_CASE("a word that stands where a key is wanted is no secret") {
  for (const char* word : {"ollama",         "none",
                           "dummy",          "test",
                           "changeme",       "sk-no-key-required",
                           "EMPTY",          "lm-studio",
                           "not-needed",     "no-key",
                           "NULL",           "your_api_key_here",
                           "<your-api-key>", "sk-xxxxxxxxxxxxxxxx",
                           "xxxxxxxxxxxx",   "token-abc123",
                           "sk-1234",        "12345678",
                           "placeholder",    "fake-key",
                           "sk-dummy",       "Secret",
                           "localhost",      "llama.cpp",
                           "anything",       "20260601",
                           "letmein",        "vllm",
                           "mistral"}) {
    INFO(word);
    CHECK(is_placeholder(word));
    Redactor redact;
    redact.add(Secret(word));
    CHECK(redact.empty());
  }
  for (const char* secret :
       {"sk-canary-123", "s3cret-value", "sk-ant-api03-R2D2", "hunter2hunter2", "correct horse battery staple",
        "correcthorsebatterystaple", "fzpqwklsmrtvbnxc", "fzpq wkls mrtv bnxc", "Tr0ub4dor&3", "4f9a1c", "!@#$%^&*",
        "AKIAIOSFODNN7", "123456789012", "gsk_abcDEF", "пароль-пароль"}) {
    INFO(secret);
    CHECK_FALSE(is_placeholder(secret));
  }
}
