#include "providers/wire/wire.hpp"

#include <nlohmann/json.hpp>

#include "support/catch.hpp"

using namespace nowd;

namespace {

/// The text of {"t": …}, with its marks.
std::string marked(const std::string& json, bool expect_marks = true) {
  bool marks = false;
  const Result<Json> value = parse_wire_json(json, marks);
  REQUIRE(value.has_value());
  CHECK(marks == expect_marks);
  return (*value)["t"].get<std::string>();
}

}  // namespace

TEST_CASE("an emoji that is cut between two events is whole again") {
  const std::string one = marked(R"({"t":"So \ud83d"})"), two = marked(R"({"t":"\ude00 it is"})");
  CHECK(join_halves(one + two) == "So 😀 it is");
  CHECK_FALSE(loses_half(one + two));
}

TEST_CASE("half an emoji that stays alone is one replacement character") {
  CHECK(join_halves(marked(R"({"t":"a\ud83db"})")) == "a�b");
  CHECK(join_halves(marked(R"({"t":"a\ude00b"})")) == "a�b");
  CHECK(join_halves(marked(R"({"t":"\ude00\ud83d"})")) == "��");
  CHECK(loses_half(marked(R"({"t":"a\ud83db"})")));
}

TEST_CASE("a character that is cut between two bytes is whole again, and what is no UTF-8 is replaced") {
  const std::string one = marked("{\"t\":\"So \xF0\x9F\"}"), two = marked("{\"t\":\"\x98\x80 it is\"}");
  CHECK(join_halves(one + two) == "So 😀 it is");
  CHECK(join_halves(marked("{\"t\":\"caf\xE9\"}")) == "caf�");
  CHECK(loses_half(marked("{\"t\":\"caf\xE9\"}")));
}

TEST_CASE("what is good JSON is read as it is, characters of private planes included") {
  CHECK(marked(R"({"t":"\ud83d\ude00 \\ud83d \" é"})", false) == "😀 \\ud83d \" é");
  CHECK(marked("{\"t\":\"\xF4\x8D\xA0\xBD\"}", false) == "\xF4\x8D\xA0\xBD");
}

TEST_CASE("a number past all bounds is a very large one") {
  bool marks = false;
  CHECK(*parse_wire_json(R"({"a":1e400,"b":-1e999,"c":"1e400","d":1.5})", marks) ==
        *parse_json(R"({"a":1e300,"b":-1e300,"c":"1e400","d":1.5})"));
}

TEST_CASE("what is no JSON stays none") {
  bool marks = false;
  for (const char* bad : {"", "{", "{\"t\":\"\\ud83d\"", "\xFF", "{\"t\":\"\\u12\"}", "1e", "\\ud83d"})
    CHECK_FALSE(parse_wire_json(bad, marks).has_value());
  CHECK_FALSE(marks);
}

TEST_CASE("halves are joined in all texts of a value") {
  bool marks = false;
  Json value = *parse_wire_json(R"({"a":["x\ud83d",{"b":"\ude00"}],"c":1})", marks);
  join_halves(value);
  CHECK(value == *parse_json(R"({"a":["x�",{"b":"�"}],"c":1})"));
}
