#include "ledger/ledger_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

TEST_CASE("what is due is claimed once, though two daemons look at the same moment") {
  LedgerFixture f;
  std::vector<Job> jobs;
  for (int i = 0; i < 40; ++i) jobs.push_back(job_named("job-" + std::to_string(i)));
  const JobsSnapshot snapshot = jobs_of(jobs);
  auto first = f.daemon();
  auto second = f.daemon();
  REQUIRE(f.await(first->load(snapshot)).has_value());
  for (const Job& job : jobs) f.due(job.name);

  std::set<JobName> claimed;
  std::size_t runs = 0;
  for (int round = 0; round < 4; ++round)
    for (PgLedger* ledger : {first.get(), second.get()})
      for (const ClaimedRun& run : f.claim(*ledger, snapshot, 7).runs) {
        claimed.insert(run.job);
        ++runs;
      }
  CHECK(runs == 40);
  CHECK(claimed.size() == 40);
  CHECK(f.one("select count(*) from nowd.run") == "40");
  CHECK(f.one("select count(distinct node) from nowd.run") == "2");
  CHECK(f.one("select count(*) from nowd.occurrence where state = 'claimed' and attempts = 1 and fence = 1") == "40");
}

TEST_CASE("an occurrence is not claimed before it is due, nor for a job that is not in the snapshot") {
  LedgerFixture f;
  auto ledger = f.daemon();
  const JobsSnapshot snapshot = jobs_of({job_named("a"), job_named("b")});
  REQUIRE(f.await(ledger->load(snapshot)).has_value());
  f.due("a", "-5 seconds");
  f.due("b");
  const Ledger::Claimed claimed = f.claim(*ledger, jobs_of({job_named("a")}));
  CHECK(claimed.runs.empty());
  CHECK(claimed.next_due.has_value());
}

TEST_CASE("a second occurrence of a job that runs is skipped for overlap, with its reason") {
  LedgerFixture f;
  auto ledger = f.daemon();
  const JobsSnapshot snapshot = jobs_of({job_named("a")});
  REQUIRE(f.await(ledger->load(snapshot)).has_value());
  f.due("a", "2 seconds");
  f.due("a", "1 second");
  const Ledger::Claimed claimed = f.claim(*ledger, snapshot);
  REQUIRE(claimed.runs.size() == 1);
  CHECK(claimed.closed == 1);
  CHECK(f.one("select state || ' ' || reason from nowd.occurrence order by scheduled_at desc limit 1") ==
        "skipped overlap");
}

TEST_CASE("what is later than grace is recorded as missed") {
  LedgerFixture f;
  auto ledger = f.daemon();
  const JobsSnapshot snapshot = jobs_of({job_named("a")});
  REQUIRE(f.await(ledger->load(snapshot)).has_value());
  f.due("a", "100 seconds");
  CHECK(f.claim(*ledger, snapshot).closed == 1);
  CHECK(f.one("select state || ' ' || reason from nowd.occurrence_fate where job = 'a'") == "missed down");
}

TEST_CASE("a limit of runs is kept, and says that more is due") {
  LedgerFixture f;
  auto ledger = f.daemon();
  const JobsSnapshot snapshot = jobs_of({job_named("a"), job_named("b"), job_named("c")});
  REQUIRE(f.await(ledger->load(snapshot)).has_value());
  for (const char* job : {"a", "b", "c"}) f.due(job);
  const Ledger::Claimed claimed = f.claim(*ledger, snapshot, 2);
  CHECK(claimed.runs.size() == 2);
  CHECK(claimed.more);
  CHECK(f.claim(*ledger, snapshot, 2).runs.size() == 1);
}

TEST_CASE("a requested run waits while the job runs, and then is claimed as manual with its request") {
  LedgerFixture f;
  auto ledger = f.daemon();
  const JobsSnapshot snapshot = jobs_of({job_named("a")});
  REQUIRE(f.await(ledger->load(snapshot)).has_value());
  f.due("a");
  const ClaimedRun running = f.claim(*ledger, snapshot).runs.at(0);
  f.sql("select nowd.run('a', as_of => '2026-06-01T07:00:00Z')");
  CHECK(f.claim(*ledger, snapshot).runs.empty());
  REQUIRE(f.await(ledger->write(running.claim, f.end(RunState::failed))).has_value());

  const ClaimedRun manual = f.claim(*ledger, snapshot).runs.at(0);
  CHECK(manual.kind == RunKind::manual);
  CHECK(manual.request == 1);
  CHECK(!manual.effects);  // a moment was given, and effects were not asked for
  CHECK(rfc3339(manual.scheduled_at) == "2026-06-01T07:00:00Z");
  REQUIRE(f.await(ledger->write(manual.claim, f.end(RunState::failed))).has_value());
  CHECK(f.one("select state from nowd.request") == "done");
}

TEST_CASE("a run of an unknown or retired job is refused with the remedy") {
  LedgerFixture f;
  auto ledger = f.daemon();
  CHECK_THROWS_AS(f.sql("select nowd.run('nobody')"), pg::SqlError);
  REQUIRE(f.await(ledger->load(jobs_of({job_named("a")}))).has_value());
  REQUIRE(f.await(ledger->load(jobs_of({}))).has_value());
  CHECK_THROWS_AS(f.sql("select nowd.run('a')"), pg::SqlError);
}
