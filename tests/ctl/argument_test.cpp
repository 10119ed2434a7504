#include "ctl/cli/argument.hpp"

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

TEST_CASE("a date as an end is that whole day, and as a start its first instant") {
  const auto end = [](const char* text, const std::optional<Zone>& zone) {
    return rfc3339(end_argument("--until", text, zone).value());
  };
  CHECK(end("2026-11-27", berlin) == "2026-11-27T22:59:59.999999Z");
  CHECK(end("2026-03-29", berlin) == "2026-03-29T21:59:59.999999Z");  // a day of 23 hours
  CHECK(end("2026-10-25", berlin) == "2026-10-25T22:59:59.999999Z");  // of 25
  CHECK(end("2026-11-27T09:00", berlin) == "2026-11-27T08:00:00Z");   // a time is that time
  CHECK(message(end_argument("--until", "2026-11-27", std::nullopt)) ==
        "--until '2026-11-27' has no zone: add an offset or Z, or give --timezone");
  // Where midnight does not exist, or comes twice, the day begins with its first instant.
  const std::optional<Zone> paulo = Zone::find("America/Sao_Paulo").value();
  CHECK(rfc3339(instant_argument("--from", "2018-11-04", paulo).value()) == "2018-11-04T03:00:00Z");
  const std::optional<Zone> havana = Zone::find("America/Havana").value();
  CHECK(rfc3339(instant_argument("--from", "2026-11-01", havana).value()) == "2026-11-01T04:00:00Z");
}

TEST_CASE("seconds may be left out before an offset, too") {
  CHECK(instant_argument("AT", "2026-11-20T09:00+01:00", std::nullopt).value() ==
        parse_rfc3339("2026-11-20T08:00:00Z").value());
  CHECK(instant_argument("AT", "2026-11-20T08:00Z", std::nullopt).value() ==
        parse_rfc3339("2026-11-20T08:00:00Z").value());
  for (const char* wrong : {"2026-11-20T09+01:00", "2026-11-20T09:00+1", "2026-11-20T09:00X", "2026-11-20T24:00Z"}) {
    INFO(wrong);
    CHECK(!instant_argument("AT", wrong, std::nullopt).has_value());
  }
}

TEST_CASE("--since takes a span, a moment, or a date of UTC") {
  const Instant now = parse_rfc3339("2026-11-30T12:00:00Z").value();
  CHECK(since_argument("2h", now).value() == now - hours{2});
  CHECK(since_argument("1w", now).value() == now - days{7});
  CHECK(rfc3339(since_argument("2026-11-27", now).value()) == "2026-11-27T00:00:00Z");
  CHECK(rfc3339(since_argument("2026-11-27T09:00+01:00", now).value()) == "2026-11-27T08:00:00Z");
  CHECK(message(since_argument("yesterday", now)) ==
        "--since 'yesterday' is neither a span (90s, 5m, 2h, 1d) nor a date or an RFC 3339 time");
}

TEST_CASE("numbers are whole, positive and bounded") {
  CHECK(number_argument("--count", "10", 100).value() == 10);
  for (const char* wrong : {"0", "-1", "101", "1.5", "ten", "", "1 ", "99999999999999999999"}) {
    INFO(wrong);
    CHECK(!number_argument("--count", wrong, 100).has_value());
  }
}
