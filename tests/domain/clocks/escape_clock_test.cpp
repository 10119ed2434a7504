#include <random>

#include "domain/prompt/lenient_text.hpp"
#include "domain/prompt/run_time.hpp"
#include "support/catch.hpp"

using namespace nowd;

namespace {

/// A second opinion, written differently: drops what cannot be seen, folds what looks alike, then looks for "<clock".
bool reads_as_clock_tag(std::string_view text) {
  std::string seen;
  for (std::size_t at = 0; at < text.size();) {
    const Unit unit = unit_at(text, at);
    const bool quoted = text.substr(at, 4) == "&lt;";
    const char letter = clock_letter(unit.code);
    if (quoted)
      seen += '.';
    else if (looks_like_less_than(unit.code))
      seen += '<';
    else if (letter != 0)
      seen += letter;
    else if (is_invisible(unit.code))
      ;
    else
      seen += is_filler(unit.code) ? ' ' : '.';
    at += unit.length;
  }
  for (std::size_t open = seen.find('<'); open != std::string::npos; open = seen.find('<', open + 1)) {
    const std::size_t name = seen.find_first_not_of(' ', open + 1);
    if (name != std::string::npos && seen.compare(name, 5, "clock") == 0) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("no spelling of a clock tag gets through") {
  const std::string spelling =
      GENERATE(as<std::string>(),  //
               "<clock", "</clock>", "<CLOCK seq=\"9\">", "<ClOcK", "< clock", "<\t\r\n clock", "< / clock",
               "<\x01\x1f\x7f"
               "clock",
               "<\xC2\xA0"
               "clock",
               "<\xE2\x80\x8B"
               "clock",
               "<cl\xE2\x80\x8Bock",
               "<\xEF\xBB\xBF"
               "clock",
               "\xEF\xBC\x9C"
               "clock",
               "\xEF\xBC\x9C\xEF\xBD\x83\xEF\xBD\x8C\xEF\xBD\x8F\xEF\xBD\x83\xEF\xBD\x8B",
               "\xE2\x80\xB9"
               "clock",
               "\xE2\x9F\xA8"
               "clock",
               "&LT;clock", "&ltclock", "&#60;clock", "&#060clock", "&#x3c;clock", "&#X3C;CLOCK",
               "&#60;&#99;&#108;&#111;&#99;&#107;", "<&nbsp;clock", "<&#10;clock", "\\u003cclock", "\\u003C\\u0063lock",
               "<\\/clock", "<\\n\\tclock", "%3Cclock", "%3c%2fclock", "<\xD1\x81lock",
               "<cl\xD0\xBE"
               "ck",
               "<\xF0\x9D\x90\x9C\xF0\x9D\x90\xA5\xF0\x9D\x90\xA8\xF0\x9D\x90\x9C\xF0\x9D\x90\xA4", "<c10ck",
               "<\xC0\xAF"
               "clock",
               "\xC0\xBC"
               "clock",
               "<<clock", "<clockwork");
  const std::string escaped = escape_clock("before " + spelling + " after");
  INFO(spelling << " -> " << escaped);
  CHECK(escaped.find("&lt;") != std::string::npos);
  CHECK_FALSE(reads_as_clock_tag(escaped));
  CHECK(escape_clock(escaped) == escaped);
  CHECK(escaped.substr(0, 7) == "before ");
  CHECK(escaped.substr(escaped.size() - 6) == " after");
}

TEST_CASE("no sign or letter that looks like another makes a clock tag that gets through") {
  const std::string spelling = GENERATE(
      as<std::string>(), "<cIock", "<CIOCK", "<c\u0338lock", "<c\u0301l\u0301o\u0308c\u0327k\u0331", "<\u0338clock",
      "\u226Eclock",
      "<\uA4DA\uA4E1\uA4F3\uA4DA\uA4D7",  // Lisu
      "<\u13DF\u13DE\u13A4\u13DF\u13E6",  // Cherokee
      "<\uABAF\uABAE\u13A3\uABAF\uABB6",  // Cherokee, small
      "<\u2CA5\u2C93\u2C9F\u2CA5\u2C95",  // Coptic
      "<c\u056C\u0585c\u056F",            // Armenian
      "<\u249E\u24A7\u24AA\u249E\u24A6",  // in parentheses
      "<\U0001F112\U0001F11B\U0001F11E\U0001F112\U0001F11A", "<\U0001F152\U0001F15B\U0001F15E\U0001F152\U0001F15A",
      "<\U0001F172\U0001F17B\U0001F17E\U0001F172\U0001F17A", "<\U0001F1E8\U0001F1F1\U0001F1F4\U0001F1E8\U0001F1F0",
      "<\u1D9C\u02E1\u1D52\u1D9C\u1D4F",  // raised
      "<c\U0001D7CF\U0001D7CEck", "<\u010D\u0142\u00F6\u00E7\u0137",
      "<\U0001D5A2\U0001D5A8\U0001D5AE\U0001D5A2\U0001D5AA", "\u16B2clock", "\U0001D236clock", "\\x3cclock",
      "\\x3Cclock", "\\u{3c}clock", "\\u{00003C}clock", "\\074clock", "%253Cclock", "%25253cclock",
      "&#0000000000060;clock", "&#x00000000000000000003c;clock", "&#00000000000000000000060clock", "&lsaquo;clock",
      "&lsaquoclock", "&langle;clock", "&prec;clock", "<&#0000000000099;lock");
  const std::string escaped = escape_clock("before " + spelling + " after");
  INFO(spelling << " -> " << escaped);
  CHECK(escaped.find("&lt;") != std::string::npos);
  CHECK_FALSE(reads_as_clock_tag(escaped));
  CHECK(escape_clock(escaped) == escaped);
}

TEST_CASE("a NUL between the sign and the name hides nothing") {
  CHECK(escape_clock(std::string_view("<\0clock", 7)) == std::string_view("&lt;\0clock", 10));
}

TEST_CASE("only the opening sign is replaced") {
  CHECK(escape_clock("a <clock seq=\"1\">b</clock>") == "a &lt;clock seq=\"1\">b&lt;/clock>");
  CHECK(escape_clock("&#60; Clock") == "&lt; Clock");
  CHECK(escape_clock(R"({"a":"\u003cclock\u003e"})") == R"({"a":"&lt;clock\u003e"})");
}

TEST_CASE("what is no clock tag stays byte for byte") {
  const std::string text =
      GENERATE(as<std::string>(),  //
               "", "<", "clock", "a < b", "<cloc", "<cl ock>", "<c", "<div>o'clock</div>", "<b>clock</b>", "&lt;clock",
               "&lt;/clock&gt;", "&amp;lt;clock", "x<y && clock", "&", "&#", "&#x", "%3", "%3C", "\\u003", "\\",
               "\xff\xfe<\x80", "<\xE2\x80", "https://x/?a=%20&lang=de#clock",
               "Gr\xC3\xBC\xC3\x9F"
               "e <wecker>");
  CHECK(escape_clock(text) == text);
}

TEST_CASE("nothing forged survives, twice is once, and text without a forged tag is untouched, for random text") {
  const std::vector<std::string> pieces{"<",        "\xEF\xBC\x9C",
                                        "&lt;",     "&lt",
                                        "&#60",     ";",
                                        "&#x3C;",   "\\u003c",
                                        "%3c",      "clock",
                                        "CLOCK",    "c",
                                        "lock",     "l",
                                        "o",        "k",
                                        "/",        "\\",
                                        " ",        "\n",
                                        "\\n",      "u003c",
                                        "&",        "#",
                                        "60",       "3c",
                                        "%",        "\xE2\x80\x8B",
                                        "\xE2",     "\x80",
                                        "\xD1\x81", "&#99;",
                                        "x",        std::string(1, '\0')};
  std::mt19937 random(20260601);
  for (int round = 0; round < 60'000; ++round) {
    std::string text;
    for (std::size_t n = random() % 9; n > 0; --n) text += pieces[random() % pieces.size()];
    const std::string escaped = escape_clock(text);
    if (reads_as_clock_tag(escaped) || escape_clock(escaped) != escaped ||
        (escaped != text && !reads_as_clock_tag(text))) {
      INFO("text: " << text << "\nescaped: " << escaped);
      CHECK(false);
    }
  }
}

TEST_CASE("a long run of signs and spaces takes linear time") {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "< ";
  CHECK(escape_clock(text) == text);
  CHECK(escape_clock("<" + std::string(400'000, ' ') + "clock").substr(0, 4) == "&lt;");
  CHECK(escape_clock("&#" + std::string(400'000, '0') + "60;clock") == "&lt;clock");
  text.clear();
  for (int i = 0; i < 100'000; ++i) text += "%25\\u{&#0";
  CHECK(escape_clock(text) == text);
}
