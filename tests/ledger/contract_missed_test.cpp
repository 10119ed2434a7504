#include <algorithm>

#include "ledger/contract_world.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

using Missing = MissedRules::Policy;

TEST_CASE("contract: missed ones coalesce into the newest, which runs as a catch-up for all their windows") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({job_named("a")});
  Ledger& ledger = world->daemon_with(jobs);
  for (const int ago : {30, 20, 10}) world->due("a", minutes{ago});
  const std::vector<ClaimedRun> runs = world->claim(ledger, jobs).runs;
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].kind == RunKind::catch_up);
  const std::vector<Seen> rows = world->occurrences("a");
  CHECK(world->states("a") == "coalesced, coalesced, claimed");
  CHECK(rows[0].into == rows[2].at);
  CHECK(rows[1].into == rows[2].at);
  CHECK(runs[0].scheduled_at == rows[2].at);
  CHECK(runs[0].window_start == rows[0].window_start);
}

TEST_CASE("contract: missed: all runs them one after the other, oldest first, and drops what is more than max") {
  const auto world = make_world();
  Job job = with_missed("a", Missing::all);
  job.missed.max = 2;
  const JobsSnapshot jobs = jobs_of({job});
  Ledger& ledger = world->daemon_with(jobs);
  for (const int ago : {30, 20, 10}) world->due("a", minutes{ago});
  const ClaimedRun first = world->claim(ledger, jobs).runs.at(0);
  CHECK(world->states("a") == "missed limit, claimed, planned");
  CHECK(world->claim(ledger, jobs).runs.empty());
  CHECK(world->write(ledger, first.claim, world->end(RunState::succeeded)));
  const ClaimedRun second = world->claim(ledger, jobs).runs.at(0);
  CHECK(second.kind == RunKind::catch_up);
  CHECK(second.scheduled_at > first.scheduled_at);
  CHECK(world->states("a") == "missed limit, done, claimed");
}

TEST_CASE("contract: missed: skip runs none of them, and a first look says that nowd was down") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({with_missed("a", Missing::skip)});
  Ledger& ledger = world->daemon_with(jobs);
  world->due("a", minutes{20});
  CHECK(world->claim(ledger, jobs).closed == 1);
  CHECK(world->states("a") == "missed down");
}

TEST_CASE("contract: an absence says that nowd was down, of the last one too that it takes several looks to judge") {
  const auto world = make_world();
  std::vector<Job> all;
  for (int k = 0; k < 70; ++k) all.push_back(with_missed("a" + std::to_string(k), Missing::skip));
  const JobsSnapshot jobs = jobs_of(all);
  Ledger& ledger = world->daemon_with(jobs);
  for (const Job& job : all) world->due(job.name, minutes{20});
  int closed = 0;
  for (int looks = 0; looks < 3; ++looks) closed += world->claim(ledger, jobs, 4).closed;
  CHECK(closed == 70);
  for (const Job& job : all) CHECK(world->states(job.name) == "missed down");
}

TEST_CASE("contract: lateness up to grace is on time") {
  const auto world = make_world();
  Job patient = job_named("a");
  patient.missed.grace = minutes{10};
  const JobsSnapshot jobs = jobs_of({patient});
  Ledger& ledger = world->daemon_with(jobs);
  world->due("a", minutes{5});
  CHECK(world->claim(ledger, jobs).runs.at(0).kind == RunKind::scheduled);
}

TEST_CASE("contract: a start later than the window, or after not_after, is missed and says which") {
  const auto world = make_world();
  Job early = job_named("early");
  const Instant slot = world->now() - minutes{10};
  early.missed.not_after = std::chrono::floor<seconds>(slot.time_since_epoch()) % hours{24};  // UTC
  Job narrow = job_named("narrow");
  narrow.missed.window = minutes{5};
  const JobsSnapshot jobs = jobs_of({early, narrow, job_named("plain")});
  Ledger& ledger = world->daemon_with(jobs);
  world->due("early", minutes{10});
  world->due("narrow", minutes{10});
  world->due("plain", hours{3});
  const Ledger::Claimed claimed = world->claim(ledger, jobs);
  CHECK(claimed.runs.empty());
  CHECK(claimed.closed == 3);
  CHECK(world->states("early") == "missed cutoff");
  CHECK(world->states("narrow") == "missed window");
  CHECK(world->states("plain") == "missed window");
}

TEST_CASE("contract: catch-ups go behind live work, four at a time") {
  const auto world = make_world();
  std::vector<Job> all{job_named("live")};
  for (int k = 0; k < 8; ++k) all.push_back(job_named("late-" + std::to_string(k)));
  const JobsSnapshot jobs = jobs_of(all);
  Ledger& ledger = world->daemon_with(jobs);
  for (int k = 0; k < 8; ++k) world->due("late-" + std::to_string(k), minutes{10});
  world->due("live");
  const std::vector<ClaimedRun> runs = world->claim(ledger, jobs).runs;
  REQUIRE(runs.size() == 5);
  CHECK(std::count_if(runs.begin(), runs.end(), [](const ClaimedRun& run) { return run.kind == RunKind::catch_up; }) ==
        4);
  CHECK(world->claim(ledger, jobs).runs.empty());  // the four are still running
  for (const ClaimedRun& run : runs)
    if (run.kind == RunKind::catch_up) CHECK(world->write(ledger, run.claim, world->end(RunState::succeeded)));
  CHECK(world->claim(ledger, jobs).runs.size() == 4);
}

TEST_CASE("contract: what fell due on time and waits for its lane goes before what is made up for") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({with_overlap("b", OverlapRules::Policy::buffer_one), job_named("late")});
  Ledger& ledger = world->daemon_with(jobs);
  world->due("b", seconds{2});
  const ClaimedRun running = world->claim(ledger, jobs, 1).runs.at(0);
  world->due("b", seconds{1});
  world->due("late", minutes{10});
  CHECK(world->claim(ledger, jobs, 0).runs.empty());
  CHECK(world->states("b") == "claimed, planned buffered");
  CHECK(world->occurrences("late").at(0).kind == RunKind::catch_up);
  CHECK(world->write(ledger, running.claim, world->end(RunState::succeeded)));
  CHECK(world->claim(ledger, jobs, 1).runs.at(0).job == "b");
  CHECK(world->claim(ledger, jobs, 1).runs.at(0).job == "late");
}

TEST_CASE("contract: a catch-up waits for a live run, is never skipped for it, and keeps the window of all it serves") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({job_named("a")});
  Ledger& ledger = world->daemon_with(jobs);
  world->due("a", seconds{1});
  const ClaimedRun live = world->claim(ledger, jobs).runs.at(0);
  for (const int ago : {20, 10}) world->due("a", minutes{ago});
  CHECK(world->claim(ledger, jobs).runs.empty());
  CHECK(world->states("a") == "coalesced, planned, claimed");
  CHECK(world->occurrences("a")[1].kind == RunKind::catch_up);
  CHECK(world->write(ledger, live.claim, world->end(RunState::failed)));
  const ClaimedRun made_up = world->claim(ledger, jobs).runs.at(0);
  CHECK(made_up.kind == RunKind::catch_up);
  CHECK(made_up.window_start == world->occurrences("a")[0].window_start);
}

TEST_CASE("contract: a window reaches back to where the last success ended, and no failure moves that") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({with_overlap("a", OverlapRules::Policy::buffer_all)});
  Ledger& ledger = world->daemon_with(jobs);
  const auto serve = [&](seconds ago, RunState state) {
    world->due("a", ago);
    const ClaimedRun run = world->claim(ledger, jobs).runs.at(0);
    CHECK(world->write(ledger, run.claim, world->end(state)));
    return run;
  };
  const ClaimedRun good = serve(seconds{80}, RunState::succeeded);
  CHECK(!good.previous_success);
  (void)serve(seconds{60}, RunState::failed);
  world->due("a", seconds{40});
  const ClaimedRun next = world->claim(ledger, jobs).runs.at(0);
  CHECK(next.window_start == next.scheduled_at - hours{1});  // earlier than where the success ended: it stays
  CHECK(next.previous_success.has_value());
}

TEST_CASE("contract: an absence is reported once: what is on time after it runs for what was missed before") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({job_named("a")});
  Ledger& ledger = world->daemon_with(jobs);
  for (const int ago : {10, 5}) world->due("a", minutes{ago});
  world->due("a", seconds{20});
  const std::vector<ClaimedRun> runs = world->claim(ledger, jobs).runs;
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].kind == RunKind::scheduled);
  CHECK(world->states("a") == "coalesced, coalesced, claimed");
  CHECK(runs[0].window_start == world->occurrences("a")[0].window_start);
}

TEST_CASE("contract: without room for the on-time one, nothing is closed in its favour") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({job_named("a")});
  Ledger& ledger = world->daemon_with(jobs);
  world->due("a", minutes{10});
  world->due("a", seconds{20});
  CHECK(world->claim(ledger, jobs, 0).runs.empty());
  CHECK(world->states("a") == "planned, planned");
  const std::vector<ClaimedRun> runs = world->claim(ledger, jobs).runs;
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].window_start == world->occurrences("a")[0].window_start);
}

TEST_CASE("contract: a catch-up that waited goes into the on-time one that starts, with all that it stood for") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({job_named("a")});
  Ledger& ledger = world->daemon_with(jobs);
  world->due("a", seconds{1});
  const ClaimedRun live = world->claim(ledger, jobs).runs.at(0);
  for (const int ago : {20, 10}) world->due("a", minutes{ago});
  CHECK(world->claim(ledger, jobs).runs.empty());
  CHECK(world->states("a") == "coalesced, planned, claimed");
  CHECK(world->write(ledger, live.claim, world->end(RunState::failed)));
  world->due("a");
  const std::vector<ClaimedRun> runs = world->claim(ledger, jobs).runs;
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].kind == RunKind::scheduled);
  CHECK(world->states("a") == "coalesced, coalesced, done, claimed");
  const std::vector<Seen> rows = world->occurrences("a");
  CHECK(rows[0].into == rows[3].at);
  CHECK(rows[1].into == rows[3].at);
  CHECK(runs[0].window_start == rows[0].window_start);
}
