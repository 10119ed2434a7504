#include "net/http/sse.hpp"

#include <cstdlib>
#include <random>

#include "support/catch.hpp"

using namespace nowd;
using Events = std::vector<SseEvent>;

namespace {

/// Feeds the pieces of `bytes` cut at these places. Nothing on an error.
std::optional<Events> parse(std::string_view bytes, std::vector<std::size_t> cuts = {}, std::size_t limit = 1 << 20,
                            bool with_rest = false) {
  SseParser parser(limit);
  Events all;
  cuts.push_back(bytes.size());
  std::size_t from = 0;
  for (const std::size_t cut : cuts) {
    auto events = parser.feed(bytes.substr(from, cut - from));
    if (!events) return {};
    for (auto& event : *events) all.push_back(std::move(event));
    from = cut;
  }
  if (with_rest)
    for (auto& event : parser.rest()) all.push_back(std::move(event));
  return all;
}

// All that the format knows, in one stream.
const std::string kStream =
    "\xEF\xBB\xBF: a comment\n"
    "data: one\n\n"
    "event: ping\r\ndata: {\"a\":1}\r\n\r\n"
    "data\r\rdata:\rdata:  two spaces\rdata:no space\r\r"
    "id: 7\nretry: 10\nunknown: x\n\n"
    "event: nothing\n\n"
    "data: after\n: between\ndata: all\n\n"
    "event:a:b\ndata: c:d \n\n"
    "data: cut";
const Events kEvents{
    {"message", "one"},       {"ping", "{\"a\":1}"},     {"message", ""}, {"message", "\n two spaces\nno space"},
    {"", "unknown: x", true}, {"message", "after\nall"}, {"a:b", "c:d "}};

}  // namespace

TEST_CASE("a stream is parsed the same however it is split") {
  REQUIRE(parse(kStream) == kEvents);
  for (std::size_t i = 0; i <= kStream.size(); ++i) {
    for (std::size_t j = i; j <= kStream.size(); ++j) {
      if (parse(kStream, {i, j}) != kEvents) FAIL("split at " << i << " and " << j);
    }
  }
  std::vector<std::size_t> everywhere;
  for (std::size_t i = 0; i < kStream.size(); ++i) everywhere.push_back(i);
  CHECK(parse(kStream, everywhere) == kEvents);
}

TEST_CASE("an event cut by the end of the stream is never given") {
  CHECK(parse("data: a\n\ndata: b") == Events{{"message", "a"}});
  CHECK(parse("data: a\n\ndata: b\n") == Events{{"message", "a"}});
  CHECK(parse("data: a\n\ndata: b\n\n") == Events{{"message", "a"}, {"message", "b"}});
}

TEST_CASE("what waits for its blank line at the end is given on request") {
  const auto rest = [](std::string_view bytes) { return parse(bytes, {}, 1 << 20, true).value(); };
  CHECK(rest("data: a\n\ndata: [DONE]") == Events{{"message", "a"}, {"message", "[DONE]"}});
  CHECK(rest("data: a\ndata: b\n") == Events{{"message", "a\nb"}});
  CHECK(rest("event: x\ndata: {\"a\":") == Events{{"x", "{\"a\":"}});
  CHECK(rest("data: a\n\n") == Events{{"message", "a"}});
  CHECK(rest("event: x\n") == Events{});
}

TEST_CASE("lines that are no field come where they stood, and as one") {
  CHECK(parse(": hi\n\nerror: {\"code\":400}\n\ndata: [DONE]\n\n") ==
        Events{{"", "error: {\"code\":400}", true}, {"message", "[DONE]"}});
  CHECK(parse("{\n  \"error\": 1\n}\n\ndata: a\n\n") == Events{{"", "{\n  \"error\": 1\n}", true}, {"message", "a"}});
  CHECK(parse("id: 1\nretry: 2\nevent\n\n") == Events{});
}

TEST_CASE("a CRLF that is split does not end an event twice") {
  CHECK(parse("data: a\r\n\r\n", {8, 9, 10}) == Events{{"message", "a"}});
  CHECK(parse("data: a\r\rdata: b\r\r") == Events{{"message", "a"}, {"message", "b"}});
}

TEST_CASE("the type of one event does not stick to the next") {
  CHECK(parse("event: x\ndata: 1\n\ndata: 2\n\n") == Events{{"x", "1"}, {"message", "2"}});
  CHECK(parse("event: x\n\ndata: 2\n\n") == Events{{"message", "2"}});
}

TEST_CASE("a byte order mark is skipped at the start and nowhere else") {
  CHECK(parse("\xEF\xBB\xBF"
              "data: a\n\n") == Events{{"message", "a"}});
  CHECK(parse("\xEF\xBB\xBF\xEF\xBB\xBF"
              "data: a\n\n") == Events{{"",
                                        "\xEF\xBB\xBF"
                                        "data: a",
                                        true}});  // of a name that is no field's
  CHECK(parse("\xEF\xBB"
              "data: a\n\ndata: b\n\n") == Events{{"",
                                                   "\xEF\xBB"
                                                   "data: a",
                                                   true},
                                                  {"message", "b"}});
  CHECK(parse("data: \xEF\xBB\xBF\n\n") == Events{{"message", "\xEF\xBB\xBF"}});
}

TEST_CASE("bytes that are not UTF-8, and NUL, pass through") {
  const std::string bytes("data: \xff\xfe\0\xc3\n\n", 12);
  CHECK(parse(bytes) == Events{{"message", std::string("\xff\xfe\0\xc3", 4)}});
}

TEST_CASE("an event of one megabyte arrives whole in small pieces") {
  std::string data(1'000'000, 'x');
  for (std::size_t i = 0; i < data.size(); i += 61) data[i] = static_cast<char>('a' + i % 26);
  const std::string stream = "data: " + data + "\n\n";
  std::vector<std::size_t> cuts;
  for (std::size_t i = 0; i < stream.size(); i += 17) cuts.push_back(i);
  CHECK((parse(stream, cuts, 1'100'000) == Events{{"message", data}}));
}

TEST_CASE("an event larger than the limit is an error, and the parser stays failed") {
  SECTION("in one line that never ends") {
    SseParser parser(100);
    CHECK(parser.feed("data: " + std::string(94, 'x')).has_value());
    CHECK(parser.feed("x").has_error());
    CHECK(parser.feed("\n\ndata: fine\n\n").has_error());
  }
  SECTION("in many lines") {
    SseParser parser(100);
    Result<Events> last = Events{};
    for (int i = 0; i < 50 && last; ++i) last = parser.feed("data: 12345\n");
    REQUIRE(last.has_error());
    CHECK(last.error().kind == ErrorKind::invalid);
  }
  SECTION("in lines that are no field") {
    SseParser parser(100);
    Result<Events> last = Events{};
    for (int i = 0; i < 50 && last; ++i) last = parser.feed("stray: 12345\n");
    CHECK(last.has_error());
  }
  SECTION("but many events that are each small are not") {
    SseParser parser(100);
    for (int i = 0; i < 1'000; ++i) CHECK(parser.feed("data: 12345\n\n: ping\n\n").has_value());
  }
}

TEST_CASE("no damage to a stream breaks the parser, or makes it depend on how it is split") {
  std::mt19937 random(20260601);  // NOLINT: the same stream of damage in every run
  const auto below = [&](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
  };
  constexpr std::string_view likely =
      "\r\n: \xEF\xBB\xBF"
      "data";
  const char* rounds = std::getenv("NOWD_FUZZ_ROUNDS");
  for (int round = rounds != nullptr ? std::stoi(rounds) : 20'000; round > 0; --round) {
    std::string bytes = kStream.substr(below(kStream.size()));
    for (std::size_t n = 1 + below(4); n > 0; --n) {
      const std::size_t at = below(bytes.size());
      switch (below(4)) {
        case 0:
          bytes[at] = static_cast<char>(below(256));
          break;
        case 1:
          bytes.insert(at, 1, likely[below(likely.size())]);
          break;
        case 2:
          bytes.erase(at, 1 + below(3));
          break;
        default:
          bytes.insert(at, bytes.substr(below(bytes.size()), below(20)));
          break;
      }
      if (bytes.empty()) bytes = "\n";
    }
    const std::size_t cut = below(bytes.size() + 1);
    if (parse(bytes, {}, 100) != parse(bytes, {cut}, 100)) FAIL("round " << round << ", split at " << cut);
  }
}
