#include "foundation/json.hpp"

#include "support/catch.hpp"

using namespace nowd;

TEST_CASE("JSON that is nested too deep is refused, not walked") {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  CHECK(parse_json(deep).has_error());
  CHECK(parse_json("[[[1]]]", 3).has_value());
}

TEST_CASE("a JSON error names the byte") {
  REQUIRE(parse_json("{\"a\": tru}").has_error());
  CHECK(parse_json("{\"a\": tru}").error().message == "not JSON at byte 10");
}

TEST_CASE("the same value is written as the same bytes, whatever the order it was read in") {
  CHECK(dump_json(*parse_json(R"({"b":1,"a":[true,null]})")) == R"({"a":[true,null],"b":1})");
}

TEST_CASE("invalid UTF-8 is not JSON") { CHECK(parse_json("\"\xff\"").has_error()); }
