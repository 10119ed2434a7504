#include "tools/calls/result_text.hpp"

#include <nlohmann/json.hpp>
#include <random>

#include "support/catch.hpp"

using namespace nowd;

namespace {

bool is_utf8(std::string_view text) {
  return !text.empty()
             ? nlohmann::json::accept("\"" +
                                      [&] {
                                        std::string escaped;
                                        for (const char c : text)
                                          escaped +=
                                              static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' ? ' ' : c;
                                        return escaped;
                                      }() +
                                      "\"")
             : true;
}

}  // namespace

TEST_CASE("whatever the bytes, the result is UTF-8 within its bound") {
  std::mt19937 random(11);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes;
    for (std::size_t n = random() % 120; n > 0; --n)
      bytes += static_cast<char>(random() % 3 == 0 ? 0xC0 + random() % 64 : random());
    const ResultText text = result_text("", bytes, false, 100, Redactor());
    if (!is_utf8(text.text) || text.text.size() > 100) CHECK(text.text == "");
  }
}

TEST_CASE("a long result is cut between two characters and says so") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "\xE2\x82\xAC";
  const ResultText whole = result_text("", text, false, 300, Redactor());
  CHECK_FALSE(whole.cut);
  CHECK(whole.text == text);
  const ResultText cut = result_text("", text, false, 200, Redactor());
  CHECK(cut.cut);
  CHECK(cut.text.size() <= 200);
  CHECK(cut.text.substr(156) == "\n[cut: only the first 156 bytes are shown]");
  CHECK(is_utf8(cut.text));
}

TEST_CASE("a secret is redacted before the text is cut, and none is left in halves at the end") {
  Redactor redact;
  redact.add(Secret("s3cret-value"));
  const std::string raw = std::string(95, 'x') + "s3cret-value" + std::string(500, 'y');
  CHECK(result_text("", raw, false, 140, redact).text.find("s3c") == std::string::npos);
  // The reader stopped in the middle of the secret: its beginning does not match, but is in what is dropped.
  const std::string half = std::string(redaction_slack, 'x') + "s3cret";
  CHECK(result_text("", half, true, 1'000'000, redact).text.find("s3cret") == std::string::npos);
  CHECK(result_text("HTTP 500 s3cret-value\n", "", true, 1000, redact).text.find("HTTP 500 [redacted]\n") == 0);
}
