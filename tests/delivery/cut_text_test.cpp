// Texts that are too long.
#include "delivery/cut_text.hpp"

#include "support/catch.hpp"

using namespace nowd;

TEST_CASE("a text that fits is left alone, to the last character") {
  CHECK(cut_text("", 10, in_bytes, "x").empty());
  CHECK(cut_text("0123456789", 10, in_bytes, "x") == "0123456789");
  CHECK(cut_text("0123456789a", 10, in_bytes, "x") != "0123456789a");
}

TEST_CASE("a text that does not fit ends with a line that says so and where the rest is") {
  const std::string text = cut_text(std::string(500, 'a'), 100, in_bytes, "nowctl show 12");
  CHECK(text.size() == 100);
  CHECK(text.ends_with("a\n[cut here; all of it: nowctl show 12]"));
  CHECK(cut_text(std::string(500, 'a'), 100, in_bytes, "").ends_with("a\n[cut here]"));
}

TEST_CASE("a text is cut at a line's end, unless that costs half of it") {
  const std::string lines = std::string(50, 'a') + "\n" + std::string(500, 'b');
  CHECK(cut_text(lines, 100, in_bytes, "") == std::string(50, 'a') + "\n[cut here]");
  const std::string early = "a\n" + std::string(500, 'b');
  CHECK(cut_text(early, 100, in_bytes, "").size() == 100);
}

TEST_CASE("no character is split") {
  std::string euros;
  for (int i = 0; i < 100; ++i) euros += "\xE2\x82\xAC";
  const std::string text = cut_text(euros, 100, in_bytes, "");
  CHECK(text.size() == 98);  // 29 of them, and the note's 11 bytes
  CHECK(text.starts_with(euros.substr(0, 87) + "\n"));
}

TEST_CASE("characters count as the receiver counts them") {
  CHECK(in_utf16("\xE2\x82\xAC") == 1);
  CHECK(in_utf16("\xF0\x9F\x98\x80") == 2);
  CHECK(in_escaped_markup("&") == 5);
  CHECK(in_escaped_markup("<") == 4);
  CHECK(in_json("\"") == 2);
  CHECK(in_json("\x01") == 6);
}

TEST_CASE("a code block that the cut leaves open is closed, within the limit") {
  const std::string text = "Log:\n```\n" + std::string(300, 'x') + "\n```\nbye";
  const std::string cut = cut_text(text, 100, in_bytes, "");
  CHECK(cut.size() <= 100);
  CHECK(cut.ends_with("x\n```\n[cut here]"));
  const std::string closed = cut_text("```\na\n```\n" + std::string(300, 'x'), 100, in_bytes, "");
  CHECK(closed.ends_with("x\n[cut here]"));  // the only block is whole
  CHECK(cut_text(text, 1'000, in_bytes, "") == text);
}
