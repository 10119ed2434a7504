#include "domain/policy/fair_queue.hpp"

#include <deque>
#include <map>
#include <random>

#include "support/catch.hpp"

using namespace nowd;

namespace {

using Ticket = FairQueue::Ticket;
using enum Priority;

constexpr Tick start{seconds{1000}};
constexpr seconds minute_long{60};

FairQueue with(const AccountLimits& limits) {
  FairQueue queue;
  queue.set_limits(limits);
  return queue;
}
FairQueue calls_a_minute(std::int64_t most) {
  return with({.requests_per_minute = most, .input_tokens_per_minute = {}, .output_tokens_per_minute = {}});
}
FairQueue output_a_minute(std::int64_t most) {
  return with({.requests_per_minute = {}, .input_tokens_per_minute = {}, .output_tokens_per_minute = most});
}

/// What one call took, and over which time.
struct Made {
  Tick from;
  Tick to;
  std::int64_t input = 0;
  std::int64_t output = 0;
};

/// A key that is used at random: calls come, wait, are answered after a while, use less than they reserved.
struct World {
  explicit World(unsigned seed) : dice(seed) {}
  std::int64_t roll(std::int64_t from, std::int64_t to) {
    return std::uniform_int_distribution<std::int64_t>(from, to)(dice);
  }

  void step() {
    now += milliseconds{roll(0, 3'000)};
    if (roll(0, 2) > 0) {
      const Planned call{roll(1, limits.input_tokens_per_minute.value()),
                         roll(1, limits.output_tokens_per_minute.value())};
      planned[queue.join(now, static_cast<Priority>(roll(0, 2)), call)] = call;
    }
    if (!open.empty() && roll(0, 1) == 0) end_one();
    for (const Ticket ticket : queue.grant_calls(now)) open.push_back({ticket, now});
  }

  void end_one() {
    const auto [ticket, since] = open.front();
    open.pop_front();
    const Planned call = planned.at(ticket);
    if (roll(0, 9) == 0) return queue.leave(ticket);  // never sent
    const std::int64_t input = roll(1, call.input);
    const std::int64_t output = roll(0, *call.output);
    queue.settle(now, ticket, Spent{input, output, {}});
    made.push_back({since, now, input, output});
  }

  std::mt19937 dice;
  AccountLimits limits{10, 1'000, 500};
  FairQueue queue = with(limits);
  Tick now = start;
  std::map<Ticket, Planned> planned;
  std::deque<std::pair<Ticket, Tick>> open;
  std::vector<Made> made;
};

}  // namespace

TEST_CASE("as many calls as the limit go at once, the next when a minute is over, not before") {
  FairQueue queue = calls_a_minute(2);
  const Ticket a = queue.join(start, normal, {1, {}});
  const Ticket b = queue.join(start, normal, {1, {}});
  const Ticket c = queue.join(start, normal, {1, {}});
  CHECK(queue.grant_calls(start) == std::vector<Ticket>{a, b});
  CHECK(queue.expected_wait(start + seconds{10}, c) == seconds{50});
  CHECK(queue.grant_calls(start + seconds{60} - nanoseconds{1}).empty());
  CHECK(queue.grant_calls(start + seconds{60}) == std::vector<Ticket>{c});
}

TEST_CASE("without limits nobody waits") {
  FairQueue queue;
  for (int i = 0; i < 1'000; ++i) queue.join(start, low, {1'000'000, {}});
  CHECK(queue.grant_calls(start).size() == 1'000);
}

TEST_CASE("what was used takes the place of what was reserved") {
  FairQueue queue = output_a_minute(1'000);
  const Ticket a = queue.join(start, normal, {1, 900});
  const Ticket b = queue.join(start, normal, {1, 900});
  REQUIRE(queue.grant_calls(start) == std::vector<Ticket>{a});
  SECTION("less") {
    queue.settle(start + seconds{5}, a, Spent{1, 100, {}});
    CHECK(queue.grant_calls(start + seconds{5}) == std::vector<Ticket>{b});
  }
  SECTION("nobody knows how much: all of it, for a minute from the answer on") {
    queue.settle(start + seconds{30}, a, std::nullopt);
    CHECK(queue.grant_calls(start + seconds{89}).empty());
    CHECK(queue.grant_calls(start + seconds{90}) == std::vector<Ticket>{b});
  }
  SECTION("it was not made") {
    queue.leave(a);
    CHECK(queue.grant_calls(start) == std::vector<Ticket>{b});
  }
  SECTION("an answer that takes longer than a minute holds its output until it is there") {
    CHECK(queue.grant_calls(start + minutes{5}).empty());
  }
}

TEST_CASE("an output that nobody bounds reserves the usual, and never more than there is") {
  FairQueue queue = output_a_minute(1'000);
  const Ticket a = queue.join(start, normal, {1, {}});
  CHECK(queue.grant_calls(start) == std::vector<Ticket>{a});
}

TEST_CASE("a limit that is lowered lets a call that waits go alone, instead of never") {
  FairQueue queue = output_a_minute(1'000);
  const Ticket a = queue.join(start, normal, {1, 800});
  queue.set_limits({{}, {}, 100});
  CHECK(queue.grant_calls(start) == std::vector<Ticket>{a});
}

TEST_CASE("a call that can never fit is refused with limit, value and remedy; one that fits alone is not") {
  const AccountLimits limits{1, 1'000, 500};
  CHECK(never_fits(limits, {1'001, {}}, "main").value() ==
        "providers.main.limits.input_tokens_per_minute: 1000 is less than this one call reads (about 1001 tokens); "
        "raise it, or shorten the inputs");
  CHECK(never_fits(limits, {1, 501}, "main").value() ==
        "providers.main.limits.output_tokens_per_minute: 500 is less than this one call may write "
        "(max_output_tokens: 501); raise it, or lower max_output_tokens");
  CHECK_FALSE(never_fits(limits, {1'000, 500}, "main"));
  CHECK_FALSE(never_fits(limits, {1, {}}, "main"));
  CHECK_FALSE(never_fits({}, {1'000'000, 1'000'000}, "main"));
}

TEST_CASE("providers that share a key get the smaller of each limit") {
  CHECK(stricter({1, {}, 5}, {2, 3, {}}) == AccountLimits{1, 3, 5});
  CHECK_FALSE(stricter({}, {}).any());
}

TEST_CASE("a flood of low calls leaves room for a high one, where one has come lately") {
  FairQueue queue = calls_a_minute(10);
  queue.join(start, high, {1, {}});
  REQUIRE(queue.grant_calls(start).size() == 1);
  for (int i = 0; i < 100; ++i) queue.join(start, low, {1, {}});
  CHECK(queue.grant_calls(start).size() == 6);
  const Ticket urgent = queue.join(start, high, {1, {}});
  CHECK(queue.grant_calls(start) == std::vector<Ticket>{urgent});
}

TEST_CASE("where no higher one has come for ten minutes, low calls may use the whole minute") {
  FairQueue queue = calls_a_minute(10);
  queue.join(start, high, {1, {}});
  queue.grant_calls(start);
  for (int i = 0; i < 100; ++i) queue.join(start + minutes{10}, low, {1, {}});
  CHECK(queue.grant_calls(start + minutes{10}).size() == 10);
}

TEST_CASE("a flood of high calls does not starve low ones: 16 to 1") {
  FairQueue queue = calls_a_minute(17);
  std::map<Ticket, Priority> who;
  std::map<Priority, int> gone;
  for (int minute = 0; minute < 20; ++minute) {
    const Tick now = start + minute * minute_long;
    for (int i = 0; i < 30; ++i) who[queue.join(now, high, {1, {}})] = high;
    if (minute == 0)
      for (int i = 0; i < 100; ++i) who[queue.join(now, low, {1, {}})] = low;
    for (const Ticket ticket : queue.grant_calls(now)) ++gone[who.at(ticket)];
  }
  CHECK(gone[low] + gone[high] == 340);
  CHECK(gone[low] >= 18);
  CHECK(gone[low] <= 22);
}

TEST_CASE("a large call is not starved by small ones, of its own priority or of another") {
  for (const Priority small : {low, normal, high}) {
    CAPTURE(static_cast<int>(small));
    FairQueue queue = with({{}, 100, {}});
    for (int i = 0; i < 10; ++i) queue.join(start, small, {10, {}});
    REQUIRE_FALSE(queue.grant_calls(start).empty());
    const Ticket large = queue.join(start, normal, {90, {}});
    Tick now = start;
    while (queue.is_waiting(large) && now < start + minutes{30}) {
      queue.join(now, small, {10, {}});
      queue.grant_calls(now);
      now += seconds{3};
    }
    CHECK(now < start + minutes{20});
  }
}

TEST_CASE("law: no 60 seconds see more than the limits, whatever comes and whenever it ends") {
  for (unsigned seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    World world(seed);
    for (int i = 0; i < 600; ++i) world.step();
    REQUIRE(world.made.size() > 10);
    for (const Made& first : world.made) {
      std::int64_t calls = 0;
      std::int64_t input = 0;
      for (const Made& each : world.made)
        if (each.from >= first.from && each.from < first.from + minute_long) {
          ++calls;
          input += each.input;
        }
      CHECK(calls <= 10);
      CHECK(input <= 1'000);
      std::int64_t output = 0;  // however an answer is spread over its time
      for (const Made& each : world.made)
        if (each.to >= first.to && each.from < first.to + minute_long && each.to < first.to + minute_long)
          output += each.output;
      CHECK(output <= 500);
    }
  }
}

TEST_CASE("law: everybody's turn comes, and within what was expected if nobody else comes") {
  for (unsigned seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    World world(seed);
    for (int i = 0; i < 60; ++i) world.step();
    while (!world.open.empty()) world.end_one();
    std::map<Ticket, Tick> expected;
    for (const auto& [ticket, unused] : world.planned)
      if (world.queue.is_waiting(ticket)) expected[ticket] = world.now + world.queue.expected_wait(world.now, ticket);
    for (int i = 0; i < 100'000 && !expected.empty(); ++i) {
      for (const Ticket ticket : world.queue.grant_calls(world.now)) {
        CHECK(world.now <= expected.at(ticket) + seconds{10});
        expected.erase(ticket);
        world.queue.settle(world.now, ticket, std::nullopt);
      }
      world.now += milliseconds{100};
    }
    CHECK(expected.empty());
  }
}
