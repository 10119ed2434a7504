#include "domain/schedule/judge.hpp"

#include "support/catch.hpp"

using namespace nowd;

namespace {

Instant at(std::string_view text) { return *parse_rfc3339(text); }

Candidate due(seconds late) {
  Candidate candidate;
  candidate.job = "j";
  candidate.scheduled_at = candidate.due_at = at("2026-06-01T07:00:00Z");
  candidate.planned_window_start = at("2026-06-01T06:00:00Z");
  candidate.now = candidate.due_at + late;
  return candidate;
}

Job job(Schedule schedule = {}) {
  Job made;
  made.name = "j";
  made.schedule = std::move(schedule);
  return made;
}

Job every(seconds period) {
  Schedule schedule;
  schedule.kind = Every{period, {}};
  return job(schedule);
}

}  // namespace

TEST_CASE("an occurrence up to grace late runs; one later is missed, and the reason says whether anybody looked") {
  CHECK(judge(due(seconds{90}), job()).what == Judgement::What::run);
  CHECK(judge(due(seconds{91}), job()) == Judgement{Judgement::What::close, "missed", "down", {}});
  Candidate seen = due(seconds{91});
  seen.last_look = seen.due_at + seconds{30};
  CHECK(judge(seen, job()).reason == "limit");
}

TEST_CASE("an occurrence is skipped while a run of its job is live, and a manual run waits") {
  Candidate busy = due(seconds{0});
  busy.busy = true;
  CHECK(judge(busy, job()) == Judgement{Judgement::What::close, "skipped", "overlap", {}});
  busy.kind = RunKind::manual;
  CHECK(judge(busy, job()).what == Judgement::What::leave);
}

TEST_CASE("a run that a crash ended is served again beyond grace, but not for ever") {
  Candidate again = due(minutes{10});
  again.attempts = 1;
  CHECK(judge(again, job()).what == Judgement::What::run);
  again.now = again.due_at + hours{2} + seconds{1};
  CHECK(judge(again, job()).reason == "window");
}

TEST_CASE("the window starts at the previous occurrence, and further back where the last success ended") {
  Candidate candidate = due(seconds{0});
  CHECK(judge(candidate, job()).window_start == at("2026-06-01T06:00:00Z"));
  candidate.succeeded_through = at("2026-05-29T07:00:00Z");  // three days down leave no hole
  CHECK(judge(candidate, job()).window_start == at("2026-05-29T07:00:00Z"));
  candidate.succeeded_through = at("2026-06-01T06:30:00Z");  // never later than the previous occurrence
  CHECK(judge(candidate, job()).window_start == at("2026-06-01T06:00:00Z"));
}

TEST_CASE("a manual run's window starts where the last success ended, else at local midnight") {
  Candidate manual = due(seconds{0});
  manual.kind = RunKind::manual;
  const Zone berlin = *Zone::find("Europe/Berlin");
  CHECK(manual_window_start(manual, berlin) == at("2026-05-31T22:00:00Z"));  // 2026-06-01T00:00+02:00
  manual.succeeded_through = at("2026-06-01T05:00:00Z");
  CHECK(manual_window_start(manual, berlin) == at("2026-06-01T05:00:00Z"));
  manual.succeeded_through = at("2026-06-02T05:00:00Z");  // a run for an earlier moment
  CHECK(manual_window_start(manual, berlin) == at("2026-05-31T22:00:00Z"));
}

TEST_CASE("planning covers (cursor, until] without hole or repeat, and says what comes after") {
  const Instant now = at("2026-06-01T07:00:00Z");
  const Plan plan = plan_ahead(every(seconds{10}), now, now, now + seconds{60});
  REQUIRE(plan.rows.size() == 6);
  CHECK(plan.rows.front().occurrence.at == now + seconds{10});
  CHECK(plan.rows.front().previous == now);
  CHECK(plan.rows.back().occurrence.at == now + seconds{60});
  CHECK(plan.next->at == now + seconds{70});
  CHECK(!plan.missed);
}

TEST_CASE("what was missed over hours is one range, exactly counted, and the rest are rows") {
  const Instant now = at("2026-06-01T07:00:00Z");
  const Plan plan = plan_ahead(every(seconds{60}), now - hours{3}, now, now + seconds{60});
  REQUIRE(plan.missed);
  CHECK(plan.missed->first == now - hours{3} + seconds{60});
  // Grace is 90 s: 06:58 is beyond it, 06:59 is not.
  CHECK(plan.missed->last == now - seconds{120});
  CHECK(plan.missed->count == 178);
  REQUIRE(plan.rows.size() == 3);
  CHECK(plan.rows.front().occurrence.at == now - seconds{60});
  CHECK(plan.rows.front().previous == plan.missed->last);
}

TEST_CASE("a few missed occurrences get a row each") {
  const Instant now = at("2026-06-01T07:00:00Z");
  const Plan plan = plan_ahead(every(hours{1}), now - hours{5}, now, now + seconds{60});
  CHECK(!plan.missed);
  CHECK(plan.rows.size() == 5);
}

TEST_CASE("a schedule that is over plans nothing and has no next") {
  Schedule schedule;
  schedule.kind = At{{LocalTime{}}};
  const Instant now = at("2026-06-01T07:00:00Z");
  CHECK(plan_ahead(job(schedule), now, now, now + hours{1}) == Plan{});
}
