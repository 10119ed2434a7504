#include "domain/policy/budget.hpp"

#include "support/catch.hpp"

using namespace nowd;

TEST_CASE("a call that does not fit is refused, and the dimension is named") {
  Limits limits;
  limits.input_tokens = 1'000;
  limits.output_tokens = 100;
  limits.usd = parse_usd("0.5").value();
  const Spent fresh{};
  CHECK(!exhausted(limits, fresh, {1'000, 50}, {}));
  CHECK(exhausted(limits, fresh, {1'001, 50}, {})->starts_with("limits.input_tokens: 0 of 1000"));
  CHECK(exhausted(limits, {0, 100, {}}, {1, 50}, {})->starts_with("limits.output_tokens: 100 of 100"));
  CHECK(!exhausted(limits, {0, 99, {}}, {1, 50}, {}));
  CHECK(exhausted(limits, {0, 0, *parse_usd("0.4")}, {1, 1}, parse_usd("0.11").value())
            ->starts_with("limits.usd: 0.4 of 0.5"));
  CHECK(!exhausted(limits, {0, 0, *parse_usd("0.4")}, {1, 1}, parse_usd("0.1").value()));
}

TEST_CASE("the last call may write what is left, and no more than the job says") {
  Limits limits;
  CHECK(!output_bound(limits, {}, {}));
  CHECK(output_bound(limits, {}, 500) == 500);
  limits.output_tokens = 1'000;
  CHECK(output_bound(limits, {}, {}) == 1'000);
  CHECK(output_bound(limits, {0, 900, {}}, 500) == 100);
  CHECK(output_bound(limits, {0, 100, {}}, 500) == 500);
}

TEST_CASE("a reservation is the most that a call can cost, and there is none without prices") {
  const Prices prices{*parse_usd("1"), *parse_usd("2"), {}, {}};
  CHECK(!reservation({}, {1'000, 1'000}));
  CHECK(to_string(*reservation(prices, {1'000'000, 1'000'000})) == "3");
  CHECK(reservation(prices, {0, {}})->units == 8'192 * 200);
}

TEST_CASE("what writing to a cache costs more than reading is reserved too") {
  const Prices dear{*parse_usd("1"), *parse_usd("2"), *parse_usd("0.1"), parse_usd("1.25").value()};
  CHECK(to_string(*reservation(dear, {1'000'000, 1'000'000})) == "3.25");
  const Prices free{*parse_usd("1"), *parse_usd("2"), *parse_usd("0.1"), Usd{}};
  CHECK(to_string(*reservation(free, {1'000'000, 1'000'000})) == "3");
}

TEST_CASE("the least number of tokens is never more than a tokenizer would count") {
  CHECK(min_tokens("") == 0);
  CHECK(min_tokens(std::string(10'000, ' ')) == 0);
  CHECK(min_tokens(std::string(10'000, '=')) == 0);
  std::string words;
  for (int i = 0; i < 1'000; ++i) words += "word" + std::to_string(i) + " ";  // some 2000 tokens
  CHECK(min_tokens(words) > 500);
  CHECK(min_tokens(words) < 2'000);
}

TEST_CASE("usage is believed up to a thousand million tokens, and never below none") {
  constexpr std::int64_t most = 1'000'000'000;
  CHECK(bounded(Usage{9'000'000'000'000, most + 1, -1, 7, most}) == Usage{most, most, 0, 7, most});
}
