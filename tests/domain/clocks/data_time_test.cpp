#include "domain/clocks/data_time.hpp"

#include <nlohmann/json.hpp>

#include "domain/clocks/clock_runs.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

Zone berlin() { return Zone::find("Europe/Berlin").value(); }
DataTimes times(std::string_view json, std::string_view pointer) {
  return data_times(parse_json(json).value(), pointer, berlin());
}
DataTimes one(std::string_view instant) { return {at(instant), at(instant), 1, 0}; }
const DataTimes unreadable{std::nullopt, std::nullopt, 0, 1};

}  // namespace

TEST_CASE("the oldest and the newest instant of all elements are found") {
  const auto found = times(
      R"({"notes":[{"at":"2026-05-31T08:00:00Z"},{"at":"2026-05-29T10:00:00+02:00"},{"at":"x"},{}]})", "/notes/*/at");
  CHECK(found == DataTimes{at("2026-05-29T08:00:00Z"), at("2026-05-31T08:00:00Z"), 2, 1});
}

TEST_CASE("a star takes every member of an object, at any depth, and a number one element") {
  const std::string_view json = R"({"a":{"x":["2026-01-01","2026-01-02"],"y":["2026-01-03"]}})";
  CHECK(times(json, "/a/*/*").count == 3);
  CHECK(times(json, "/a/x/1") == one("2026-01-01T23:00:00Z"));
  CHECK(times(json, "/a/x/2") == DataTimes{});
  CHECK(times(json, "/a/x/01") == DataTimes{});
  CHECK(times(json, "/a/x/-") == DataTimes{});
}

TEST_CASE("nothing at the pointer is nothing read, and no fault") {
  CHECK(times(R"({"notes":[]})", "/notes/*/at") == DataTimes{});
  CHECK(times(R"({"notes":"text"})", "/notes/*/at") == DataTimes{});
  CHECK(times("{}", "/a/b/c") == DataTimes{});
}

TEST_CASE("a value at the pointer that is no time is counted as unreadable") {
  for (const char* json : {"null", "true", "{}", "[]", "\"soon\"", "\"\"", "-5", "1e300", "20260601", "12"})
    CHECK(times(std::string(R"({"t":)") + json + "}", "/t") == unreadable);
}

TEST_CASE("escapes of a JSON pointer are read") {
  CHECK(times(R"({"a/b":{"~":"2026-01-01T00:00:00Z"}})", "/a~1b/~0") == one("2026-01-01T00:00:00Z"));
  CHECK(times(R"({"":"2026-01-01T00:00:00Z"})", "/") == one("2026-01-01T00:00:00Z"));
}

TEST_CASE("local times are taken in the run's zone") {
  CHECK(times(R"(["2026-06-01"])", "/0") == one("2026-05-31T22:00:00Z"));
  CHECK(times(R"(["2026-06-01T09:00"])", "/0") == one("2026-06-01T07:00:00Z"));
  CHECK(times(R"(["2026-03-29T02:30"])", "/0") == one("2026-03-29T01:00:00Z"));  // in the gap: its end
}

TEST_CASE("a local time that the zone repeats counts as both of its instants") {
  CHECK(times(R"(["2026-10-25T02:30"])", "/0") ==
        DataTimes{at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z"), 1, 0});
}

TEST_CASE("unix seconds and milliseconds are told apart by their size") {
  CHECK(times("[1780304400]", "/0") == one("2026-06-01T09:00:00Z"));
  CHECK(times("[1780304400000]", "/0") == one("2026-06-01T09:00:00Z"));
  CHECK(times("[1780304400.25]", "/0") == one("2026-06-01T09:00:00.25Z"));
  CHECK(times(R"(["1780304400.250000"])", "/0") == one("2026-06-01T09:00:00.25Z"));
  CHECK(times("[1780304400000000]", "/0") == unreadable);  // microseconds would be the year 58386
}

TEST_CASE("a header holds an HTTP date, or any of the other forms") {
  CHECK(data_time_of("Mon, 01 Jun 2026 07:00:00 GMT", berlin()) == one("2026-06-01T07:00:00Z"));
  CHECK(data_time_of("2026-06-01T07:00:00Z", berlin()) == one("2026-06-01T07:00:00Z"));
  CHECK(data_time_of("1780304400", berlin()) == one("2026-06-01T09:00:00Z"));
  CHECK(data_time_of("yesterday", berlin()) == unreadable);
}

TEST_CASE("merging takes the extremes and adds the counts") {
  const DataTimes a{at("2026-01-02T00:00:00Z"), at("2026-01-03T00:00:00Z"), 2, 1};
  const DataTimes b{at("2026-01-01T00:00:00Z"), at("2026-01-02T00:00:00Z"), 3, 0};
  CHECK(merge(a, b) == DataTimes{at("2026-01-01T00:00:00Z"), at("2026-01-03T00:00:00Z"), 5, 1});
  CHECK(merge(a, b) == merge(b, a));
  CHECK(merge(a, DataTimes{}) == a);
  CHECK(merge(DataTimes{}, a) == a);
}

TEST_CASE("a declaration of data time is checked at load") {
  for (const char* good : {"/a", "/", "/a/*/b", "/a~1b/~0", "header:Last-Modified"}) CHECK_FALSE(check_data_time(good));
  for (const char* bad : {"", "a/b", "$.a", "/a~", "/a~2", "header:", "header:a b", "header:x\r\ny"}) {
    INFO(bad);
    REQUIRE(check_data_time(bad));
    CHECK(check_data_time(bad)->find(std::string("data_time '") + bad + "'") == 0);
  }
}
