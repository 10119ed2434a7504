#include "domain/lint/text_check.hpp"

#include <chrono>
#include <random>

#include "domain/clocks/clock_runs.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

/// Tuesday, 24 November 2026, nine in the morning in Berlin; the window began a day before.
const TextFacts tuesday{at("2026-11-24T08:00:00Z"), Zone::find("Europe/Berlin").value(), at("2026-11-23T08:00:00Z")};

std::vector<TextFinding> check(std::string_view text, const std::vector<std::string_view>& given = {}) {
  return check_text(text, tuesday, given);
}

/// What the one finding says and should say; "" if there is none.
std::string only(std::string_view text) {
  const auto found = check(text);
  return found.empty() ? "" : found[0].says + " | " + found[0].should_be;
}

bool valid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const std::size_t length = byte < 0x80 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC2 ? 2 : 0;
    if (length == 0 || at + length > text.size()) return false;
    for (std::size_t i = 1; i < length; ++i)
      if (static_cast<unsigned char>(text[at + i]) >> 6 != 2) return false;
    at += length;
  }
  return true;
}

std::string repeated(std::string_view part, std::size_t size) {
  std::string out;
  while (out.size() < size) out += part;
  return out;
}

double seconds_for(const std::string& text, const std::vector<std::string_view>& given) {
  const auto begin = std::chrono::steady_clock::now();
  check(text, given);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

TEST_CASE("a finding names the phrase, its place, what it says and what is so") {
  const auto found = check("Stand-up for today, 12 February:\n- all green");
  REQUIRE(found.size() == 1);
  CHECK(found[0] == TextFinding{13, "today, 12 February", "today is 12 February", "today is 2026-11-24 (Tuesday)"});
  CHECK(to_string(found[0]) ==
        "'today, 12 February' says that today is 12 February, but today is 2026-11-24 (Tuesday)");
}

TEST_CASE("each kind of claim is judged by the clock block") {
  CHECK(only("Tomorrow is Friday.") == "tomorrow is Friday | tomorrow is 2026-11-25 (Wednesday)");
  CHECK(only("On Monday, 25 November.") == "25 November is a Monday | 2026-11-25 is a Wednesday");
  CHECK(only("Monday, 3 March 2026") == "3 March 2026 is a Monday | 2026-03-03 is a Tuesday");
  CHECK(only("this year (2025)") == "this year is 2025 | this year is 2026");
  CHECK(only("last month (February)") == "last month is February | last month is October");
  CHECK(only("diese Woche (KW 7)") == "this week is week 7 | this week is 2026-W48");
  CHECK(only("this week (9-13 February)") == "this week is 9-13 February | this week is 2026-11-23 to 2026-11-29");
  CHECK(only("Monday, 30 February 2026") == "30 February 2026 is a Monday | there is no 30 February 2026");
  CHECK(only("Date: 3 May 2024").starts_with("this is written in 2024 | today is 2026-11-24 (Tuesday), and nothing"));
}

TEST_CASE("today is as_of's date in the run's zone, not that of UTC") {
  TextFacts late{at("2026-02-13T04:30:00Z"), Zone::find("America/New_York").value(), at("2026-02-12T04:30:00Z")};
  CHECK(check_text("Today is Thursday, 12 February.", late).empty());
  CHECK(check_text("Today is Friday, 13 February.", late).size() == 1);
}

TEST_CASE("a date that may be read either way is right if one reading is") {
  CHECK(check("Today (24/11/2026)").empty());
  CHECK(check("Today (11/24/2026)").empty());
  CHECK(check("Thursday, 12/11/2026").empty());  // 12 November
  CHECK(check("Friday, 12/11/2026").empty());    // December 11
  CHECK(check("Monday, 12/11/2026").size() == 1);
}

TEST_CASE("what the run was given may be repeated, except that its today is today") {
  CHECK(check("The board meets on Monday, 25 November.").size() == 1);
  CHECK(check("The board meets on Monday, 25 November.", {"Monday, 25 November: board"}).empty());
  CHECK(check("Date: 3 May 2024").size() == 1);
  CHECK(check("Date: 3 May 2024", {"Sent on 2024-05-03"}).empty());
  CHECK(check("Monday, 25 November", {"25 November 2024"}).empty());
  CHECK(check("Today, 23 November, we ship.", {"Today, 23 November, we ship."}).size() == 1);
  CHECK(check("Kim wrote: \"Today, 23 November, we ship.\"").empty());
  CHECK(check("> Today, 23 November, we ship.").empty());
}

TEST_CASE("quotation marks in JSON quote nothing") {
  CHECK(check(R"({"summary": "Today, 12 February: all green."})").size() == 1);
  CHECK(check(R"({"today": "2026-02-12"})").size() == 1);
  CHECK(check(R"({"today": "2026-11-24"})").empty());
}

TEST_CASE("an instant with its offset may stand on the next date") {
  CHECK(check("Yesterday, 2026-11-22T23:30:00Z, it failed.").empty());  // 00:30 of the 23rd in Berlin
  CHECK(check("Yesterday, 2026-11-20T23:30:00Z, it failed.").size() == 1);
}

TEST_CASE("one phrase is one finding, and there are at most fifty") {
  CHECK(check("today, Monday, 12 February 2024").size() == 1);
  CHECK(check(repeated("today, 12 February. ", 10'000)).size() == 50);
}

TEST_CASE("any bytes are read, and what is said of them is valid UTF-8") {
  std::mt19937_64 random(7);
  const std::vector<std::string> parts{"today",
                                       "heute",
                                       "aujourd\xE2\x80\x99hui",
                                       "ma\xC3\xB1"
                                       "ana",
                                       "Monday",
                                       "lun.",
                                       "12",
                                       "2024",
                                       "-",
                                       ", ",
                                       " (",
                                       ")",
                                       ".",
                                       "/",
                                       "\n",
                                       "F\xC3\xA9vrier",
                                       "March",
                                       "this ",
                                       "week ",
                                       "\xC3",
                                       "\xFF",
                                       "\xE2\x80",
                                       std::string(1, '\0'),
                                       "\"",
                                       "\xE2\x80\x9E",
                                       " is ",
                                       "de ",
                                       "2026-02-12T"};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (int i = 0; i < 16; ++i)
      text += random() % 3 == 0 ? std::string(1, static_cast<char>(random() % 256)) : parts[random() % parts.size()];
    for (const TextFinding& each : check(text, {text})) {
      if (!valid_utf8(each.excerpt)) FAIL("broken excerpt");
      if (each.at >= text.size() || each.excerpt.empty()) FAIL("no place");
    }
  }
  CHECK(check("").empty());
}

TEST_CASE("hostile texts take linear time") {
  constexpr std::size_t size = 1 << 18;
  for (const char* part :
       {"today, ", "today", "12.", "1/", "2026-", "Monday, the the ", "\"", "\xE2\x80\x9E", "March 1 ", "this week (",
        "(", "\n", "> \n", "Monday, 25 November ", "1 January 2024\n", "\xFF", "- "}) {
    const std::string text = repeated(part, size);
    INFO(part);
    CHECK(seconds_for(text, {text}) < 5);
  }
}
