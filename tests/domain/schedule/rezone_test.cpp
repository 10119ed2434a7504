// New zone data is played by another zone: the same slots, other instants.
#include "domain/planning/rezone.hpp"

#include "support/catch.hpp"

using namespace nowd;

namespace {

Instant at(std::string_view text) { return *parse_rfc3339(text); }
LocalTime slot(std::string_view text) { return *parse_local(text); }

Job job(const char* cron, const char* zone) {
  Job made;
  made.name = "j";
  made.schedule.kind = *Cron::parse(cron);
  made.schedule.zone = *Zone::find(zone);
  return made;
}

// 09:00 is 07:00Z in Berlin, and 08:00Z in London.
const LocalTime nine = slot("2026-06-01T09:00");

}  // namespace

TEST_CASE("rules that say the same move nothing") {
  const KnownPlan known{at("2026-06-01T07:01:00Z"),
                        {{at("2026-06-01T07:00:00Z"), nine, true}},
                        at("2026-06-02T07:00:00Z"),
                        slot("2026-06-02T09:00")};
  const Rezoned same = rezone(job("0 9 * * *", "Europe/Berlin"), known, at("2026-06-01T06:59:30Z"));
  CHECK(same.withdrawn.empty());
  CHECK(same.planned.empty());
  CHECK(same.served.empty());
  CHECK(same.moved.empty());
  CHECK(same.next->at == at("2026-06-02T07:00:00Z"));
}

TEST_CASE("a planned slot that moves later is withdrawn, and comes back as the next one") {
  const KnownPlan known{at("2026-06-01T07:00:30Z"),
                        {{at("2026-06-01T07:00:00Z"), nine, true}},
                        at("2026-06-02T07:00:00Z"),
                        slot("2026-06-02T09:00")};
  const Rezoned moved = rezone(job("0 9 * * *", "Europe/London"), known, at("2026-06-01T06:59:30Z"));
  CHECK(moved.withdrawn == std::vector<Instant>{at("2026-06-01T07:00:00Z")});
  CHECK(moved.planned.empty());
  CHECK(moved.next->at == at("2026-06-01T08:00:00Z"));
  REQUIRE(moved.moved.size() == 2);
  CHECK(moved.moved[0] == Rezoned::Move{nine, at("2026-06-01T07:00:00Z"), at("2026-06-01T08:00:00Z")});
  CHECK(moved.moved[1].to == at("2026-06-02T08:00:00Z"));
}

TEST_CASE("a slot that was served is not served again an hour later: it is closed there") {
  const KnownPlan known{at("2026-06-01T07:01:00Z"),
                        {{at("2026-06-01T07:00:00Z"), nine, false}},
                        at("2026-06-02T07:00:00Z"),
                        slot("2026-06-02T09:00")};
  const Rezoned moved = rezone(job("0 9 * * *", "Europe/London"), known, at("2026-06-01T07:00:10Z"));
  CHECK(moved.withdrawn.empty());
  CHECK(moved.planned.empty());
  REQUIRE(moved.served.size() == 1);
  CHECK(moved.served[0].occurrence.at == at("2026-06-01T08:00:00Z"));
}

TEST_CASE("a slot whose instant is now in the past is not lost: it is planned there, and late") {
  const KnownPlan known{at("2026-06-01T07:31:00Z"), {}, at("2026-06-01T08:00:00Z"), nine};
  const Rezoned moved = rezone(job("0 9 * * *", "Europe/Berlin"), known, at("2026-06-01T07:30:00Z"));
  REQUIRE(moved.planned.size() == 1);
  CHECK(moved.planned[0].occurrence.at == at("2026-06-01T07:00:00Z"));
  CHECK(moved.moved.at(0).to == at("2026-06-01T07:00:00Z"));
  CHECK(moved.next->at == at("2026-06-02T07:00:00Z"));
}

TEST_CASE("a slot that the new rules jump over or repeat is told of, and a cadence only follows real time") {
  const KnownPlan known{at("2026-06-01T07:00:30Z"),
                        {{at("2026-06-01T07:00:00Z"), slot("2026-06-01T09:00"), true},
                         {at("2026-06-01T07:00:30Z"), slot("2026-06-01T09:00:30"), true}},
                        at("2026-06-01T07:01:00Z"),
                        slot("2026-06-01T09:01")};
  // Every half minute of real time: the instants stay, their local times are others.
  const Rezoned moved = rezone(job("*/30 * * * * *", "Europe/London"), known, at("2026-06-01T06:59:59Z"));
  CHECK(moved.moved.empty());
  CHECK(moved.withdrawn.size() == 2);
  REQUIRE(moved.planned.size() == 2);
  CHECK(moved.planned[0].occurrence.at == at("2026-06-01T07:00:00Z"));
  CHECK(moved.planned[0].occurrence.slot == slot("2026-06-01T08:00"));
  CHECK(moved.next->at == at("2026-06-01T07:01:00Z"));
}

TEST_CASE("elapsed time knows no zone") {
  Job every;
  every.name = "j";
  every.schedule.kind = Every{minutes{1}, {}};
  const Occurrence minute = *next_occurrence(every.schedule, at("2026-06-01T06:59:30Z"));
  const KnownPlan known{at("2026-06-01T07:00:30Z"),
                        {{minute.at, minute.slot, true}},
                        at("2026-06-01T07:01:00Z"),
                        slot("2026-06-01T07:01")};
  const Rezoned same = rezone(every, known, at("2026-06-01T06:59:30Z"));
  CHECK(same.withdrawn.empty());
  CHECK(same.planned.empty());
  CHECK(same.moved.empty());
}
