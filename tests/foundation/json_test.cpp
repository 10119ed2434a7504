#include "foundation/json.hpp"

#include "support/catch.hpp"

using namespace nowd;

TEST_CASE("a NUL ends no JSON: what is around it is refused") {
  CHECK(parse_json(std::string("{}\0", 3)).has_error());
  CHECK(parse_json(std::string("{\"a\":1}\0{\"b\":2}", 15)).has_error());
  CHECK(parse_json(R"({"a":"\u0000"})").has_value());
}

TEST_CASE("nesting is counted in brackets, and not in those of a text") {
  CHECK(parse_json(std::string(64, '[') + std::string(64, ']')).has_value());
  CHECK(parse_json(std::string(65, '[') + std::string(65, ']')).has_error());
  CHECK(parse_json('"' + std::string(100, '[') + "\\\"" + std::string(100, '{') + '"').has_value());
}

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
