#include "domain/schedule/schedule.hpp"

#include "support/catch.hpp"

using namespace nowd;

namespace {

Instant utc(std::string_view text) { return *parse_rfc3339(text); }
LocalTime local(std::string_view text) { return *parse_local(text); }
LocalDay day(std::string_view text) { return *parse_local_day(text); }

Schedule cron(std::string_view expression, std::string_view zone) {
  Schedule schedule;
  schedule.kind = *Cron::parse(expression);
  schedule.zone = *Zone::find(zone);
  return schedule;
}

Schedule every(seconds period, Instant anchor = {}) {
  Schedule schedule;
  schedule.kind = Every{period, anchor};
  return schedule;
}

Schedule at(std::vector<LocalTime> slots, std::string_view zone) {
  Schedule schedule;
  schedule.kind = At{std::move(slots)};
  schedule.zone = *Zone::find(zone);
  return schedule;
}

std::string next(const Schedule& schedule, std::string_view after) {
  const auto found = next_occurrence(schedule, utc(after));
  return found ? rfc3339(found->at) : "none";
}

std::string previous(const Schedule& schedule, std::string_view before) {
  const auto found = previous_occurrence(schedule, utc(before));
  return found ? rfc3339(found->at) : "none";
}

}  // namespace

TEST_CASE("the next occurrence is strictly later, by a microsecond if need be") {
  const Schedule daily = cron("0 9 * * *", "UTC");
  CHECK(next(daily, "2026-06-01T08:59:59.999999Z") == "2026-06-01T09:00:00Z");
  CHECK(next(daily, "2026-06-01T09:00:00Z") == "2026-06-02T09:00:00Z");
  CHECK(next(daily, "2026-06-01T09:00:00.000001Z") == "2026-06-02T09:00:00Z");
}

TEST_CASE("an occurrence records slot, offset and which rule made it") {
  Schedule schedule = cron("0,30 2 * * *", "Europe/Berlin");
  const auto gap = next_occurrence(schedule, utc("2026-03-28T23:00:00Z"));
  REQUIRE(gap);
  CHECK(*gap == Occurrence{utc("2026-03-29T01:00:00Z"),
                           local("2026-03-29T02:00"),
                           hours{2},
                           SlotKind::gap,
                           {local("2026-03-29T02:30")}});
  const auto fold = next_occurrence(schedule, utc("2026-10-24T23:00:00Z"));
  REQUIRE(fold);
  CHECK(*fold ==
        Occurrence{utc("2026-10-25T00:00:00Z"), local("2026-10-25T02:00"), hours{2}, SlotKind::fold_first, {}});
  schedule.fold = Fold::second;
  const auto second = next_occurrence(schedule, utc("2026-10-24T23:00:00Z"));
  REQUIRE(second);
  CHECK(*second ==
        Occurrence{utc("2026-10-25T01:00:00Z"), local("2026-10-25T02:00"), hours{1}, SlotKind::fold_second, {}});
  const auto plain = next_occurrence(schedule, utc("2026-06-01T00:30:00Z"));
  REQUIRE(plain);
  CHECK(*plain == Occurrence{utc("2026-06-02T00:00:00Z"), local("2026-06-02T02:00"), hours{2}, SlotKind::plain, {}});
}

TEST_CASE("slots that become the same instant are one occurrence, named for the first") {
  const Schedule schedule = cron("0 2,3 * * *", "Europe/Berlin");
  const auto found = occurrences(schedule, utc("2026-03-28T23:00:00Z"), utc("2026-03-29T22:00:00Z"), 10);
  REQUIRE(found.size() == 1);
  CHECK(found[0].slot == local("2026-03-29T02:00"));
  CHECK(found[0].kind == SlotKind::gap);
  CHECK(found[0].merged == std::vector<LocalTime>{local("2026-03-29T03:00")});
}

TEST_CASE("a cadence fires in both passes of a fold and at nothing in a gap, whatever the policies say") {
  for (const Gap gap : {Gap::next, Gap::shift, Gap::skip})
    for (const Fold fold : {Fold::first, Fold::second, Fold::both}) {
      Schedule schedule = cron("30 * * * *", "Europe/Berlin");
      schedule.gap = gap;
      schedule.fold = fold;
      CHECK(next(schedule, "2026-03-29T00:30:00Z") == "2026-03-29T01:30:00Z");
      CHECK(next(schedule, "2026-10-25T00:30:00Z") == "2026-10-25T01:30:00Z");
      CHECK(next_occurrence(schedule, utc("2026-10-25T00:30:00Z"))->kind == SlotKind::fold_second);
    }
}

TEST_CASE("the first second after a fold is not lost to the slots that were passed over in it") {
  const Schedule schedule = cron("0,30 0,59 2,3 * * *", "Europe/Berlin");
  CHECK(next(schedule, "2026-10-25T00:59:00Z") == "2026-10-25T00:59:30Z");
  CHECK(next(schedule, "2026-10-25T00:59:30Z") == "2026-10-25T02:00:00Z");  // 03:00:00, once
  CHECK(next(schedule, "2026-10-25T01:59:15Z") == "2026-10-25T02:00:00Z");
}

TEST_CASE("elapsed time counts from its anchor and knows no daylight saving") {
  CHECK(next(every(minutes{15}), "2026-03-29T00:59:00Z") == "2026-03-29T01:00:00Z");
  CHECK(next(every(hours{7}, utc("2026-06-01T03:00:00Z")), "2026-06-01T03:00:00Z") == "2026-06-01T10:00:00Z");
  CHECK(next(every(hours{7}, utc("2026-06-01T03:00:00Z")), "2026-05-31T19:59:59Z") == "2026-05-31T20:00:00Z");
  CHECK(next(every(hours{7}, utc("2026-06-01T03:00:00Z")), "2026-05-31T20:00:00Z") == "2026-06-01T03:00:00Z");
  CHECK(next(every(seconds{1}), "2026-06-01T00:00:00.5Z") == "2026-06-01T00:00:01Z");
}

TEST_CASE("`from` is inclusive, `until` exclusive, and excepted dates have no occurrence") {
  Schedule schedule = cron("0 0,12 * * *", "Europe/Berlin");
  schedule.from = day("2026-06-02");
  schedule.until = day("2026-06-05");
  schedule.except = {day("2026-06-03")};
  const auto found = occurrences(schedule, utc("2026-01-01T00:00:00Z"), utc("2027-01-01T00:00:00Z"), 100);
  REQUIRE(found.size() == 4);
  CHECK(iso(found[0].slot) == "2026-06-02T00:00:00");
  CHECK(iso(found[1].slot) == "2026-06-02T12:00:00");
  CHECK(iso(found[2].slot) == "2026-06-04T00:00:00");
  CHECK(iso(found[3].slot) == "2026-06-04T12:00:00");
  SECTION("for elapsed time too, by the zone's local date") {
    schedule.kind = Every{hours{8}, {}};
    const auto beats = occurrences(schedule, utc("2026-01-01T00:00:00Z"), utc("2027-01-01T00:00:00Z"), 100);
    REQUIRE(beats.size() == 6);  // 00:00, 08:00, 16:00 UTC: 02:00, 10:00, 18:00 in Berlin
    CHECK(rfc3339(beats.front().at) == "2026-06-02T00:00:00Z");
    CHECK(rfc3339(beats[3].at) == "2026-06-04T00:00:00Z");
    CHECK(rfc3339(beats.back().at) == "2026-06-04T16:00:00Z");
  }
}

TEST_CASE("an excepted date is the slot's, even if a gap moves it to another") {
  // Pyongyang, 2018-05-04: 23:30 became midnight
  Schedule schedule = cron("45 23 * * *", "Asia/Pyongyang");
  CHECK(next(schedule, "2018-05-04T00:00:00Z") == "2018-05-04T15:00:00Z");
  schedule.except = {day("2018-05-05")};
  CHECK(next(schedule, "2018-05-04T00:00:00Z") == "2018-05-04T15:00:00Z");
  schedule.except = {day("2018-05-04")};
  CHECK(next(schedule, "2018-05-04T00:00:00Z") == "2018-05-05T14:45:00Z");
}

TEST_CASE("a list of moments fires each once, in its zone, and is then over") {
  const Schedule schedule =
      at({local("2026-03-29T02:30"), local("2026-10-25T02:30"), local("2026-12-01T09:00")}, "Europe/Berlin");
  CHECK(next(schedule, "2026-01-01T00:00:00Z") == "2026-03-29T01:00:00Z");
  CHECK(next(schedule, "2026-03-29T01:00:00Z") == "2026-10-25T00:30:00Z");
  CHECK(next(schedule, "2026-10-25T00:30:00Z") == "2026-12-01T08:00:00Z");
  CHECK(next(schedule, "2026-12-01T08:00:00Z") == "none");
  CHECK(previous(schedule, "2027-01-01T00:00:00Z") == "2026-12-01T08:00:00Z");
}

TEST_CASE("manual never fires, and nothing fires from 2200 on") {
  CHECK(next(Schedule{}, "2026-01-01T00:00:00Z") == "none");
  CHECK(previous(Schedule{}, "2026-01-01T00:00:00Z") == "none");
  CHECK(next(cron("0 0 * * *", "UTC"), "2199-12-30T12:00:00Z") == "2199-12-31T00:00:00Z");
  CHECK(next(cron("0 0 * * *", "UTC"), "2199-12-31T00:00:00Z") == "none");
  CHECK(next(every(hours{1}), "2199-12-31T23:00:00Z") == "none");
  Schedule over = cron("* * * * *", "Europe/Berlin");
  over.until = day("2026-01-01");
  CHECK(next(over, "2026-01-01T00:00:00Z") == "none");
}

TEST_CASE("days that never meet under `and` give no occurrence, and do not search forever") {
  Schedule never = cron("0 0 31 * mon#1", "Europe/Berlin");
  never.day_match = DayMatch::all;
  CHECK(next(never, "2026-01-01T00:00:00Z") == "none");
}

TEST_CASE("the limit of a list is kept, and so is its end") {
  const Schedule schedule = cron("* * * * *", "UTC");
  CHECK(occurrences(schedule, utc("2026-01-01T00:00:00Z"), utc("2027-01-01T00:00:00Z"), 3).size() == 3);
  CHECK(occurrences(schedule, utc("2026-01-01T00:00:00Z"), utc("2026-01-01T00:05:00Z"), 99).size() == 5);
  CHECK(occurrences(schedule, utc("2026-01-01T00:00:00Z"), utc("2026-01-01T00:05:00Z"), 0).empty());
}

TEST_CASE("the previous occurrence is strictly earlier, however long ago") {
  CHECK(previous(cron("* * * * * *", "UTC"), "2026-06-01T00:00:00Z") == "2026-05-31T23:59:59Z");
  CHECK(previous(cron("* * * * * *", "UTC"), "2026-06-01T00:00:00.000001Z") == "2026-06-01T00:00:00Z");
  CHECK(previous(cron("0 9 * * mon", "Europe/Berlin"), "2026-06-01T07:00:00Z") == "2026-05-25T07:00:00Z");
  CHECK(previous(cron("0 0 29 2 *", "UTC"), "2028-02-29T00:00:00Z") == "2024-02-29T00:00:00Z");
  CHECK(previous(cron("* * 0 * * *", "UTC"), "2026-06-01T23:00:00Z") == "2026-06-01T00:59:59Z");
  CHECK(previous(cron("30 2 * * *", "Europe/Berlin"), "2026-03-29T01:00:00.000001Z") == "2026-03-29T01:00:00Z");
}

TEST_CASE("the search back ends at its horizon") {
  const Schedule leap = cron("0 0 29 2 *", "UTC");
  CHECK_FALSE(previous_occurrence(leap, utc("2028-02-28T00:00:00Z"), days{30}));
  CHECK(previous_occurrence(leap, utc("2024-03-30T00:00:00Z"), days{30}));
  CHECK_FALSE(previous_occurrence(leap, utc("2024-03-31T00:00:00Z"), days{30}));
}

TEST_CASE("`skip` names the slots that it drops, and only it does") {
  Schedule schedule = cron("0,30 2,3 * * *", "Europe/Berlin");
  const Instant begin = utc("2026-01-01T00:00:00Z"), end = utc("2027-01-01T00:00:00Z");
  CHECK(dropped_slots(schedule, begin, end).empty());
  schedule.gap = Gap::skip;
  const Instant jump = utc("2026-03-29T01:00:00Z");
  CHECK(dropped_slots(schedule, begin, end) ==
        std::vector<DroppedSlot>{{local("2026-03-29T02:00"), jump}, {local("2026-03-29T02:30"), jump}});
  CHECK(dropped_slots(schedule, jump, end).empty());
  SECTION("not of a cadence") {
    schedule.kind = *Cron::parse("30 * * * *");
    CHECK(dropped_slots(schedule, begin, end).empty());
  }
  SECTION("nor of a date that never existed") {
    schedule.kind = *Cron::parse("0 9 * * *");
    schedule.zone = *Zone::find("Pacific/Apia");
    CHECK(dropped_slots(schedule, utc("2011-12-01T00:00:00Z"), utc("2012-02-01T00:00:00Z")).empty());
  }
  SECTION("nor of schedules without slots") {
    schedule.kind = Every{minutes{1}, {}};
    CHECK(dropped_slots(schedule, begin, end).empty());
    schedule.kind = Manual{};
    CHECK(dropped_slots(schedule, begin, end).empty());
  }
}

TEST_CASE("jitter delays by a hash of job and instant: the same everywhere, never more than it says") {
  Schedule schedule = cron("0 9 * * *", "UTC");
  const Instant planned = utc("2026-06-01T09:00:00Z");
  CHECK(due_at(schedule, "digest", planned) == planned);
  schedule.jitter = minutes{2};
  CHECK(due_at(schedule, "digest", planned) == due_at(schedule, "digest", planned));
  CHECK(due_at(schedule, "digest", planned) != due_at(schedule, "standup", planned));
  bool early = false, late = false;
  for (int i = 0; i < 500; ++i) {
    const Instant slot = planned + days{i};
    const auto delay = due_at(schedule, "digest", slot) - slot;
    CHECK(delay >= seconds{0});
    CHECK(delay <= minutes{2});
    CHECK(delay % milliseconds{1} == microseconds{0});
    early = early || delay < seconds{20};
    late = late || delay > seconds{100};
  }
  CHECK(early);
  CHECK(late);
  // Written down once: a change would move every job of every fleet.
  CHECK(rfc3339(due_at(schedule, "digest", planned)) == "2026-06-01T09:01:12.470Z");
}

TEST_CASE("a note says what the clock change did to an occurrence, and nothing where it did nothing") {
  const auto note_of = [](const Schedule& schedule, std::string_view after) {
    return note(*next_occurrence(schedule, utc(after)), schedule.zone);
  };
  Schedule schedule = cron("30 2 * * *", "Europe/Berlin");
  CHECK(note_of(schedule, "2026-06-01T00:00:00Z") == "");
  CHECK(note_of(schedule, "2026-03-28T12:00:00Z") == "gap: 02:30 was skipped by the clock change, runs at 03:00");
  CHECK(note_of(schedule, "2026-10-24T12:00:00Z") == "fold: 02:30 comes twice, this is the first");
  schedule.gap = Gap::shift;
  schedule.fold = Fold::second;
  CHECK(note_of(schedule, "2026-03-28T12:00:00Z") == "gap: 02:30 was skipped by the clock change, runs at 03:30");
  CHECK(note_of(schedule, "2026-10-24T12:00:00Z") == "fold: 02:30 comes twice, this is the second");
  schedule = cron("*/10 2 * * *", "Europe/Berlin");
  CHECK(note_of(schedule, "2026-03-28T12:00:00Z") ==
        "gap: 02:00 was skipped by the clock change, runs at 03:00 (also for 02:10, 02:20, 02:30 and 2 more)");
  schedule = cron("15 30 23 * * *", "Asia/Pyongyang");
  CHECK(note_of(schedule, "2018-05-04T12:00:00Z") ==
        "gap: 23:30:15 was skipped by the clock change, runs at 2018-05-05 00:00");
}

TEST_CASE("slot kinds are named as the ledger has them") {
  CHECK(to_string(SlotKind::plain) == "plain");
  CHECK(to_string(SlotKind::gap) == "gap");
  CHECK(to_string(SlotKind::fold_first) == "fold_first");
  CHECK(to_string(SlotKind::fold_second) == "fold_second");
}
