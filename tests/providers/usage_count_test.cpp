#include "providers/reply/usage_count.hpp"

#include <nlohmann/json.hpp>

#include "support/catch.hpp"

using namespace nowd;

namespace {

std::optional<Usage> whole(const TokenCounts& counts, bool answered = true) {
  const auto out = usage_from(counts, answered);
  return out && out->whole ? std::optional(out->usage) : std::nullopt;
}

}  // namespace

TEST_CASE(
    "a count is a number or a text that is one; a fraction counts up, and none is larger than a thousand million") {
  const Json value = *parse_json(
      R"({"a":3,"b":-1,"c":"12","d":1e99,"e":null,"f":2.5,"g":"many","h":9000000000000,"i":"1e3","j":"","k":[1],"l":"-5"})");
  CHECK(token_count(value, "a") == 3);
  CHECK(token_count(value, "c") == 12);
  CHECK(token_count(value, "f") == 3);
  CHECK(token_count(value, "d") == max_token_count);
  CHECK(token_count(value, "h") == max_token_count);
  CHECK(token_count(value, "i") == 1000);
  for (const char* name : {"b", "e", "g", "j", "k", "l", "none"}) CHECK_FALSE(token_count(value, name).has_value());
}

TEST_CASE("of counts that come in parts the largest counts") {
  TokenCounts counts;
  keep_larger(counts, {.input = 5000, .output = 1});
  keep_larger(counts, {.input = 0, .output = 30});
  keep_larger(counts, {.cached = 7});
  keep_larger(counts, {.input = 0, .output = 0});
  CHECK(whole(counts) == Usage{.input = 5000, .cached = 7, .output = 30});
}

TEST_CASE("zeros for an answer that is there are counts that are missing") {
  CHECK_FALSE(whole({.input = 0, .output = 0}));
  CHECK_FALSE(whole({.input = 100, .output = 0}));
  CHECK_FALSE(whole({.input = 0, .output = 20}));
  CHECK_FALSE(whole({.output = 20}));
  CHECK(whole({.input = 100, .output = 0}, false) == Usage{.input = 100});  // nothing was written
  CHECK_FALSE(usage_from({.cached = 5, .total = 9}, true).has_value());
}

TEST_CASE("what the total has more than the counts was left out of one of them") {
  CHECK(whole({.input = 120, .output = 14, .reasoning = 20, .total = 154}) ==
        Usage{.input = 120, .output = 34, .reasoning = 20});
  CHECK(whole({.input = 100, .total = 400}) == Usage{.input = 100, .output = 300});
  CHECK(whole({.input = 0, .output = 30, .total = 130}) == Usage{.input = 100, .output = 30});
  CHECK(whole({.input = 100, .output = 30, .total = 20}) == Usage{.input = 100, .output = 30});  // no witness
}

TEST_CASE("no part is larger than its whole") {
  CHECK(whole({.input = 10, .cached = 5000, .output = 5}) == Usage{.input = 5000, .cached = 5000, .output = 5});
  CHECK(whole({.input = 10, .cached = 5000, .output = 5, .total = 15}) ==
        Usage{.input = 10, .cached = 10, .output = 5});
  CHECK(whole({.input = 10, .output = 5, .reasoning = 20}) == Usage{.input = 10, .output = 25, .reasoning = 20});
  const Usage most = *whole(
      {.input = max_token_count, .output = max_token_count, .reasoning = max_token_count, .total = max_token_count});
  CHECK(most.output <= max_token_count);
}
