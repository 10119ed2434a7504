#include "ctl/argument.hpp"

#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::ctl;

namespace {

const std::optional<Zone> berlin = Zone::find("Europe/Berlin").value();
std::string message(const Result<Instant>& result) { return result ? "no error" : result.error().message; }

}  // namespace

TEST_CASE("a time with an offset needs no zone, and a zone does not change it") {
  const Instant seven = parse_rfc3339("2026-06-01T07:00:00Z").value();
  CHECK(instant_argument("AT", "2026-06-01T09:00:00+02:00", std::nullopt).value() == seven);
  CHECK(instant_argument("AT", "2026-06-01T07:00:00Z", berlin).value() == seven);
  CHECK(instant_argument("AT", "2026-06-01T09:00", berlin).value() == seven);
  CHECK(instant_argument("AT", "2026-06-01", berlin).value() == parse_rfc3339("2026-05-31T22:00:00Z").value());
}

TEST_CASE("a local time without a zone is refused: the host's zone is never assumed") {
  CHECK(message(instant_argument("AT", "2026-06-01T09:00", std::nullopt)) ==
        "AT '2026-06-01T09:00' has no zone: add an offset or Z, or give --timezone");
}

TEST_CASE("a local time that comes twice is refused, naming both instants") {
  CHECK(message(instant_argument("--from", "2026-10-25T02:30", berlin)) ==
        "--from '2026-10-25T02:30' comes twice in Europe/Berlin: write 2026-10-25T02:30:00+02:00 or "
        "2026-10-25T02:30:00+01:00");
}

TEST_CASE("a local time that does not exist is refused, or kept beside the jump for who asks about it") {
  CHECK(message(instant_argument("--from", "2026-03-29T02:30", berlin)) ==
        "--from '2026-03-29T02:30' does not exist in Europe/Berlin: the clocks jump over it, to "
        "2026-03-29T03:00:00+02:00");
  const auto asked = time_argument("AT", "2026-03-29T02:30", berlin);
  REQUIRE(asked.has_value());
  CHECK(asked->at == parse_rfc3339("2026-03-29T01:00:00Z").value());  // 03:00 +02:00
  CHECK(asked->missing == parse_local("2026-03-29T02:30").value());
}

TEST_CASE("numbers are whole, positive and bounded") {
  CHECK(number_argument("--count", "10", 100).value() == 10);
  for (const char* wrong : {"0", "-1", "101", "1.5", "ten", "", "1 ", "99999999999999999999"}) {
    INFO(wrong);
    CHECK(!number_argument("--count", wrong, 100).has_value());
  }
}
