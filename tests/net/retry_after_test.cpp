#include "net/http/retry_after.hpp"

#include "support/catch.hpp"

using namespace nowd;

namespace {

const Instant now = *parse_rfc3339("2026-06-01T07:00:00Z");

std::optional<milliseconds> wait(std::string_view value) { return retry_after(value, now); }

}  // namespace

TEST_CASE("durations are read as OpenAI and protobuf write them") {
  CHECK(parse_wire_duration("1m30.5s") == milliseconds{90'500});
  CHECK(parse_wire_duration("6ms") == milliseconds{6});
  CHECK(parse_wire_duration("1s") == milliseconds{1000});
  CHECK(parse_wire_duration("2h1m") == milliseconds{7'260'000});
  CHECK(parse_wire_duration("1d") == milliseconds{86'400'000});
  CHECK(parse_wire_duration("45.837906927s") == milliseconds{45'838});  // up: never too early
  CHECK(parse_wire_duration("0s") == milliseconds{0});
  for (const char* bad : {"", "5", "s", "-1s", "1x", "1s ", "1..5s", "1e3s", "99999999999d", ".s", "nan", "1m30"})
    CHECK_FALSE(parse_wire_duration(bad).has_value());
}

TEST_CASE("a wait is read in seconds, with a fraction or a unit, and as a date") {
  CHECK(wait("20") == milliseconds{20'000});
  CHECK(wait("20.5") == milliseconds{20'500});
  CHECK(wait("0.0001") == milliseconds{1});  // up: never too early
  CHECK(wait(" 3s ") == milliseconds{3'000});
  CHECK(wait("1m30s") == milliseconds{90'000});
  CHECK(wait("250ms") == milliseconds{250});
  CHECK(wait("\"7\"") == milliseconds{7'000});
  CHECK(wait("0") == milliseconds{0});
  CHECK(wait("Mon, 01 Jun 2026 07:00:30 GMT") == milliseconds{30'000});
  CHECK(wait("Mon, 01 Jun 2026 06:59:30 GMT") == milliseconds{0});  // it is over
}

TEST_CASE("a wait that makes no sense is none") {
  for (const char* bad : {"", " ", "-5", "soon", "1e9", "inf", "nan", "999999999999999", "1,5", "3 s", "0x10",
                          "Fri, 31 Dec 9999 23:59:59 GMT"})
    CHECK_FALSE(wait(bad).has_value());
}
