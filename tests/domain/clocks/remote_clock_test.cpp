#include "domain/clocks/remote_clock.hpp"

#include "domain/clocks/clock_runs.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

constexpr Tick boot{seconds{5000}};
const Instant wall = at("2026-06-01T07:00:00Z");

/// An exchange `later` after the start that took `waited`; `ahead` is the Date less the instant of sending.
DateExchange exchange(nanoseconds later, microseconds ahead, nanoseconds waited = milliseconds{100}) {
  const Instant sent = wall + std::chrono::floor<microseconds>(later);
  return {sent, milliseconds{1}, boot + later, boot + later + waited, sent + ahead, std::nullopt};
}

RemoteClock after(std::initializer_list<DateExchange> exchanges) {
  RemoteClock clock;
  for (const DateExchange& each : exchanges) clock.observe(each);
  return clock;
}

RemoteClock behind_by_ten(int count, seconds apart) {
  RemoteClock clock;
  for (int i = 0; i < count; ++i) clock.observe(exchange(apart * i, -seconds{10}));
  return clock;
}

}  // namespace

TEST_CASE("a Date from the future proves the clock ahead, less the wait and our own uncertainty") {
  const RemoteClock clock = after({exchange({}, seconds{5})});
  const RemoteOffset offset = clock.offset(boot);
  CHECK(offset.proven_ahead_by == seconds{5} - milliseconds{101} - microseconds{20});  // 200 ppm of the wait
  CHECK(offset.samples == 1);
  CHECK(offset.since == wall);
  CHECK(clock.offset(boot).proven_ahead_by > seconds{2});
  CHECK_FALSE(clock.offset(boot).proven_ahead_by > seconds{5});
}

TEST_CASE("uncertainty never accuses: a wide one proves less, an unknown one nothing") {
  DateExchange wide = exchange({}, seconds{5});
  wide.uncertainty = seconds{6};
  CHECK_FALSE(after({wide}).offset(boot).proven_ahead_by);
  DateExchange unknown = exchange({}, seconds{5});
  unknown.uncertainty = std::nullopt;
  CHECK(after({unknown}) == RemoteClock{});
}

TEST_CASE("an exchange without a Date, from a cache or with ticks in the wrong order teaches nothing") {
  DateExchange no_date = exchange({}, seconds{5}), cached = no_date, backwards = no_date, fresh = no_date;
  no_date.date = std::nullopt;
  cached.age = seconds{1};
  backwards.headers = backwards.sent - nanoseconds{1};
  fresh.age = seconds{0};
  CHECK(after({no_date, cached, backwards}) == RemoteClock{});
  CHECK(after({fresh}).offset(boot).proven_ahead_by > seconds{2});
}

TEST_CASE("the best bound is kept, widened by 200 ppm, and dropped after an hour") {
  const RemoteClock clock = after({exchange({}, seconds{5}), exchange(minutes{10}, seconds{4})});
  const auto now = *clock.offset(boot + minutes{10}).proven_ahead_by;
  CHECK(now == seconds{5} - milliseconds{101} - microseconds{20} - milliseconds{120});
  CHECK(clock.offset(boot + hours{1}).proven_ahead_by);
  CHECK_FALSE(clock.offset(boot + hours{1} + nanoseconds{1}).proven_ahead_by);  // the second alone is not remembered
  CHECK(clock.offset(boot + minutes{70} + nanoseconds{1}) == RemoteOffset{});
}

TEST_CASE("five exchanges over a minute raise suspicion of a clock behind, and prove nothing") {
  CHECK_FALSE(behind_by_ten(4, seconds{20}).offset(boot + minutes{1}).suspected_behind_by);
  CHECK_FALSE(behind_by_ten(5, seconds{14}).offset(boot + seconds{56}).suspected_behind_by);
  const RemoteClock clock = behind_by_ten(5, seconds{15});
  const RemoteOffset offset = clock.offset(boot + minutes{1});
  CHECK(offset.suspected_behind_by == seconds{8} - milliseconds{1} - milliseconds{12});
  CHECK_FALSE(offset.proven_ahead_by);
  CHECK_FALSE(clock.offset(boot + minutes{1}).proven_ahead_by > seconds{0});
}

TEST_CASE("one exchange that grants the clock in time ends the suspicion") {
  RemoteClock clock = behind_by_ten(9, seconds{15});
  clock.observe(exchange(minutes{3}, -seconds{2}, seconds{20}));  // a long wait: nothing contradicts
  CHECK_FALSE(clock.offset(boot + minutes{3}).suspected_behind_by);
  CHECK(clock.offset(boot + minutes{3}).samples == 10);
}

TEST_CASE("bounds that contradict each other restart the estimate") {
  RemoteClock clock = after({exchange({}, seconds{9}), exchange(seconds{1}, seconds{9})});
  const DateExchange stepped_back = exchange(minutes{1}, seconds{4});
  clock.observe(stepped_back);
  CHECK(clock == after({stepped_back}));
  CHECK(clock.offset(boot + minutes{1}).proven_ahead_by > seconds{2});
  const DateExchange stepped_forward = exchange(minutes{2}, seconds{400});
  clock.observe(stepped_forward);
  CHECK(clock == after({stepped_forward}));
}

TEST_CASE("forget() forgets") {
  RemoteClock clock = behind_by_ten(9, seconds{15});
  clock.forget();
  CHECK(clock == RemoteClock{});
  CHECK(clock.offset(boot) == RemoteOffset{});
}

TEST_CASE("a Date of the year 9999 is an offset like any other") {
  DateExchange absurd = exchange({}, {});
  absurd.date = at("9999-12-31T23:59:59Z");
  const RemoteOffset offset = after({absurd}).offset(boot);
  REQUIRE(offset.proven_ahead_by.has_value());
  CHECK(*offset.proven_ahead_by > days{365 * 7900});
  CHECK(to_string(offset).ends_with(" ahead, proven by 1 exchange"));
}

TEST_CASE("an estimate survives its way through the ledger") {
  const std::string origin = "https://api.example.com:443";
  RemoteClock clock = behind_by_ten(9, seconds{15});
  clock.observe(exchange(seconds{150}, -seconds{9}));
  const RemoteClockRow row = clock.to_row(origin, wall + minutes{5}, boot + minutes{5});
  CHECK(row.remote == origin);
  CHECK(row.first == wall);
  CHECK(row.last == wall + seconds{150});
  CHECK(row.samples == 10);
  CHECK(RemoteClock::from_row(row, wall + minutes{5}, boot + minutes{5}) == clock);

  const Tick next_boot{seconds{30}};
  const RemoteClock later = RemoteClock::from_row(row, wall + minutes{6}, next_boot);
  CHECK(later.offset(next_boot) == clock.offset(boot + minutes{6}));
}

TEST_CASE("a row that is too old, from the future or empty is no estimate") {
  const RemoteClockRow row = after({exchange({}, seconds{5})}).to_row({}, wall, boot);
  CHECK(RemoteClock::from_row(row, wall + hours{1} + microseconds{1}, boot) == RemoteClock{});
  CHECK(RemoteClock::from_row(row, wall - microseconds{1}, boot) == RemoteClock{});
  CHECK(RemoteClock::from_row(RemoteClock{}.to_row({}, wall, boot), wall, boot) == RemoteClock{});
}

TEST_CASE("what is known is said in words") {
  CHECK(to_string(RemoteOffset{}) == "not observed");
  CHECK(to_string(RemoteOffset{seconds{5}, std::nullopt, 3, wall}) == "5 s ahead, proven by 3 exchanges");
  CHECK(to_string(RemoteOffset{std::nullopt, seconds{4}, 7, wall}) == "perhaps 4 s behind, after 7 exchanges");
  CHECK(to_string(RemoteOffset{std::nullopt, std::nullopt, 1, wall}) == "nothing proven by 1 exchange");
}
