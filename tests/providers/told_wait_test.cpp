#include "providers/failure/limit_headers.hpp"

#include <string>

#include "support/catch.hpp"

using namespace nowd;

namespace {

std::optional<milliseconds> again_in(const std::string& rest) { return wait_in_message("Please try again in " + rest); }

}  // namespace

TEST_CASE("a wait in an error's message is read in the forms that providers write") {
  CHECK(again_in("20ms.") == milliseconds{20});
  CHECK(again_in("11s") == seconds{11});
  CHECK(again_in("1.5s. Visit https://x.example to learn more.") == milliseconds{1500});
  CHECK(again_in("6m0s.") == minutes{6});
  CHECK(again_in("1h2m3.4s, or later") == milliseconds{3'723'400});
  CHECK(again_in("7m12.1s\nmore") == milliseconds{432'100});
  CHECK(again_in("0s") == milliseconds{0});
  CHECK(again_in("24h") == hours{24});
  CHECK(wait_in_message(
            "Rate limit reached for gpt-5.2 in organization org-1 on tokens per min (TPM): Limit 30000, Used 25000, "
            "Requested 9000. Please try again in 8s. Visit https://platform.openai.com") == seconds{8});
  CHECK(wait_in_message("You exceeded your current quota.\nPlease retry in 34.074824224s.") == milliseconds{34'075});
  CHECK(wait_in_message(std::string(2000, 'x') + " Please retry in 3s.") == seconds{3});
}

TEST_CASE("any other form of a wait says nothing") {
  for (const char* rest : {"",
                           "a moment",
                           "5 minutes",
                           "11",
                           "11 s",
                           "-3s",
                           "+3s",
                           "1e3s",
                           ".5s",
                           "5.s",
                           "1..5s",
                           "1.5.1s",
                           "0x10s",
                           "3d",
                           "3sec",
                           "3s5",
                           "3sx",
                           "5s6m",
                           "5s6s",
                           "3m3m",
                           "20ms1s",
                           "\t3s",
                           "25h",
                           "24h1ms",
                           "99999999999999999999s",
                           "3s.5",
                           "3s-ish",
                           "3s\"",
                           "\xEF\xBC\x93s",
                           "inf",
                           "nans"}) {
    CAPTURE(rest);
    CHECK_FALSE(again_in(rest).has_value());
  }
  for (const char* message : {"", "Try again in 11s", "please try again in 11s", "Please try again in", "Retry in 11s",
                              "Please retry after 11s", "Please try again in  11s"}) {
    CAPTURE(message);
    CHECK_FALSE(wait_in_message(message).has_value());
  }
}

TEST_CASE("a message that names two waits names none, and what stands far behind is not read") {
  CHECK_FALSE(wait_in_message("Please try again in 3s. Please try again in 3s.").has_value());
  CHECK_FALSE(wait_in_message("Please try again in 3s. Please retry in 4s.").has_value());
  CHECK_FALSE(wait_in_message(std::string(10'000, 'x') + "Please try again in 3s.").has_value());
}
