#include "domain/gates/stated_date.hpp"

#include <nlohmann/json.hpp>

#include "support/catch.hpp"

using namespace nowd;

namespace {
const Zone berlin = Zone::find("Europe/Berlin").value();
const LocalDay first_of_june = parse_local_day("2026-06-01").value();
}  // namespace

TEST_CASE("a tool's schema asks for the date, whatever else it asks for") {
  const Json plain = with_stated_date(Json::object(), true);
  CHECK(plain["properties"]["nowd_as_of"]["type"] == "string");
  CHECK(plain["required"] == Json::array({"nowd_as_of"}));
  const Json strict =
      parse_json(R"({"type":"object","properties":{"a":{}},"required":["a"],"additionalProperties":false})").value();
  const Json with = with_stated_date(strict, true);
  CHECK(with["required"] == Json::array({"a", "nowd_as_of"}));
  CHECK(with["properties"].size() == 2);
  CHECK(with_stated_date(strict, false)["required"] == Json::array({"a"}));
}

TEST_CASE("the date is taken out of the arguments before the tool sees them") {
  CHECK(take_stated_date(R"({"nowd_as_of":"2026-06-01","a":1})") == StatedDate{true, "2026-06-01", R"({"a":1})"});
  CHECK(take_stated_date(R"({"a":1})") == StatedDate{true, std::nullopt, R"({"a":1})"});
  CHECK(take_stated_date("") == StatedDate{true, std::nullopt, ""});
  CHECK(take_stated_date(R"({"nowd_as_of":null})").text == std::nullopt);
  CHECK(take_stated_date(R"({"nowd_as_of":20260601})").text == "20260601");
}

TEST_CASE("arguments that are no object state nothing, and are left for the schema to refuse") {
  for (const char* raw : {"[", "[]", "3", "\"2026-06-01\""}) CHECK(take_stated_date(raw) == StatedDate{false, {}, raw});
}

TEST_CASE("a date, a local time and an RFC 3339 time in the job's zone name their day") {
  for (const char* right :
       {"2026-06-01", "2026-06-01T09:00", "2026-06-01T09:00:00+02:00", "2026-06-01T07:00:00Z", "2026-05-31T22:30:00Z",
        "2026-06-01 Mon", " 2026-06-01", "2026-06-01T09:00:00+02:00   (Monday, 2026-W23, Europe/Berlin)"})
    CHECK(states_date(right, first_of_june, berlin));
  for (const char* wrong : {"2025-06-01", "2026-05-31", "2026-06-01T23:30:00Z", "Monday", "", "today", "01.06.2026"})
    CHECK_FALSE(states_date(wrong, first_of_june, berlin));
}

TEST_CASE("a stated date may be any text: it is kept without NUL and without half a character, and is a wrong date") {
  const StatedDate with_nul = take_stated_date("{\"nowd_as_of\":\"2026-06-01\\u0000\",\"a\":1}");
  CHECK(with_nul.text == "2026-06-01?");
  CHECK_FALSE(states_date(*with_nul.text, first_of_june, berlin));
  CHECK(with_nul.rest == R"({"a":1})");
  const StatedDate longer = take_stated_date("{\"nowd_as_of\":\"" + std::string(99, 'x') + "\xC3\xBC\"}");
  CHECK(longer.text == std::string(99, 'x'));
}
