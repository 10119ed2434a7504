#include <random>

#include "foundation/text/url.hpp"
#include "foundation/text/utf8.hpp"
#include "foundation/text/words.hpp"
#include "support/catch.hpp"

using namespace nowd;

namespace {

const std::string mark(replacement_character);

/// Mostly bytes with which sequences of UTF-8 begin and continue, so that many are nearly right.
std::string random_bytes(std::mt19937& random) {
  std::string bytes;
  for (std::size_t n = random() % 24; n > 0; --n) {
    const auto kind = random() % 4;
    bytes += static_cast<char>(kind == 0 ? random() : kind == 1 ? 0xC0 + random() % 64 : 0x80 + random() % 64);
  }
  return bytes;
}

char32_t random_code(std::mt19937& random) {
  constexpr char32_t ends[] = {0x80, 0x800, 0x10000, 0x110000};
  const char32_t code = 1 + random() % (ends[random() % 4] - 1);
  return code >= 0xD800 && code <= 0xDFFF ? U'x' : code;
}

}  // namespace

TEST_CASE("good UTF-8 is left alone, and each broken sequence becomes one replacement character") {
  CHECK(clean_utf8("Grüße 🕒 €") == "Grüße 🕒 €");
  CHECK(clean_utf8("") == "");
  CHECK(clean_utf8("a\xFF"
                   "b") == "a" + mark + "b");
  CHECK(clean_utf8("\xC3") == mark);                        // cut
  CHECK(clean_utf8("\xE2\x82") == mark);                    // cut: one piece
  CHECK(clean_utf8("\xE2\x82(") == mark + "(");             // the next character is not eaten
  CHECK(clean_utf8("\xC0\xAF\xF5") == mark + mark + mark);  // overlong, and a byte that is in no character
  CHECK(clean_utf8("\xED\xA0\x80") == mark + mark + mark);  // half of a surrogate pair
  CHECK(clean_utf8("\xF4\x90\x80\x80").size() == 4 * 3);    // above U+10FFFF
  CHECK(clean_utf8(std::string_view("a\0b", 3)) == "a" + mark + "b");
  CHECK(is_clean_utf8("ü € 😀"));
  CHECK_FALSE(is_clean_utf8(std::string_view("\0", 1)));
  CHECK_FALSE(is_clean_utf8("\x80"));
}

TEST_CASE("broken bytes are replaced by maximal subparts, as the table of the Unicode standard shows") {
  // Unicode 15, tables 3-8 to 3-11.
  CHECK(clean_utf8("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82"
                   "A") == mark + mark + mark + mark + mark + mark + mark + mark + "A");
  CHECK(clean_utf8("\xED\xA0\x80\xED\xBF\xBF\xED\xAF"
                   "A") == mark + mark + mark + mark + mark + mark + mark + mark + "A");
  CHECK(clean_utf8("\xF4\x91\x92\x93\xFF"
                   "A\x80\xBF"
                   "B") == mark + mark + mark + mark + mark + "A" + mark + mark + "B");
  CHECK(clean_utf8("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF"
                   "A") == mark + mark + mark + mark + "A");
}

TEST_CASE("of any bytes, the clean text is UTF-8, stays as it is, and keeps every good character") {
  std::mt19937 random(11);
  for (int round = 0; round < 50'000; ++round) {
    const std::string bytes = random_bytes(random);
    const std::string clean = clean_utf8(bytes);
    if (!is_clean_utf8(clean) || clean_utf8(clean) != clean || clean.size() > 3 * bytes.size()) CHECK(bytes == "");
    if (is_clean_utf8(bytes) != (clean == bytes)) CHECK(bytes == "");
  }
}

TEST_CASE("every code is read as it was written, and every cut is between two characters") {
  std::mt19937 random(12);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    std::vector<char32_t> codes;
    for (std::size_t n = random() % 8; n > 0; --n) append_utf8(text, codes.emplace_back(random_code(random)));
    std::size_t at = 0;
    for (const char32_t code : codes) {
      const Utf8Character c = utf8_at(text, at);
      if (!c.valid || c.code != code) CHECK(text == "");
      at += c.length;
    }
    const std::size_t max_bytes = random() % 24;
    const std::string_view prefix = utf8_prefix(text, max_bytes);
    const bool longest = prefix.size() + first_character(text.substr(prefix.size())).size() > max_bytes;
    if (!is_clean_utf8(text) || !is_clean_utf8(prefix) || prefix.size() > max_bytes || !(longest || prefix == text))
      CHECK(text == "");
  }
}

TEST_CASE("a text that is cut ends with an ellipsis") {
  CHECK(clipped("grün", 5) == "grün");
  CHECK(clipped("grün", 4) == "grü…");
  CHECK(clipped("grün", 3) == "gr…");
  CHECK(clipped("ab", 0) == "…");
}

TEST_CASE("base64 pads as RFC 4648 says") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foob\xFF") == "Zm9vYv8=");
}

TEST_CASE("small operations on texts") {
  CHECK(lower("ÄBC xyz_9") == "Äbc xyz_9");
  CHECK(equal_without_case("Content-Type", "content-type"));
  CHECK_FALSE(equal_without_case("a", "ab"));
  CHECK(trimmed(" \t a b\r\n") == "a b");
  CHECK(trimmed(" \n ") == "");
  CHECK(trimmed("\"a b\" ", " \"") == "a b");
  CHECK(on_one_line("a\r\nb\tc\x7F") == "a  b c ");
  CHECK(joined({}) == "");
  CHECK(joined({"", "b", "c"}, "|") == "|b|c");
  CHECK(listed({"a"}) == "a");
  CHECK(listed({"a", "b", "c"}) == "a, b and c");
  CHECK(escape_markup("<a b='c' d=\"e\">&") == "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;");
  CHECK(escape_markup("it's \"<b>\"", "") == "it's \"&lt;b&gt;\"");
}

TEST_CASE("a URL is taken apart at its first borders") {
  const UrlParts parts = split_url("https://user:pass@Host:8443/v1/a?b=c/d?e#f?g");
  CHECK(parts.scheme == "https");
  CHECK(parts.server == "https://user:pass@Host:8443");
  CHECK(parts.authority == "user:pass@Host:8443");
  CHECK(parts.host == "Host");
  CHECK(parts.port == "8443");
  CHECK(parts.resource == "/v1/a?b=c/d?e#f?g");
  CHECK(parts.path == "/v1/a");
  CHECK(parts.query == "?b=c/d?e");
}

TEST_CASE("parts of a URL may be missing") {
  CHECK(split_url("http://[::1]:80").host == "[::1]");
  CHECK(split_url("http://[::1]:80").port == "80");
  CHECK_FALSE(split_url("http://[::1]").port);
  CHECK(split_url("http://h:").port == "");
  CHECK(split_url("http://h?a=/b").path.empty());
  CHECK(split_url("http://h?a=/b").query == "?a=/b");
  CHECK(split_url("http://h#a?b").query.empty());
  CHECK(split_url("://h").host == "h");
  CHECK(split_url("h/p").scheme.empty());
  CHECK(split_url("").host.empty());
}

TEST_CASE("a colon inside a slot or a token begins no port") {
  CHECK(split_url("https://{{today:%d}}.example:8443/").host == "{{today:%d}}.example");
  CHECK(split_url("https://{{today:%d}}.example:8443/").port == "8443");
  CHECK(split_url("https://a}b:80").port == "80");
}

TEST_CASE("of any text, server and resource of a URL are the whole") {
  std::mt19937 random(13);
  for (int round = 0; round < 20'000; ++round) {
    constexpr std::string_view signs = ":/?#@[]{}a1";
    std::string text;
    for (std::size_t n = random() % 16; n > 0; --n) text += signs[random() % signs.size()];
    const UrlParts parts = split_url(text);
    if (std::string(parts.server) + std::string(parts.resource) != text) CHECK(text == "");
    if (!parts.resource.starts_with(std::string(parts.path) + std::string(parts.query))) CHECK(text == "");
  }
}

TEST_CASE("ports are numbers from 1 to 65535") {
  for (const char* good : {"1", "443", "65535", "00080"}) CHECK(is_port(good));
  for (const char* bad : {"", "0", "65536", "123456", "8a", "-1", " 80"}) CHECK_FALSE(is_port(bad));
}

TEST_CASE("percent encoding leaves unreserved characters alone") {
  CHECK(percent_encoded("aZ09-._~") == "aZ09-._~");
  CHECK(percent_encoded("a b/ü{}") == "a%20b%2F%C3%BC%7B%7D");
}
