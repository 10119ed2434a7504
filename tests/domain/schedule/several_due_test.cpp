// Several occurrences of a job at once: what a short absence leaves, and what comes while another is made up for.
#include "domain/schedule/judging.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

TEST_CASE("what comes due while the job makes up for something waits, the newest of it, and is not skipped") {
  Candidate older = due(seconds{20}), newer = due(seconds{20});
  for (Candidate* each : {&older, &newer}) each->busy = each->catching_up = true;
  const auto judgements = judge({older, newer}, job());
  CHECK(fate(judgements[0]) == "superseded ");
  CHECK(judgements[1].what == What::buffer);
  Job ending = job();
  ending.overlap.policy = OverlapRules::Policy::cancel_running;
  CHECK(judged(newer, ending).cancel_running);  // who wants the old run ended gets that
  newer.buffered = true;
  newer.now = newer.due_at + hours{3};
  newer.busy = newer.catching_up = false;
  CHECK(fate(judged(newer, job())) == "missed window");
}

TEST_CASE("of several on time at once the newest runs, for all that a short absence left") {
  const Instant first = at("2026-06-01T07:00:00Z");
  std::vector<Candidate> left;
  for (int k = 0; k < 12; ++k) {  // every 10 s; the first two are later than grace
    left.push_back(due(seconds{112}));
    left.back().scheduled_at = left.back().due_at = first + seconds{10 * k};
    left.back().planned_window_start = left.back().scheduled_at - seconds{10};
  }
  for (const auto policy :
       {OverlapRules::Policy::skip, OverlapRules::Policy::buffer_one, OverlapRules::Policy::cancel_running}) {
    Job often = job();
    often.overlap.policy = policy;
    const auto judgements = judge(left, often);
    for (std::size_t k = 0; k < 11; ++k) {
      CHECK(fate(judgements[k]) == "coalesced ");
      CHECK(judgements[k].coalesced_into == first + seconds{110});
    }
    CHECK(judgements[11].what == What::run);
    CHECK_FALSE(judgements[11].catch_up);
    CHECK(judgements[11].window_start == first - seconds{10});
  }
}

TEST_CASE("of several on time at once the others are missed ones, as the job's policy for those says") {
  const std::vector<Candidate> left{due(seconds{60}), due(seconds{60}), due(seconds{60})};
  Job skipping = job(), all = job();
  skipping.missed.policy = MissedRules::Policy::skip;
  CHECK(fate(judge(left, skipping)[0]) == "missed down");
  CHECK(judge(left, skipping)[2].what == What::run);
  all.missed.policy = MissedRules::Policy::all;
  const auto judgements = judge(left, all);
  CHECK(judgements[0].what == What::leave);
  CHECK(judgements[0].catch_up);
  CHECK(judgements[2].what == What::run);
}

TEST_CASE("of several on time at once each runs where the job says so, and one that waited goes first") {
  Job each = job();
  each.overlap.policy = OverlapRules::Policy::buffer_all;
  auto judgements = judge({due(seconds{60}), due(seconds{60})}, each);
  CHECK(judgements[0].what == What::run);
  CHECK(judgements[1].what == What::buffer);
  Candidate again = due(seconds{60});
  again.attempts = 1;
  judgements = judge({again, due(seconds{60}), due(seconds{60})}, job());
  CHECK(judgements[0].what == What::run);
  CHECK(fate(judgements[2]) == "skipped overlap");
}

TEST_CASE("one absence is made up for once: an on-time one that starts now runs for what was missed before it") {
  Candidate missed = due(minutes{30}, 0), later = due(minutes{30}, 10), on_time = due(minutes{30}, 30);
  missed.planned_window_start = at("2026-06-01T05:00:00Z");
  auto judgements = judge({missed, later, on_time}, job());
  CHECK(fate(judgements[0]) == "coalesced ");
  CHECK(fate(judgements[1]) == "coalesced ");
  CHECK(judgements[1].coalesced_into == on_time.scheduled_at);
  CHECK(judgements[2].what == What::run);
  CHECK_FALSE(judgements[2].catch_up);
  CHECK(judgements[2].window_start == at("2026-06-01T05:00:00Z"));
  later.kind = RunKind::catch_up;  // it waited already
  judgements = judge({later, on_time}, job());
  CHECK(fate(judgements[0]) == "coalesced ");
  later.attempts = 1;  // it was begun
  CHECK(judge({later, on_time}, job())[0].what == What::leave);
  for (const auto policy : {MissedRules::Policy::all, MissedRules::Policy::skip}) {
    Job other = job();
    other.missed.policy = policy;
    judgements = judge({missed, on_time}, other);
    CHECK_FALSE(judgements[0].coalesced_into);
    CHECK(judgements[1].what == What::run);
  }
}

TEST_CASE("where the on-time one cannot start, what was missed before it is made up for by itself") {
  Candidate missed = due(minutes{30}, 0), on_time = due(minutes{30}, 30);
  for (Candidate* each : {&missed, &on_time}) each->busy = true;
  const auto judgements = judge({missed, on_time}, job());
  CHECK(judgements[0].what == What::leave);
  CHECK(judgements[0].catch_up);
  CHECK(fate(judgements[1]) == "skipped overlap");
}
