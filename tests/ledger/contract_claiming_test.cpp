#include <algorithm>

#include "ledger/contract_world.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

using Overlapping = OverlapRules::Policy;

TEST_CASE("contract: what is due is claimed once, though two daemons look") {
  const auto world = make_world();
  std::vector<Job> jobs;
  for (int k = 0; k < 20; ++k) jobs.push_back(job_named("job-" + std::to_string(k)));
  const JobsSnapshot snapshot = jobs_of(jobs);
  Ledger& first = world->daemon_with(snapshot);
  Ledger& second = world->daemon_with(snapshot);
  for (const Job& job : jobs) world->due(job.name);
  std::set<JobName> claimed;
  std::set<std::int64_t> runs;
  for (int round = 0; round < 4; ++round)
    for (Ledger* ledger : {&first, &second})
      for (const ClaimedRun& run : world->claim(*ledger, snapshot, 4).runs) {
        claimed.insert(run.job);
        runs.insert(run.claim.run.value);
      }
  CHECK(claimed.size() == 20);
  CHECK(runs.size() == 20);
  for (const Job& job : jobs) CHECK(world->states(job.name) == "claimed");
}

TEST_CASE("contract: the oldest is claimed first, at most as many as there is room for, and more is said to be due") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({job_named("a"), job_named("b"), job_named("c")});
  Ledger& ledger = world->daemon_with(jobs);
  world->due("a", seconds{10});
  world->due("b", seconds{30});
  world->due("c", seconds{20});
  const Ledger::Claimed claimed = world->claim(ledger, jobs, 2);
  REQUIRE(claimed.runs.size() == 2);
  CHECK(claimed.runs[0].job == "b");
  CHECK(claimed.runs[1].job == "c");
  CHECK(claimed.more);
  CHECK(world->states("a") == "planned");
  CHECK(world->claim(ledger, jobs, 2).runs.at(0).job == "a");
}

TEST_CASE("contract: what is not due yet is not claimed, and the answer says when it will be") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({job_named("a")});
  Ledger& ledger = world->daemon_with(jobs);
  const Instant before = world->now();
  world->due("a", minutes{-5});
  const Ledger::Claimed claimed = world->claim(ledger, jobs);
  CHECK(claimed.runs.empty());
  CHECK(!claimed.more);
  REQUIRE(claimed.next_due.has_value());
  CHECK(*claimed.next_due >= before + minutes{5});
  CHECK(claimed.database_now >= before);
}

TEST_CASE("contract: jobs that this daemon does not know, or knows in another revision, are left to others") {
  const auto world = make_world();
  Job edited = job_named("b");
  const JobsSnapshot stale = jobs_of({job_named("a"), job_named("b")});
  edited.canonical = R"({"prompt":"newer"})";
  edited.revision = sha256_hex(edited.canonical);
  Ledger& ledger = world->daemon_with(stale);
  (void)world->daemon_with(jobs_of({job_named("a"), edited}));
  world->due("a");
  world->due("b");
  CHECK(world->claim(ledger, jobs_of({job_named("b")})).runs.empty());
  CHECK(world->states("a") == "planned");
  CHECK(world->states("b") == "planned");
}

TEST_CASE("contract: while a run is live, overlap: skip closes what falls due, and says so") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({job_named("a")});
  Ledger& ledger = world->daemon_with(jobs);
  world->due("a", seconds{4});
  CHECK(world->claim(ledger, jobs).runs.size() == 1);
  world->due("a", seconds{2});
  const Ledger::Claimed claimed = world->claim(ledger, jobs);
  CHECK(claimed.runs.empty());
  CHECK(claimed.closed == 1);
  CHECK(world->states("a") == "claimed, skipped overlap");
}

TEST_CASE("contract: buffer_one keeps the newest, and starts it when the lane is free") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({with_overlap("a", Overlapping::buffer_one)});
  Ledger& ledger = world->daemon_with(jobs);
  world->due("a", seconds{9});
  const ClaimedRun first = world->claim(ledger, jobs).runs.at(0);
  for (const int ago : {8, 7}) {
    world->due("a", seconds{ago});
    CHECK(world->claim(ledger, jobs).runs.empty());
  }
  CHECK(world->states("a") == "claimed, superseded, planned buffered");
  CHECK(world->write(ledger, first.claim, world->end(RunState::succeeded)));
  CHECK(world->claim(ledger, jobs).runs.size() == 1);
  CHECK(world->states("a") == "done, superseded, claimed");
}

TEST_CASE("contract: buffer_all keeps as many as it may, oldest first") {
  const auto world = make_world();
  Job job = with_overlap("a", Overlapping::buffer_all);
  job.overlap.max = 2;
  const JobsSnapshot jobs = jobs_of({job});
  Ledger& ledger = world->daemon_with(jobs);
  world->due("a", seconds{9});
  const ClaimedRun first = world->claim(ledger, jobs).runs.at(0);
  for (const int ago : {8, 7, 6}) world->due("a", seconds{ago});
  CHECK(world->claim(ledger, jobs).runs.empty());
  CHECK(world->states("a") == "claimed, planned buffered, planned buffered, skipped overlap");
  CHECK(world->write(ledger, first.claim, world->end(RunState::failed)));
  CHECK(world->claim(ledger, jobs).runs.size() == 1);
  CHECK(world->states("a") == "done, claimed, planned buffered, skipped overlap");
}

TEST_CASE("contract: cancel_running asks for the end of the run under way, and starts when that has ended") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({with_overlap("a", Overlapping::cancel_running)});
  Ledger& ledger = world->daemon_with(jobs);
  world->due("a", seconds{4});
  const ClaimedRun first = world->claim(ledger, jobs).runs.at(0);
  CHECK(world->await(ledger.sweep())->cancels.empty());
  world->due("a", seconds{3});
  CHECK(world->claim(ledger, jobs).runs.empty());
  const auto sweep = world->await(ledger.sweep());
  REQUIRE(sweep.has_value());
  REQUIRE(sweep->cancels.size() == 1);
  CHECK(sweep->cancels[0].run == first.claim.run);
  CHECK(sweep->cancels[0].by == "nowd");
  CHECK(world->write(ledger, first.claim, world->end(RunState::cancelled)));
  CHECK(world->await(ledger.sweep())->cancels.empty());
  CHECK(world->claim(ledger, jobs).runs.size() == 1);
}

TEST_CASE("contract: overlap: allow runs at once, and jobs with one concurrency key run one after the other") {
  const auto world = make_world();
  Job one = job_named("a"), other = job_named("b");
  one.concurrency_key = other.concurrency_key = "repo";
  const JobsSnapshot jobs = jobs_of({one, other, with_overlap("c", Overlapping::allow)});
  Ledger& ledger = world->daemon_with(jobs);
  world->due("a", seconds{2});
  world->due("b", seconds{1});
  const ClaimedRun first = world->claim(ledger, jobs).runs.at(0);
  CHECK(first.job == "a");
  CHECK(world->states("b") == "planned buffered");
  world->due("c", seconds{2});
  world->due("c", seconds{1});
  CHECK(world->claim(ledger, jobs).runs.size() == 2);
  world->due("a");
  CHECK(world->write(ledger, first.claim, world->end(RunState::succeeded)));
  const std::vector<ClaimedRun> next = world->claim(ledger, jobs).runs;
  REQUIRE(next.size() == 1);
  CHECK(next[0].job == "b");  // it has waited longer than the next one of a
  CHECK(world->states("a") == "done, planned buffered");
}

TEST_CASE("contract: without room nothing is skipped for the run that did not start") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({job_named("a")});
  Ledger& ledger = world->daemon_with(jobs);
  world->due("a", seconds{2});
  world->due("a", seconds{1});
  const Ledger::Claimed claimed = world->claim(ledger, jobs, 0);
  CHECK(claimed.runs.empty());
  CHECK(claimed.more);
  CHECK(world->states("a") == "planned, planned");
}

TEST_CASE(
    "contract: what falls due in a pause is skipped, requests wait for its end, and resuming fires nothing else") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({job_named("a"), job_named("b")});
  Ledger& ledger = world->daemon_with(jobs);
  const std::int64_t asked = world->ask("a");
  world->pause("a");
  world->due("a", seconds{5});
  world->due("b");
  CHECK(world->claim(ledger, jobs).runs.at(0).job == "b");
  CHECK(world->states("a") == "skipped paused");
  CHECK(world->claim(ledger, jobs).runs.empty());
  CHECK(world->request(asked) == "planned");
  const std::int64_t urgent = world->ask_even_if_paused("a");
  const std::vector<ClaimedRun> runs = world->claim(ledger, jobs).runs;
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].request == urgent);
  CHECK(world->write(ledger, runs[0].claim, world->end(RunState::failed)));
  world->resume("a");
  CHECK(world->claim(ledger, jobs).runs.at(0).request == asked);
  CHECK(world->states("a") == "skipped paused");
}

TEST_CASE("contract: a request waits for the job's run, goes first when that is over, and is done with its own") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({job_named("a"), job_named("b")});
  Ledger& ledger = world->daemon_with(jobs);
  world->due("a");
  const ClaimedRun running = world->claim(ledger, jobs).runs.at(0);
  const Instant moment = world->now() - hours{24};
  const std::int64_t asked = world->ask("a", moment);
  CHECK(world->claim(ledger, jobs).runs.empty());
  CHECK(world->request(asked) == "planned");
  CHECK(world->write(ledger, running.claim, world->end(RunState::failed)));
  world->due("b");
  const std::vector<ClaimedRun> runs = world->claim(ledger, jobs).runs;
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].job == "a");
  CHECK(runs[0].kind == RunKind::manual);
  CHECK(runs[0].request == asked);
  CHECK(runs[0].scheduled_at == moment);
  CHECK(!runs[0].effects);  // a moment was given, and effects were not asked for
  CHECK(world->request(asked) == "claimed");
  CHECK(world->write(ledger, runs[0].claim, world->end(RunState::failed)));
  CHECK(world->request(asked) == "done");
}
