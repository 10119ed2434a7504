#include "ledger/pg/session/array.hpp"

#include "foundation/text/utf8.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::pg;

TEST_CASE("JSON loses its escaped NUL, but not what only looks like one") {
  CHECK(storable(JsonText{R"({"a":"x\u0000y"})"}) == "{\"a\":\"x\uFFFDy\"}");
  CHECK(storable(JsonText{R"({"\u0000":"\u0000\u0000"})"}) == "{\"\uFFFD\":\"\uFFFD\uFFFD\"}");
  CHECK(storable(JsonText{R"(["\\u0000","\\\u0000","\u00001"])"}) == "[\"\\\\u0000\",\"\\\\\uFFFD\",\"\uFFFD1\"]");
  CHECK(storable(JsonText{R"(["\n","\"","\u0001"])"}) == R"(["\n","\"","\u0001"])");
  CHECK(storable(JsonText{"\\"}) == "\\");
}

TEST_CASE("a text is cut between two characters, and says so") {
  CHECK(clipped("abc", 3) == "abc");
  CHECK(clipped("abcd", 3) == "abc…");
  CHECK(clipped("aüb", 2) == "a…");
  CHECK(clipped("\x80\x80\x80", 2) == "…");
  CHECK(clipped("", 0) == "");
}

TEST_CASE("an instant stays inside the years that Postgres and RFC 3339 share") {
  CHECK(timestamptz(Instant::max()) == "9999-12-31T23:59:59.999999Z");
  CHECK(timestamptz(Instant::min()) == "0001-01-01T00:00:00Z");
  CHECK(timestamptz(*parse_rfc3339("2026-06-01T07:00:00.123456Z")) == "2026-06-01T07:00:00.123456Z");
}

TEST_CASE("a span of any unit becomes an interval, and none is too long for one") {
  CHECK(interval(milliseconds{1500}) == "1500000 microseconds");
  CHECK(interval(nanoseconds{1999}) == "1 microseconds");
  CHECK(interval(-seconds{2}) == "-2000000 microseconds");
  const std::string most = "3153600000000000 microseconds";
  CHECK(interval(milliseconds::max()) == most);
  CHECK(interval(hours::max()) == most);
  CHECK(interval(microseconds::max()) == most);
  CHECK(interval(seconds::min()) == "-" + most);
  CHECK(interval(nanoseconds::max()) == most);
}

TEST_CASE("an array quotes what needs it") {
  Array array;
  array.add("a").add_null().add(std::string("x\"\\\0", 4)).add(JsonText{R"({"a":"\u0000"})"}).add(7).add(true);
  CHECK(array.literal() == "{\"a\",NULL,\"x\\\"\\\\\uFFFD\",\"{\\\"a\\\":\\\"\uFFFD\\\"}\",7,t}");
  CHECK(array.size() == 6);
}
