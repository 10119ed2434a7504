#include "domain/model/money.hpp"

#include <limits>

#include "domain/model/messages.hpp"
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

TEST_CASE("no usage and no sum is too large: a cost stays at the most that the ledger holds") {
  const Prices dear{*parse_usd("1000000"), *parse_usd("1000000"), *parse_usd("1000000"), *parse_usd("1000000")};
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const Usd all =
      cost_of(dear, Usage{.input = most, .cached = most, .output = most, .reasoning = most, .cache_write = most});
  CHECK(to_string(all) == "999999.99999999");
  CHECK(all + all == all);
  Usd sum;
  for (int i = 0; i < 5; ++i) sum += all;
  CHECK(sum == all);
  CHECK(cost_of(dear, Usage{.input = -most, .cached = -1, .output = -most}) == Usd{});
}

TEST_CASE("amounts below nothing have a sign, and the least one is written too") {
  CHECK(to_string(Usd{-25'000'000}) == "-0.25");
  CHECK(to_string(Usd{-std::numeric_limits<std::int64_t>::max()}) == "-92233720368.54775807");
  CHECK(to_string(Usd{std::numeric_limits<std::int64_t>::min()}).starts_with("-92233720368"));
}
