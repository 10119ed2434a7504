#include <algorithm>

#include "domain/planning/plan_ahead.hpp"
#include "domain/schedule/judging.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

TEST_CASE("an occurrence up to grace late runs; one later is made up for, behind live work") {
  CHECK(judged(due(seconds{90}), job()).what == What::run);
  CHECK_FALSE(judged(due(seconds{90}), job()).catch_up);
  CHECK(judged(due(seconds{91}), job()).what == What::run);
  CHECK(judged(due(seconds{91}), job()).catch_up);
}

TEST_CASE("a missed occurrence that is skipped says whether anybody looked") {
  Job skipping = job();
  skipping.missed.policy = MissedRules::Policy::skip;
  Candidate missed = due(seconds{91});
  CHECK(fate(judged(missed, skipping)) == "missed down");
  missed.seen_on_time = true;
  CHECK(fate(judged(missed, skipping)) == "missed limit");
}

TEST_CASE("a late start has its bounds: the window, and a time of day") {
  Job bounded = job();
  CHECK(judged(due(hours{2}), bounded).what == What::run);
  CHECK(fate(judged(due(hours{2} + seconds{1}), bounded)) == "missed window");
  bounded.missed.window = minutes{30};
  CHECK(fate(judged(due(minutes{31}), bounded)) == "missed window");
  bounded.missed.window = hours{12};
  bounded.missed.not_after = hours{10};  // 09:00 in Berlin is 07:00Z, so 10:00 is an hour later
  bounded.schedule.zone = *Zone::find("Europe/Berlin");
  CHECK(judged(due(minutes{60}), bounded).what == What::run);
  CHECK(fate(judged(due(minutes{61}), bounded)) == "missed cutoff");
}

TEST_CASE("latest: the newest missed one runs for all of them, and its window covers them") {
  const auto judgements = judge({due(minutes{30}, 0), due(minutes{30}, 10), due(minutes{30}, 20)}, job());
  CHECK(fate(judgements[0]) == "coalesced ");
  CHECK(judgements[0].coalesced_into == at("2026-06-01T07:20:00Z"));
  CHECK(fate(judgements[1]) == "coalesced ");
  CHECK(judgements[2].what == What::run);
  CHECK(judgements[2].window_start == at("2026-06-01T06:00:00Z"));  // of the first
}

TEST_CASE("latest: where the newest is too late too, nothing runs and nothing is said to have been covered") {
  const auto judgements = judge({due(hours{5}, 0), due(hours{5}, 60)}, job());
  CHECK(fate(judgements[0]) == "missed down");
  CHECK(fate(judgements[1]) == "missed window");
}

TEST_CASE("all: oldest first, at most so many, and one at a time") {
  Job all = job();
  all.missed.policy = MissedRules::Policy::all;
  all.missed.max = 2;
  const auto judgements = judge({due(minutes{30}, 0), due(minutes{30}, 10), due(minutes{30}, 20)}, all);
  CHECK(fate(judgements[0]) == "missed limit");
  CHECK(judgements[1].what == What::run);
  CHECK(judgements[2].what == What::leave);  // it waits for the one before
  CHECK(judgements[2].catch_up);
}

TEST_CASE("a catch-up waits for a live run and is never skipped for it; too late for good it is missed") {
  Candidate waiting = due(minutes{30});
  waiting.kind = RunKind::catch_up;
  waiting.busy = true;
  CHECK(judged(waiting, job()).what == What::leave);
  waiting.busy = false;
  CHECK(judged(waiting, job()).what == What::run);
  waiting.now = waiting.due_at + hours{3};
  CHECK(fate(judged(waiting, job())) == "missed window");
}

TEST_CASE("live work goes before what is made up for") {
  Candidate waiting = due(minutes{30}, 0);
  waiting.kind = RunKind::catch_up;
  Job all = job();
  all.missed.policy = MissedRules::Policy::all;
  const auto judgements = judge({waiting, due(minutes{30}, 30)}, all);
  CHECK(judgements[0].what == What::leave);
  CHECK(judgements[1].what == What::run);
}

TEST_CASE("a backfill has no lateness, and waits for live runs") {
  Candidate old = due(hours{1000});
  old.kind = RunKind::backfill;
  CHECK(judged(old, job()).what == What::run);
  old.busy = true;
  CHECK(judged(old, job()).what == What::leave);
}

TEST_CASE("a pause skips occurrences and runs after another job's; what was asked for waits for its end") {
  Candidate paused = due(seconds{0});
  paused.paused = true;
  CHECK(fate(judged(paused, job())) == "skipped paused");
  paused.kind = RunKind::catch_up;
  CHECK(fate(judged(paused, job())) == "skipped paused");
  paused.kind = RunKind::after;
  for (const bool asked : {false, true}) {
    paused.asked = asked;
    CHECK(fate(judged(paused, job())) == "skipped paused");
  }
  for (const RunKind kind : {RunKind::manual, RunKind::backfill}) {
    paused.kind = kind;
    CHECK(judged(paused, job()).what == What::leave);
  }
  paused.kind = RunKind::manual;
  paused.even_if_paused = true;
  CHECK(judged(paused, job()).what == What::run);
}

TEST_CASE("jobs of one lane take turns: the newest waits for another job's run, and ends none of its runs") {
  Candidate older = due(seconds{20}), newer = due(seconds{20});
  for (Candidate* each : {&older, &newer}) each->busy = each->other_job = true;
  for (const auto policy : {OverlapRules::Policy::skip, OverlapRules::Policy::cancel_running}) {
    Job sharing = job();
    sharing.overlap.policy = policy;
    const auto judgements = judge({older, newer}, sharing);
    CHECK(fate(judgements[0]) == "superseded ");
    CHECK(judgements[1].what == What::buffer);
    CHECK_FALSE(judgements[1].cancel_running);
  }
  newer.buffered = true;
  newer.busy = newer.other_job = false;
  CHECK(judged(newer, job()).what == What::run);
  newer.now = newer.due_at + hours{3};
  CHECK(fate(judged(newer, job())) == "missed window");
}

TEST_CASE("what fell due unseen is judged by the rules of missed, not skipped for a run that may have ended") {
  Candidate older = due(seconds{74}, 0), unseen = due(seconds{74}, 1);
  for (Candidate* each : {&older, &unseen}) each->busy = each->unseen = true;
  auto judgements = judge({older, unseen}, job());
  CHECK(fate(judgements[0]) == "coalesced ");
  CHECK(judgements[1].what == What::leave);
  CHECK(judgements[1].catch_up);  // it waits, as the newest of what was missed does
  Job skipping = job();
  skipping.missed.policy = MissedRules::Policy::skip;
  judgements = judge({older, unseen}, skipping);
  CHECK(fate(judgements[0]) == "missed down");
  CHECK(judgements[1].what == What::buffer);  // on time still
  unseen.now = unseen.due_at + minutes{5};
  CHECK(fate(judged(unseen, skipping)) == "missed down");
  unseen.now = unseen.due_at + seconds{14};
  unseen.busy = false;
  CHECK(judged(unseen, skipping).what == What::run);
  unseen.busy = true;
  unseen.unseen = false;
  CHECK(fate(judged(unseen, skipping)) == "skipped overlap");
}

TEST_CASE("of runs after another job's the newest waits; what somebody asked for is never skipped") {
  Candidate first = due(seconds{0}), second = due(seconds{0}), third = due(seconds{0});
  for (Candidate* each : {&first, &second, &third}) {
    each->kind = RunKind::after;
    each->busy = true;
  }
  auto judgements = judge({first, second, third}, job());
  CHECK(fate(judgements[0]) == "skipped overlap");
  CHECK(fate(judgements[1]) == "skipped overlap");
  CHECK(judgements[2].what == What::leave);
  Job buffering = job();
  buffering.overlap = {OverlapRules::Policy::buffer_all, 2};
  judgements = judge({first, second, third}, buffering);
  CHECK(judgements[0].what == What::leave);
  CHECK(judgements[1].what == What::leave);
  CHECK(fate(judgements[2]) == "skipped overlap");
  for (Candidate* each : {&first, &second, &third}) each->asked = true;
  for (const Judgement& each : judge({first, second, third}, job())) CHECK(each.what == What::leave);
  for (Candidate* each : {&first, &second, &third}) each->busy = false;
  judgements = judge({first, second, third}, job());
  CHECK(judgements[0].what == What::run);
  CHECK(judgements[1].what == What::leave);
  third.asked = false;
  third.attempts = 1;  // it was begun, and is served again
  CHECK(judged(third, job()).what == What::run);
}

TEST_CASE(
    "a run after another job's starts when the lane is free, the newest of those that waited; allow starts each") {
  Candidate first = due(seconds{0}), second = due(seconds{0});
  first.kind = second.kind = RunKind::after;
  auto judgements = judge({first, second}, job());
  CHECK(fate(judgements[0]) == "skipped overlap");
  CHECK(judgements[1].what == What::run);
  Job each = job();
  each.overlap.policy = OverlapRules::Policy::buffer_all;
  judgements = judge({first, second}, each);
  CHECK(judgements[0].what == What::run);
  CHECK(judgements[1].what == What::leave);
  each.overlap.policy = OverlapRules::Policy::allow;
  judgements = judge({first, second}, each);
  CHECK(judgements[0].what == What::run);
  CHECK(judgements[1].what == What::run);
}

TEST_CASE("not_after counts from the slot's day, though the clocks jumped over it into the next one") {
  Schedule nightly;
  nightly.kind = *Cron::parse("30 23 * * *");
  nightly.zone = *Zone::find("America/Nuuk");  // on 2027-03-27 from 23:00 to 00:00
  Job bounded = job(nightly);
  bounded.missed.grace = minutes{1};
  bounded.missed.not_after = hours{23} + minutes{50};
  Candidate late = due(seconds{0});
  late.scheduled_at = late.due_at = at("2027-03-28T01:00:00Z");  // 00:00 of the 28th
  late.planned_window_start = late.scheduled_at - hours{24};
  late.now = late.due_at + minutes{30};
  CHECK(slot_day(nightly, late.scheduled_at) == *parse_local_day("2027-03-27"));
  CHECK(slot_day(nightly, at("2027-03-29T00:30:00Z")) == *parse_local_day("2027-03-28"));
  CHECK(fate(judged(late, bounded)) == "missed cutoff");
}

TEST_CASE("overlap: skip, and a manual run waits") {
  Candidate busy = due(seconds{0});
  busy.busy = true;
  CHECK(fate(judged(busy, job())) == "skipped overlap");
  busy.kind = RunKind::manual;
  CHECK(judged(busy, job()).what == What::leave);
}

TEST_CASE("overlap: buffer_one keeps the newest, buffer_all the oldest, up to its limit") {
  Job buffering = job();
  buffering.overlap.policy = OverlapRules::Policy::buffer_one;
  Candidate first = due(seconds{20}, 0), second = due(seconds{20}, 0), third = due(seconds{20}, 0);
  for (Candidate* each : {&first, &second, &third}) each->busy = true;
  first.buffered = true;
  auto judgements = judge({first, second}, buffering);
  CHECK(fate(judgements[0]) == "superseded ");
  CHECK(judgements[1].what == What::buffer);
  buffering.overlap = {OverlapRules::Policy::buffer_all, 2};
  judgements = judge({first, second, third}, buffering);
  CHECK(judgements[0].what == What::buffer);
  CHECK(judgements[1].what == What::buffer);
  CHECK(fate(judgements[2]) == "skipped overlap");
}

TEST_CASE("what was buffered runs when the lane is free, however late that is within its window") {
  Job buffering = job();
  buffering.overlap.policy = OverlapRules::Policy::buffer_one;
  Candidate waited = due(minutes{45});
  waited.buffered = true;
  CHECK(judged(waited, buffering).what == What::run);
  CHECK_FALSE(judged(waited, buffering).catch_up);
  waited.now = waited.due_at + hours{3};
  CHECK(fate(judged(waited, buffering)) == "missed window");
}

TEST_CASE("overlap: cancel_running waits for the run that it ends, allow waits for none") {
  Job ending = job();
  ending.overlap.policy = OverlapRules::Policy::cancel_running;
  Candidate busy = due(seconds{0});
  busy.busy = true;
  CHECK(judged(busy, ending).what == What::buffer);
  CHECK(judged(busy, ending).cancel_running);
  Job allowing = job();
  allowing.overlap.policy = OverlapRules::Policy::allow;
  const auto judgements = judge({due(seconds{0}), due(seconds{0})}, allowing);
  CHECK(judgements[0].what == What::run);
  CHECK(judgements[1].what == What::run);
}

TEST_CASE("at most one of a job's due occurrences runs, whatever they are") {
  Candidate again = due(minutes{5});
  again.attempts = 1;
  Candidate catch_up = due(minutes{30});
  catch_up.kind = RunKind::catch_up;
  Candidate manual = due(seconds{0});
  manual.kind = RunKind::manual;
  const auto judgements = judge({again, due(seconds{1}), catch_up, manual, due(minutes{20})}, job());
  CHECK(std::count_if(judgements.begin(), judgements.end(),
                      [](const Judgement& each) { return each.what == What::run; }) == 1);
}

TEST_CASE("a run that a crash ended is served again beyond grace, but not for ever") {
  Candidate again = due(minutes{10});
  again.attempts = 1;
  CHECK(judged(again, job()).what == What::run);
  again.now = again.due_at + hours{2} + seconds{1};
  CHECK(fate(judged(again, job())) == "missed window");
}

TEST_CASE("jobs with one concurrency key share a lane, and overlapping runs have none") {
  Job one = job(), other = job();
  other.name = "k";
  CHECK(lane_of(one) != lane_of(other));
  one.concurrency_key = other.concurrency_key = "repo-x";
  CHECK(lane_of(one) == lane_of(other));
  Job free = job();
  free.overlap.policy = OverlapRules::Policy::allow;
  CHECK_FALSE(lane_of(free));
}

TEST_CASE("the window starts at the previous occurrence, and further back where the last success ended") {
  Candidate candidate = due(seconds{0});
  CHECK(judged(candidate, job()).window_start == at("2026-06-01T06:00:00Z"));
  candidate.succeeded_through = at("2026-05-29T07:00:00Z");  // three days down leave no hole
  CHECK(judged(candidate, job()).window_start == at("2026-05-29T07:00:00Z"));
  candidate.succeeded_through = at("2026-06-01T06:30:00Z");  // never later than the previous occurrence
  CHECK(judged(candidate, job()).window_start == at("2026-06-01T06:00:00Z"));
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

TEST_CASE("what fell due in a pause is one range of its own, and no run is said to serve it") {
  const Instant now = at("2026-06-01T07:00:00Z");
  const Job often = every(seconds{60});
  const Plan plan = plan_ahead(often, now - hours{3}, now, now + seconds{60}, {}, now - hours{1});
  REQUIRE(plan.paused);
  CHECK(plan.paused->state == OccurrenceState::skipped);
  CHECK(plan.paused->reason == OccurrenceReason::paused);
  CHECK(plan.paused->count == 120);
  CHECK(plan.paused->last == now - hours{1});
  REQUIRE(plan.missed);
  CHECK(plan.missed->first == now - hours{1} + seconds{60});
  CHECK(plan.rows[0].previous == now - hours{1});
  const Plan still = plan_ahead(often, now - hours{3}, now, now + seconds{60}, {}, now);
  CHECK(still.paused->count == 178);
  CHECK_FALSE(still.missed);
  CHECK_FALSE(still.rows.at(0).catch_up);
}

TEST_CASE("what was missed over hours is one range, exactly counted, and the rest are rows") {
  const Instant now = at("2026-06-01T07:00:00Z");
  const Plan plan = plan_ahead(every(seconds{60}), now - hours{3}, now, now + seconds{60});
  REQUIRE(plan.missed);
  CHECK(plan.missed->first == now - hours{3} + seconds{60});
  // Grace is 90 s: 06:58 is beyond it, 06:59 is not. 06:58 itself is made up for.
  CHECK(plan.missed->last == now - seconds{180});
  CHECK(plan.missed->count == 177);
  CHECK(plan.missed->state == OccurrenceState::coalesced);
  CHECK(plan.missed->coalesced_into == now - seconds{120});
  REQUIRE(plan.rows.size() == 4);
  CHECK(plan.rows[0].catch_up);
  CHECK(plan.rows[0].occurrence.at == now - seconds{120});
  CHECK(plan.rows[0].previous == now - hours{3});  // where the first of them began
  CHECK_FALSE(plan.rows[1].catch_up);
  CHECK(plan.rows[1].occurrence.at == now - seconds{60});
  CHECK(plan.rows[1].previous == now - seconds{120});
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

TEST_CASE("after a long absence `all` makes up for the newest few, `skip` for none") {
  const Instant now = at("2026-06-01T07:00:00Z");
  Job all = every(seconds{60});
  all.missed = {MissedRules::Policy::all, seconds{90}, {}, {}, 5};
  Plan plan = plan_ahead(all, now - hours{3}, now, now + seconds{60});
  CHECK(plan.missed->count == 173);
  CHECK(plan.missed->state == OccurrenceState::missed);
  CHECK(plan.missed->reason == OccurrenceReason::limit);
  CHECK(std::count_if(plan.rows.begin(), plan.rows.end(), [](const auto& row) { return row.catch_up; }) == 5);
  CHECK(plan.rows[0].occurrence.at == plan.missed->last + seconds{60});
  CHECK(plan.rows[0].previous == plan.missed->last);
  all.missed.policy = MissedRules::Policy::skip;
  plan = plan_ahead(all, now - hours{3}, now, now + seconds{60});
  CHECK(plan.missed->count == 178);
  CHECK(plan.missed->reason == OccurrenceReason::down);
}

TEST_CASE("after a long absence what can start no more is missed, all of it") {
  const Instant now = at("2026-06-01T07:00:00Z");
  Job brief = every(seconds{60});
  brief.missed.not_after = hours{6};  // 06:00Z has passed
  const Plan plan = plan_ahead(brief, now - hours{3}, now, now + seconds{60});
  CHECK(plan.missed->count == 178);
  CHECK(plan.missed->state == OccurrenceState::missed);
  CHECK(plan.missed->last == now - seconds{120});
}

TEST_CASE("every occurrence of an absence is in the range or a row, for every policy and length") {
  const Instant now = at("2026-06-01T07:00:30Z");
  for (const auto policy : {MissedRules::Policy::latest, MissedRules::Policy::all, MissedRules::Policy::skip})
    for (int gone = 1; gone < 400; gone += 7) {
      Job each = every(seconds{60});
      each.missed.policy = policy;
      const Instant cursor = now - minutes{gone};
      const Plan plan = plan_ahead(each, cursor, now, now + seconds{60});
      std::int64_t seen = static_cast<std::int64_t>(plan.rows.size()) + (plan.missed ? plan.missed->count : 0);
      CHECK(seen == static_cast<std::int64_t>(occurrences(each.schedule, cursor, now + seconds{60}, 10'000).size()));
    }
}
