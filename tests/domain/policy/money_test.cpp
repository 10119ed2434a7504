#include "domain/policy/money.hpp"

#include <limits>

#include "domain/run/conversation.hpp"
#include "support/catch.hpp"

using namespace nowd;

TEST_CASE("money is exact, and written as people write it") {
  CHECK(parse_usd("0.25")->units == 25'000'000);
  CHECK(parse_usd("3")->units == 300'000'000);
  CHECK(parse_usd("0.00000001")->units == 1);
  CHECK(to_string(Usd{25'000'000}) == "0.25");
  CHECK(to_string(Usd{300'000'000}) == "3");
  CHECK(to_string(Usd{}) == "0");
  for (const char* wrong : {"", ".", "-1", "1e3", "0.000000001", "1000001", "99999999999999999999", "1.2.3"}) {
    INFO(wrong);
    CHECK(parse_usd(wrong).has_error());
  }
  CHECK(parse_usd("1000000").has_value());
}

TEST_CASE("cached tokens have their own price, and a cost is rounded up") {
  const Prices prices{*parse_usd("3"), *parse_usd("15"), parse_usd("0.3").value(), {}};
  Usage usage;
  usage.input = 1'000'000;
  usage.output = 100'000;
  CHECK(to_string(cost_of(prices, usage)) == "4.5");
  usage.cached = 1'000'000;
  CHECK(to_string(cost_of(prices, usage)) == "1.8");
  usage.cached = 5'000'000;  // more than was read: nonsense costs nothing less
  CHECK(to_string(cost_of(prices, usage)) == "1.8");
  const Prices odd{Usd{1}, Usd{1}, {}, {}};
  CHECK(cost_of(odd, Usage{1, 0, 0, 0}).units == 1);
  const Prices dear{*parse_usd("1000000"), *parse_usd("1000000"), {}, {}};
  CHECK(cost_of(dear, Usage{10'000, 0, 0, 0}).units == 1'000'000'000'000);
}

TEST_CASE("a call costs at most a million dollars, whatever usage is told and whatever tokens cost") {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const Prices dear{*parse_usd("1000000"), *parse_usd("1000000"), {}, {}};
  for (const std::int64_t tokens : {std::int64_t{1'000'000'000}, std::int64_t{9'007'199'254'740'992}, most}) {
    CAPTURE(tokens);
    CHECK(to_string(cost_of(dear, Usage{tokens, 0, tokens, 0})) == "1000000");
    CHECK(to_string(cost_of(dear, Usage{tokens, tokens, 0, 0, tokens})) == "1000000");
  }
  CHECK(to_string(Usd{-25'000'000}) == "-0.25");
  CHECK(to_string(Usd{-most}) == "-92233720368.54775807");
  CHECK(to_string(Usd{std::numeric_limits<std::int64_t>::min()}).starts_with("-92233720368"));
}

TEST_CASE("usage that is no usage costs nothing less than nothing") {
  const Prices prices{*parse_usd("3"), *parse_usd("15"), parse_usd("0.3").value(), {}};
  CHECK(cost_of(prices, Usage{-5, -5, -5, -5, -5}) == Usd{});
  CHECK(cost_of(prices, Usage{-1'000'000, 1'000'000, 0, 0}) == Usd{});
}
