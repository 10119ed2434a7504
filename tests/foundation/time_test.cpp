#include "foundation/time/time.hpp"

#include "support/catch.hpp"

using namespace nowd;

namespace {

Instant at(std::int64_t unix_seconds) { return Instant{seconds{unix_seconds}}; }
LocalTime local(std::string_view text) { return *parse_local(text); }

}  // namespace

TEST_CASE("an instant is written in UTC, with a fraction only when there is one") {
  CHECK(rfc3339(at(1780297204)) == "2026-06-01T07:00:04Z");
  CHECK(rfc3339(at(1780297204) + milliseconds{40}) == "2026-06-01T07:00:04.040Z");
  CHECK(rfc3339(at(1780297204) + microseconds{5}) == "2026-06-01T07:00:04.000005Z");
  CHECK(rfc3339(at(-1)) == "1969-12-31T23:59:59Z");
  CHECK(rfc3339(at(-1) + milliseconds{250}) == "1969-12-31T23:59:59.250Z");
}

TEST_CASE("a local time is written with its offset, and names the same instant where offsets had seconds") {
  CHECK(rfc3339(local("2026-06-01T09:00:04"), hours{2}) == "2026-06-01T09:00:04+02:00");
  CHECK(rfc3339(local("2026-06-01T09:00"), seconds{0}) == "2026-06-01T09:00:00+00:00");
  CHECK(rfc3339(local("2026-01-01T00:00"), -(hours{3} + minutes{30})) == "2026-01-01T00:00:00-03:30");
  // Monrovia, until 1972: 00:00:00-00:44:30 is 00:44:30 UTC
  CHECK(rfc3339(local("1971-06-01T00:00"), -seconds{2670}) == "1971-06-01T00:00:30-00:44");
}

TEST_CASE("RFC 3339 is read with any offset and any fraction") {
  CHECK(*parse_rfc3339("2026-06-01T07:00:04Z") == at(1780297204));
  CHECK(*parse_rfc3339("2026-06-01t09:00:04+02:00") == at(1780297204));
  CHECK(*parse_rfc3339("2026-06-01T02:30:04-04:30") == at(1780297204));
  CHECK(*parse_rfc3339("2026-06-01T07:00:04.5z") == at(1780297204) + milliseconds{500});
  CHECK(*parse_rfc3339("2026-06-01T07:00:04.1234567899Z") == at(1780297204) + microseconds{123456});
  CHECK(*parse_rfc3339("1970-01-01T00:00:00Z") == at(0));
  CHECK(rfc3339(*parse_rfc3339("9999-12-31T23:59:59.999999Z")) == "9999-12-31T23:59:59.999999Z");
}

TEST_CASE("a leap second is the second after it, and stands nowhere but at the end of a UTC day") {
  CHECK(*parse_rfc3339("2016-12-31T23:59:60Z") == *parse_rfc3339("2017-01-01T00:00:00Z"));
  CHECK(*parse_rfc3339("2017-01-01T00:59:60+01:00") == *parse_rfc3339("2017-01-01T00:00:00Z"));
  CHECK(parse_rfc3339("2016-12-31T22:59:60Z").has_error());
  CHECK(parse_rfc3339("2016-12-31T23:59:60+01:00").has_error());
  CHECK(parse_rfc3339("2016-12-31T23:59:61Z").has_error());
}

TEST_CASE("what is nearly RFC 3339 is not read as something else") {
  for (const char* text : {"",
                           "2026-06-01",
                           "2026-06-01T07:00:04",
                           "2026-06-01 07:00:04Z",
                           "2026-06-01T07:00Z",
                           "2026-6-1T07:00:04Z",
                           "2026-02-29T00:00:00Z",
                           "2026-13-01T00:00:00Z",
                           "2026-06-01T24:00:00Z",
                           "2026-06-01T07:60:00Z",
                           "2026-06-01T07:00:04.Z",
                           "2026-06-01T07:00:04+0200",
                           "2026-06-01T07:00:04+24:00",
                           "2026-06-01T07:00:04Zulu",
                           " 2026-06-01T07:00:04Z",
                           "1969-12-31T23:59:59Z",
                           "1970-01-01T00:00:00+00:01",
                           "10000-01-01T00:00:00Z",
                           "9999-12-31T23:59:59-00:01",
                           "-026-06-01T07:00:04Z"}) {
    CAPTURE(text);
    CHECK(parse_rfc3339(text).has_error());
  }
  CHECK(parse_rfc3339("noon").error().message ==
        "'noon' is not a time with an offset (RFC 3339, years 1970 to 9999): write 2026-06-01T07:00:04Z or "
        "2026-06-01T09:00:04+02:00");
}

TEST_CASE("a local time is a date, with or without a time of day") {
  CHECK(iso(local("2026-12-01")) == "2026-12-01T00:00:00");
  CHECK(iso(local("2026-12-01T09:00")) == "2026-12-01T09:00:00");
  CHECK(iso(local("2026-12-01 09:00:30")) == "2026-12-01T09:00:30");
  CHECK(iso_date(*parse_local_day("2024-02-29")) == "2024-02-29");
  for (const char* text : {"2026-12-01T", "2026-12-01T9:00", "2026-12-01T09:00:60", "2026-12-01T09:00:30Z", "2026-12",
                           "2023-02-29", "2026-12-32", "2026-12-01T24:00", "tomorrow"}) {
    CAPTURE(text);
    CHECK(parse_local(text).has_error());
    CHECK(parse_local_day(text).has_error());
  }
  CHECK(parse_local_day("2026-12-01T09:00").has_error());
}

TEST_CASE("HTTP dates are read in all three forms") {
  const Instant expected = *parse_rfc3339("1994-11-06T08:49:37Z");
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == expected);
  CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT") == expected);
  CHECK(parse_http_date("Sun Nov  6 08:49:37 1994") == expected);
  CHECK(parse_http_date("Wednesday, 06-Nov-30 08:49:37 GMT") == *parse_rfc3339("2030-11-06T08:49:37Z"));
  CHECK(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT") == *parse_rfc3339("2017-01-01T00:00:00Z"));
  for (const char* text :
       {"", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT", "Nov, 06 Sun 1994 08:49:37 GMT", "1994-11-06T08:49:37Z",
        "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT+1"}) {
    CAPTURE(text);
    CHECK(!parse_http_date(text));
  }
}

TEST_CASE("durations are numbers with units, largest first") {
  CHECK(*parse_duration("90s") == seconds{90});
  CHECK(*parse_duration("250ms") == milliseconds{250});
  CHECK(*parse_duration("1h30m") == minutes{90});
  CHECK(*parse_duration("1d2h3m4s5ms") == days{1} + hours{2} + minutes{3} + seconds{4} + milliseconds{5});
  CHECK(*parse_duration("0s") == milliseconds{0});
  CHECK(*parse_duration("3650d") == days{3650});
  CHECK(*parse_duration("1w") == days{7});
  CHECK(*parse_duration("2w1d") == days{15});
  for (const char* text : {"", "90", "s", "-5m", "1.5h", "5 m", "5M", "30m1h", "1m1m", "1d1w", "3660d", "99999999999h",
                           "99999999999999999999s", "3652d24h"}) {
    CAPTURE(text);
    CHECK(parse_duration(text).has_error());
  }
  CHECK(parse_duration("90").error().message ==
        "duration '90' is not one: write 90s, 5m, 2h, 1d, 250ms or a sum such as 1h30m");
  CHECK(parse_duration("4000d").error().message == "duration '4000d' is longer than 10 years");
}

TEST_CASE("durations are written for people, cut off rather than rounded up") {
  CHECK(human(nanoseconds{0}) == "0 s");
  CHECK(human(milliseconds{12}) == "12 ms");
  CHECK(human(milliseconds{499}) == "0.4 s");
  CHECK(human(milliseconds{7999}) == "7 s");
  CHECK(human(seconds{127}) == "2m07s");
  CHECK(human(minutes{185}) == "3h05m");
  CHECK(human(hours{52}) == "2d 4h");
  CHECK(human(-seconds{127}) == "-2m07s");
  CHECK(human(nanoseconds::min()) == "-106751d 23h");
}

TEST_CASE("the clock block counts in whole seconds") {
  CHECK(compact(seconds{0}) == "0s");
  CHECK(compact(seconds{7}) == "7s");
  CHECK(compact(seconds{127}) == "2m07s");
  CHECK(compact(minutes{10}) == "10m00s");
  CHECK(compact(seconds{3727}) == "1h02m07s");
  CHECK(compact(-seconds{61}) == "-1m01s");
}
