// The law of docs/schedules.md, by property: over many zones, weeks and policies the schedule says exactly what the oracle
// says, and each way of asking agrees with each other.
#include <algorithm>

#include "domain/schedule/oracle.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::oracle;

namespace {

// Every kind of rule there is: halves and quarters of an hour, folds over midnight, lost days, negative and double
// daylight time, Ramadan, changes of standard time, hemispheres, and plain zones.
constexpr const char* zones[] = {
    "Africa/Abidjan",       "Africa/Cairo",        "Africa/Casablanca",   "Africa/El_Aaiun",
    "Africa/Johannesburg",  "Africa/Juba",         "Africa/Tripoli",      "Africa/Windhoek",
    "America/Anchorage",    "America/Asuncion",    "America/Bogota",      "America/Caracas",
    "America/Chicago",      "America/Denver",      "America/Havana",      "America/Halifax",
    "America/Los_Angeles",  "America/Mexico_City", "America/Montevideo",  "America/New_York",
    "America/Nuuk",         "America/Phoenix",     "America/Santiago",    "America/Sao_Paulo",
    "America/Scoresbysund", "America/St_Johns",    "America/Toronto",     "Antarctica/Casey",
    "Antarctica/Troll",     "Antarctica/Vostok",   "Asia/Amman",          "Asia/Beirut",
    "Asia/Damascus",        "Asia/Dhaka",          "Asia/Gaza",           "Asia/Hong_Kong",
    "Asia/Jerusalem",       "Asia/Kathmandu",      "Asia/Kolkata",        "Asia/Pyongyang",
    "Asia/Riyadh",          "Asia/Tehran",         "Asia/Tokyo",          "Asia/Ulaanbaatar",
    "Asia/Vladivostok",     "Atlantic/Azores",     "Atlantic/Bermuda",    "Atlantic/Stanley",
    "Australia/Adelaide",   "Australia/Eucla",     "Australia/Lord_Howe", "Australia/Sydney",
    "Europe/Berlin",        "Europe/Chisinau",     "Europe/Dublin",       "Europe/Istanbul",
    "Europe/Lisbon",        "Europe/London",       "Europe/Moscow",       "Europe/Simferopol",
    "Europe/Volgograd",     "Indian/Mauritius",    "Pacific/Apia",        "Pacific/Auckland",
    "Pacific/Chatham",      "Pacific/Easter",      "Pacific/Fiji",        "Pacific/Honolulu",
    "Pacific/Kiritimati",   "Pacific/Kanton",      "Pacific/Kwajalein",   "Pacific/Norfolk",
    "Pacific/Tongatapu",    "Etc/GMT+12",          "Etc/GMT-14",          "UTC"};

constexpr Gap gaps[] = {Gap::next, Gap::shift, Gap::skip};
constexpr Fold folds[] = {Fold::first, Fold::second, Fold::both};

Instant random_instant(Random& random, Instant begin, Instant end) {
  return begin + microseconds{static_cast<std::int64_t>(random() % static_cast<std::uint64_t>((end - begin).count()))};
}

/// Where to look, and the local hour at which something may happen there.
struct Days {
  Instant begin;
  int hour = 0;
};

/// Between 1990 and 2088; three of four hold a change of offset, where the zone has any.
Days random_days(Random& random, const LibcZone& zone) {
  const Instant first = *parse_rfc3339("1990-01-01T00:00:00Z"), last = *parse_rfc3339("2088-12-01T00:00:00Z");
  const Instant at = random_instant(random, first, last);
  const auto change = zone.change_after(at);
  if (!change || random() % 4 == 0) return {at, static_cast<int>(random() % 24)};
  const auto since_midnight = (change->begin + change->offset).time_since_epoch() % days{1};
  return {change->begin - minutes{random() % 4200}, static_cast<int>(since_midnight / hours{1})};
}

void add_exclusions(Random& random, Schedule& schedule, Instant week) {
  const LocalDay day{std::chrono::floor<days>(week.time_since_epoch())};
  const auto some_day = [&] { return day + days{static_cast<std::int64_t>(random() % 8)}; };
  if (random() % 8 == 0) schedule.except = {some_day(), some_day()};
  if (random() % 8 == 0) schedule.from = some_day();
  if (random() % 8 == 0) schedule.until = some_day();
}

bool excluded(const Schedule& schedule, LocalTime slot) {
  const LocalDay day = nowd::day_of(slot);
  return std::count(schedule.except.begin(), schedule.except.end(), day) > 0 ||
         (schedule.from && day < *schedule.from) || (schedule.until && day >= *schedule.until);
}

/// The oracle knows no exclusions; they take a date's slots away before anything else happens.
Expression without(const Schedule& schedule, Expression expression) {
  const auto keep = [&schedule](Date date) {
    return !excluded(schedule, LocalTime{LocalDay{std::chrono::local_days{date}}});
  };
  expression.day_of_month = [keep, inner = expression.day_of_month](Date date) { return keep(date) && inner(date); };
  expression.day_of_week = [keep, inner = expression.day_of_week](Date date) { return keep(date) && inner(date); };
  return expression;
}

std::string listed(const std::vector<Occurrence>& found) {
  std::string out;
  for (std::size_t i = 0; i < std::min<std::size_t>(found.size(), 12); ++i)
    out += rfc3339(found[i].at) + " " + std::string(to_string(found[i].kind)) + " for " + iso(found[i].slot) + " +" +
           std::to_string(found[i].merged.size()) + "\n";
  return out + std::to_string(found.size()) + " in all";
}

void check_asking(Random& random, const Schedule& schedule, const std::vector<Occurrence>& expected, Instant begin,
                  Instant end) {
  const auto later = [](Instant at, const Occurrence& occurrence) { return at < occurrence.at; };
  for (int i = 0; i < 6; ++i) {
    const Instant probe =
        i % 2 == 0 || expected.empty() ? random_instant(random, begin, end) : expected[random() % expected.size()].at;
    const auto after = std::upper_bound(expected.begin(), expected.end(), probe, later);
    if (after != expected.end()) CHECK((next_occurrence(schedule, probe) == *after));
    if (after == expected.end())
      CHECK_FALSE(next_occurrence(schedule, probe).value_or(Occurrence{Instant::max()}).at <= end);
    const auto before = std::upper_bound(expected.begin(), expected.end(), probe - microseconds{1}, later);
    if (before != expected.begin()) CHECK((previous_occurrence(schedule, probe) == *std::prev(before)));
  }
}

}  // namespace

TEST_CASE("every matching slot is served exactly as the policy says, in every zone, from 1990 to 2088") {
  Random random(20260601);
  std::size_t served = 0, in_gaps = 0, in_folds = 0, merged = 0;
  for (const char* name : zones) {
    if (!Zone::find(name)) continue;  // in no release that lacks a few of them would the test be worth less
    Schedule schedule;
    schedule.zone = *Zone::find(name);
    const LibcZone libc(name);
    for (int round = 0; round < 24; ++round) {
      const auto [begin, hour] = random_days(random, libc);
      const Instant end = begin + days{3};
      const Expression expression = random_expression(random, hour);
      const auto cron = Cron::parse(expression.text);
      if (!cron) continue;  // never fires: cron_test
      schedule.kind = *cron;
      schedule.gap = gaps[random() % 3];
      schedule.fold = folds[random() % 3];
      schedule.day_match = random() % 3 == 0 ? DayMatch::all : DayMatch::any;
      schedule.except = {};
      schedule.from = schedule.until = std::nullopt;
      add_exclusions(random, schedule, begin);

      const auto expected =
          enumerate(without(schedule, expression), schedule, libc.pieces(begin - days{4}, end + days{4}), begin, end);
      const auto found = occurrences(schedule, begin, end, 1'000'000);
      CAPTURE(name, expression.text, static_cast<int>(schedule.gap), static_cast<int>(schedule.fold),
              static_cast<int>(schedule.day_match), rfc3339(begin), listed(expected), listed(found));
      CHECK((found == expected));  // unexpanded: both are listed above
      CHECK(std::is_sorted(found.begin(), found.end(),
                           [](const Occurrence& a, const Occurrence& b) { return a.at <= b.at; }));
      check_asking(random, schedule, expected, begin, end);
      for (const Occurrence& occurrence : found) {
        ++served;
        in_gaps += occurrence.kind == SlotKind::gap;
        in_folds += occurrence.kind == SlotKind::fold_first || occurrence.kind == SlotKind::fold_second;
        merged += !occurrence.merged.empty();
      }
    }
  }
  // The test is worth something only if it met what it is about.
  CAPTURE(served, in_gaps, in_folds, merged);
  CHECK(served > 10'000);
  CHECK(in_gaps > 60);
  CHECK(in_folds > 300);
  CHECK(merged > 30);
}
