// The laws of docs/clocks.md by property, over simulated servers: whatever they cache and however slow the way is, a hard
// bound never excludes the truth and an honest server is never accused.
#include <cstdlib>
#include <random>

#include "domain/clocks/remote_clock.hpp"
#include "support/catch.hpp"

using namespace nowd;

namespace {

using Random = std::mt19937_64;

microseconds between(Random& random, microseconds least, microseconds most) {
  const auto span = static_cast<std::uint64_t>((most - least).count()) + 1;
  return least + microseconds{static_cast<std::int64_t>(random() % span)};
}

/// All on one true time line, in microseconds since a start.
struct Server {
  microseconds offset{};  // of its clock at the start
  std::int64_t ppm = 0;   // and how fast it runs away
  microseconds cache{1};  // its Date is refreshed so often
  microseconds phase{};   // and first then
  microseconds step{};    // its clock jumps by so much
  microseconds step_at = microseconds::max();

  microseconds truth(microseconds t) const {
    return offset + microseconds{t.count() * ppm / 1'000'000} + (t >= step_at ? step : microseconds{0});
  }
  microseconds stamp(microseconds t) const {
    const microseconds fresh = t - (t + phase) % cache;
    return std::chrono::floor<seconds>(fresh + truth(fresh));
  }
};

struct Way {
  microseconds max_delay{};    // each way
  microseconds uncertainty{};  // of this host
};

const Instant start{days{20'600}};
const Tick boot{hours{9}};
constexpr microseconds cycle = seconds{10};  // phases are below it, so that no instant is negative

DateExchange exchange(Random& random, const Server& server, const Way& way, microseconds t) {
  const microseconds there = between(random, {}, way.max_delay), back = between(random, {}, way.max_delay);
  const microseconds error = between(random, -way.uncertainty, way.uncertainty);
  return {start + t + error, way.uncertainty, boot + t, boot + t + there + back, start + server.stamp(t + there),
          std::nullopt};
}

Server random_server(Random& random) {
  Server server;
  server.offset = between(random, -seconds{20}, seconds{20});
  server.ppm = static_cast<std::int64_t>(random() % 401) - 200;
  server.cache = between(random, microseconds{1}, seconds{10});
  server.phase = between(random, {}, cycle);
  return server;
}

Way random_way(Random& random) {
  return {between(random, {}, random() % 2 == 0 ? seconds{5} : microseconds{milliseconds{200}}),
          between(random, {}, random() % 2 == 0 ? seconds{1} : microseconds{milliseconds{5}})};
}

}  // namespace

TEST_CASE("no hard bound ever excludes the truth, whatever the cache, the delay, the drift and our own error") {
  Random random(20261124);
  int proven = 0;
  for (int server_count = 0; server_count < 400; ++server_count) {
    const Server server = random_server(random);
    const Way way = random_way(random);
    RemoteClock clock;
    microseconds t = cycle;
    for (int i = 0; i < 100; ++i) {
      clock.observe(exchange(random, server, way, t));
      const microseconds asked = t + between(random, {}, minutes{70});
      const auto ahead = clock.offset(boot + asked).proven_ahead_by;
      if (ahead && *ahead > server.truth(asked)) FAIL("accused of " << ahead->count() << " us");
      proven += ahead ? 1 : 0;
      t += between(random, {}, random() % 10 == 0 ? minutes{90} : minutes{2});
    }
  }
  CHECK(proven > 10'000);  // it does accuse those that are ahead
}

TEST_CASE("an honest server is never accused in 24 hours, whatever its cache and the delay") {
  Random random(1);
  int exchanges = 0, suspicions = 0;
  for (int server_count = 0; server_count < 60; ++server_count) {
    Server server = random_server(random);
    server.offset = {}, server.ppm = 0;
    if (server_count % 3 == 0) server.cache = between(random, microseconds{1}, seconds{1});
    const Way way = random_way(random);
    RemoteClock clock;
    for (microseconds t = cycle; t < days{1}; t += between(random, {}, minutes{2})) {
      clock.observe(exchange(random, server, way, t));
      const RemoteOffset offset = clock.offset(boot + t);
      if (offset.proven_ahead_by) FAIL("accused of " << offset.proven_ahead_by->count() << " us");
      if (offset.suspected_behind_by && server.cache <= seconds{1}) FAIL("suspected without a cache to excuse it");
      ++exchanges;
      suspicions += offset.suspected_behind_by ? 1 : 0;
    }
  }
  CHECK(exchanges > 50'000);
  CHECK(suspicions * 20 < exchanges);  // a long cache looks like a clock behind, now and then
}

TEST_CASE("a Date from a cache alone never proves a clock ahead") {
  Random random(2);
  for (int server_count = 0; server_count < 500; ++server_count) {
    Server server = random_server(random);
    server.offset = {}, server.ppm = 0;
    RemoteClock clock;
    for (int i = 0; i < 40; ++i) {
      const microseconds t = cycle + seconds{i};  // in step with the refresh
      clock.observe(exchange(random, server, Way{}, t));
      if (clock.offset(boot + t).proven_ahead_by) FAIL("accused at exchange " << i);
    }
  }
}

TEST_CASE("a clock five seconds ahead is proven so within ten exchanges") {
  Random random(3);
  for (int server_count = 0; server_count < 1000; ++server_count) {
    const Server server{seconds{5}};
    const Way way{milliseconds{400}, milliseconds{50}};
    RemoteClock clock;
    microseconds t = cycle;
    for (int i = 0; i < 10; ++i) clock.observe(exchange(random, server, way, t += between(random, {}, minutes{1})));
    if (!(clock.offset(boot + t).proven_ahead_by > seconds{2})) FAIL("not proven");
    CHECK(*clock.offset(boot + t).proven_ahead_by > seconds{4});
  }
}

TEST_CASE("a step of the remote clock is followed within the hour") {
  Random random(4);
  for (int server_count = 0; server_count < 300; ++server_count) {
    Server server = random_server(random);
    server.ppm = 0;
    server.step = between(random, -seconds{30}, seconds{30});
    server.step_at = cycle + hours{2};
    const Way way{milliseconds{300}, milliseconds{20}};
    RemoteClock clock;
    for (microseconds t = cycle; t < cycle + hours{4}; t += between(random, seconds{10}, minutes{2})) {
      clock.observe(exchange(random, server, way, t));
      if (t > server.step_at && t < server.step_at + hours{1} + seconds{10}) continue;
      const auto ahead = clock.offset(boot + t).proven_ahead_by;
      if (ahead && *ahead > server.truth(t)) FAIL("still accused of " << ahead->count() << " us");
    }
    // With a fresh Date, what is left of the offset is proven to the second.
    const microseconds end = cycle + hours{4}, truth = server.truth(end);
    const auto ahead = clock.offset(boot + end).proven_ahead_by;
    if (server.cache <= seconds{1} && truth > seconds{3}) CHECK((ahead && *ahead > truth - seconds{3}));
  }
}

TEST_CASE("a step back of more than the Date's coarseness is seen at the next exchange") {
  Random random(5);
  for (int i = 0; i < 1000; ++i) {
    Server server{seconds{10}};
    server.step = -seconds{10}, server.step_at = cycle + minutes{10};
    const Way way{milliseconds{300}, milliseconds{20}};
    RemoteClock clock;
    for (microseconds t = cycle; t < server.step_at; t += minutes{1}) clock.observe(exchange(random, server, way, t));
    const microseconds after = server.step_at + between(random, {}, minutes{5});
    clock.observe(exchange(random, server, way, after));
    if (clock.offset(boot + after).proven_ahead_by) FAIL("not followed");
    CHECK(clock.offset(boot + after).samples == 1);
  }
}
