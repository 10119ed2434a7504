// Zones against two other readers of the same files: the C library (which follows footers) for what an instant means,
// and malformed bytes for what must not crash.
#include <time.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>

#include "foundation/time/civil.hpp"
#include "foundation/time/tzif.hpp"
#include "foundation/time/zone_data.hpp"
#include "support/catch.hpp"

using namespace nowd;

namespace {

/// The C library's zone for as long as this lives.
class LibcZone {
 public:
  explicit LibcZone(const std::string& name) {
    if (const char* old = std::getenv("TZ")) before_ = old;
    set(&name);
  }
  ~LibcZone() { set(before_ ? &*before_ : nullptr); }
  LibcZone(const LibcZone&) = delete;
  LibcZone& operator=(const LibcZone&) = delete;

  tm at(Instant instant) const {
    const time_t time = std::chrono::floor<seconds>(instant.time_since_epoch()).count();
    tm out{};
    localtime_r(&time, &out);
    return out;
  }

 private:
  static void set(const std::string* name) {
    name != nullptr ? setenv("TZ", name->c_str(), 1) : unsetenv("TZ");
    tzset();
  }
  std::optional<std::string> before_;
};

std::string berlin_file() {
  std::ifstream file(std::string(zoneinfo_directory) + "/Europe/Berlin", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<Instant> only_change(const char* rule, int year, seconds to) {
  const auto zone = parse_posix_zone(rule);
  REQUIRE(zone);
  std::optional<Instant> found;
  for (const ZoneChange& change : zone->changes(Instant{std::chrono::sys_days{std::chrono::year{year} / 1 / 1}}, year))
    if (change.to.offset == to) found = change.at;
  return found;
}

}  // namespace

TEST_CASE("every zone agrees with the C library at random instants from 1970 to 2100") {
  const Instant end = *parse_rfc3339("2100-01-01T00:00:00Z");
  std::mt19937_64 random(19700101);
  int wrong = 0;
  for (const std::string& name : zone_names()) {
    const Zone zone = *Zone::find(name);
    const LibcZone libc(name);
    for (int i = 0; i < 100; ++i) {
      const Instant at{microseconds{
          static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(end.time_since_epoch().count()))}};
      const tm expected = libc.at(at);
      const OffsetPeriod period = zone.period(at);
      if (period.offset.count() == expected.tm_gmtoff && period.abbreviation == expected.tm_zone) continue;
      if (++wrong < 10) UNSCOPED_INFO(name << " at " << rfc3339(at) << ": " << period.offset.count());
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("every change is where the C library has it, to the second") {
  for (const char* name : {"Europe/Berlin", "Europe/Dublin", "America/New_York", "America/Nuuk", "Africa/Casablanca",
                           "Asia/Gaza", "Africa/Cairo", "Australia/Lord_Howe", "Antarctica/Troll", "Pacific/Chatham",
                           "America/Santiago", "Asia/Jerusalem", "America/Havana", "America/Scoresbysund"}) {
    CAPTURE(name);
    const LibcZone libc(name);
    for (const OffsetChange& change : Zone::find(name)->changes(Instant{}, *parse_rfc3339("2100-01-01T00:00:00Z"))) {
      CHECK(libc.at(change.at).tm_gmtoff == change.after.count());
      CHECK(libc.at(change.at - seconds{1}).tm_gmtoff == change.before.count());
    }
  }
}

TEST_CASE("POSIX rules may name hours outside the day, west of Greenwich, and winter as the exception") {
  // Dublin: "daylight time" is GMT, in winter; the change to IST is at 01:00 GMT
  CHECK(only_change("IST-1GMT0,M10.5.0,M3.5.0/1", 2088, hours{1}) == *parse_rfc3339("2088-03-28T01:00:00Z"));
  CHECK(only_change("IST-1GMT0,M10.5.0,M3.5.0/1", 2088, hours{0}) == *parse_rfc3339("2088-10-31T01:00:00Z"));
  // Nuuk: at -1 h of Sunday is 23:00 on Saturday
  CHECK(only_change("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2045, -hours{1}) == *parse_rfc3339("2045-03-26T01:00:00Z"));
  // Gaza: 50 h after Saturday midnight is 02:00 on Monday
  CHECK(only_change("EET-2EEST,M3.4.4/50,M10.4.4/50", 2045, hours{3}) == *parse_rfc3339("2045-03-25T00:00:00Z"));
  // Lord Howe: half an hour
  CHECK(only_change("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 2045, hours{11}) == *parse_rfc3339("2045-09-30T15:30:00Z"));
}

TEST_CASE("Julian days skip 29 February, plain days count it") {
  CHECK(only_change("AAA0BBB,J60/0,J300/0", 2044, hours{1}) == *parse_rfc3339("2044-03-01T00:00:00Z"));
  CHECK(only_change("AAA0BBB,J60/0,J300/0", 2045, hours{1}) == *parse_rfc3339("2045-03-01T00:00:00Z"));
  CHECK(only_change("AAA0BBB,59/0,300/0", 2044, hours{1}) == *parse_rfc3339("2044-02-29T00:00:00Z"));
  CHECK(only_change("AAA0BBB,59/0,300/0", 2045, hours{1}) == *parse_rfc3339("2045-03-01T00:00:00Z"));
}

TEST_CASE("daylight time all year ends on daylight time at every new year") {
  const auto zone = parse_posix_zone("EST5EDT,0/0,J365/25");
  REQUIRE(zone);
  const auto changes = zone->changes(*parse_rfc3339("2030-06-01T00:00:00Z"), 2040);
  for (std::size_t i = 1; i < changes.size(); i += 2) {
    CHECK(changes[i].at == changes[i - 1].at);
    CHECK(changes[i].to == zone->daylight);
  }
}

TEST_CASE("what is not a POSIX rule is not guessed at") {
  for (const char* text : {"", "CE-1", "CET", "CET-25", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M3.5.0,M13.5.0",
                           "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,M3.5.0/168,M10.5.0",
                           "CET-1CEST,J0,J365", "CET-1CEST,0,366", "<+03-3", "CET-1CEST,M3.5.0,M10.5.0 ", "<+0>-3"}) {
    CAPTURE(text);
    CHECK(!parse_posix_zone(text));
  }
  CHECK(parse_posix_zone("<+0545>-5:45")->standard.offset == hours{5} + minutes{45});
}

TEST_CASE("a zone file cut off anywhere is refused, and damaged bytes never read outside it") {
  const std::string whole = berlin_file();
  REQUIRE(parse_tzif(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(parse_tzif(whole.substr(0, size)));
  std::mt19937_64 random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = whole;
    for (int hits = 0; hits < 3; ++hits)
      damaged[random() % (i % 2 == 0 ? 100 : damaged.size())] = static_cast<char>(random() % 256);
    parse_tzif(damaged);  // under ASan: either outcome, but no stray read
  }
}
