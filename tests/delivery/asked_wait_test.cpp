// How long a server asks to wait.
#include "delivery/webhook/webhook.hpp"

#include "support/catch.hpp"

using namespace nowd;

namespace {

const Instant now = parse_rfc3339("2026-06-01T07:00:00Z").value();

}  // namespace

TEST_CASE("Retry-After is a number of seconds, with a fraction or a unit too") {
  CHECK(retry_after("0", {}, now) == milliseconds{0});
  CHECK(retry_after(" 30 ", {}, now) == seconds{30});
  CHECK(retry_after("20.5", {}, now) == milliseconds{20'500});
  CHECK(retry_after("0.0001", {}, now) == milliseconds{1});  // never sooner than asked
  CHECK(retry_after("3s", {}, now) == seconds{3});
  CHECK(retry_after("500ms", {}, now) == milliseconds{500});
  CHECK(retry_after("1m30s", {}, now) == seconds{90});
  for (const char* wrong : {"", "-5", "+5", "soon", "1e3", "1.2.3", ".", "5 minutes", "s", "0x10", "nan", "inf"}) {
    INFO(wrong);
    CHECK_FALSE(retry_after(wrong, {}, now).has_value());
  }
}

TEST_CASE("Retry-After as a date counts from the server's own clock, if it told it") {
  const std::string_view at_ten_past = "Mon, 01 Jun 2026 07:00:10 GMT";
  CHECK(retry_after(at_ten_past, {}, now) == seconds{10});
  CHECK(retry_after(at_ten_past, now - hours{1}, now) == hours{1} + seconds{10});
  CHECK(retry_after(at_ten_past, now + hours{1}, now) == milliseconds{0});
}

TEST_CASE("a wait is never negative and never longer than a day") {
  CHECK(retry_after("99999999999999999", {}, now) == hours{24});
  CHECK(retry_after(std::string(400, '9'), {}, now) == hours{24});
  CHECK(retry_after("Mon, 01 Jun 2026 06:00:00 GMT", {}, now) == milliseconds{0});
  CHECK(retry_after("Tue, 01 Jun 2027 07:00:00 GMT", {}, now) == hours{24});
  CHECK(retry_after_in_body(R"({"retry_after": 1e300})") == hours{24});
}

TEST_CASE("a body may say the wait, at the two places where servers put it") {
  CHECK(retry_after_in_body(R"({"retry_after": 64.57})") == milliseconds{64'570});
  CHECK(retry_after_in_body(R"({"retry_after": "7"})") == seconds{7});
  CHECK(retry_after_in_body(R"({"ok": false, "parameters": {"retry_after": 35}})") == seconds{35});
  for (const char* wrong : {"", "no", "[]", "{}", R"({"retry_after": -1})", R"({"retry_after": null})",
                            R"({"retry_after": true})", R"({"parameters": 5})"}) {
    INFO(wrong);
    CHECK_FALSE(retry_after_in_body(wrong).has_value());
  }
}
