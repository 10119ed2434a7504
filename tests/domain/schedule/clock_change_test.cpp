#include "domain/schedule/clock_change.hpp"

#include "support/catch.hpp"

using namespace nowd;

namespace {

using Outcome = ClockChange::Outcome;

Schedule cron(std::string_view expression, Gap gap = Gap::next, Fold fold = Fold::first) {
  Schedule schedule;
  schedule.kind = *Cron::parse(expression);
  schedule.zone = *Zone::find("Europe/Berlin");
  schedule.gap = gap;
  schedule.fold = fold;
  return schedule;
}

/// 2026: forward on 29 March at 01:00Z (02:00 → 03:00), back on 25 October at 01:00Z (03:00 → 02:00).
std::vector<ClockChange> in_2026(const Schedule& schedule) {
  return clock_changes(schedule, *parse_rfc3339("2026-01-01T00:00:00Z"), *parse_rfc3339("2027-01-01T00:00:00Z"));
}

std::vector<std::string> moments(const ClockChange& change) {
  std::vector<std::string> all;
  for (const Occurrence& run : change.runs) all.push_back(rfc3339(run.at));
  return all;
}
using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a slot that does not exist runs at another time, or not; one that comes twice runs once, or twice") {
  const auto usual = in_2026(cron("30 2 * * *"));
  REQUIRE(usual.size() == 2);
  CHECK(rfc3339(usual[0].at) == "2026-03-29T01:00:00Z");
  CHECK(usual[0].before == hours{1});
  CHECK(usual[0].after == hours{2});
  CHECK(usual[0].outcome == Outcome::moved);
  CHECK(moments(usual[0]) == Texts{"2026-03-29T01:00:00Z"});  // 03:00 +02:00
  CHECK(usual[1].outcome == Outcome::once);
  CHECK(moments(usual[1]) == Texts{"2026-10-25T00:30:00Z"});  // 02:30 +02:00
  CHECK(usual[1].runs_that_day == 1);

  const auto other = in_2026(cron("30 2 * * *", Gap::skip, Fold::both));
  CHECK(other[0].outcome == Outcome::skipped);
  CHECK(other[0].runs.empty());
  REQUIRE(other[0].dropped.size() == 1);
  CHECK(iso(other[0].dropped[0]) == "2026-03-29T02:30:00");
  CHECK(other[0].runs_that_day == 0);
  CHECK(other[1].outcome == Outcome::twice);
  CHECK(moments(other[1]) == Texts{"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"});

  CHECK(moments(in_2026(cron("30 2 * * *", Gap::shift, Fold::second))[0]) == Texts{"2026-03-29T01:30:00Z"});
  CHECK(moments(in_2026(cron("30 2 * * *", Gap::shift, Fold::second))[1]) == Texts{"2026-10-25T01:30:00Z"});
}

TEST_CASE("slots of other hours are not touched, and a cadence follows real time") {
  for (const ClockChange& change : in_2026(cron("0 9 * * *"))) {
    CHECK(change.outcome == Outcome::untouched);
    CHECK(change.runs_that_day == 1);
  }
  const auto cadence = in_2026(cron("*/15 * * * *"));
  CHECK(cadence[0].outcome == Outcome::real_time);
  CHECK(cadence[0].runs_that_day == 92);
  CHECK(cadence[1].runs_that_day == 100);
}

TEST_CASE("a zone without changes has none") {
  Schedule schedule = cron("30 2 * * *");
  schedule.zone = Zone::utc();
  CHECK(in_2026(schedule).empty());
}
