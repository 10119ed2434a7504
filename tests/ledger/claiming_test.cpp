#include <algorithm>

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
  REQUIRE(f.await(first->load_jobs(snapshot)).has_value());
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
  REQUIRE(f.await(ledger->load_jobs(snapshot)).has_value());
  f.due("a", "-5 minutes");
  f.due("b");
  const Ledger::Claimed claimed = f.claim(*ledger, jobs_of({job_named("a")}));
  CHECK(claimed.runs.empty());
  CHECK(claimed.next_due.has_value());
}

TEST_CASE("a second occurrence of a job that runs is skipped for overlap, with its reason") {
  LedgerFixture f;
  auto ledger = f.daemon();
  const JobsSnapshot snapshot = jobs_of({job_named("a")});
  REQUIRE(f.await(ledger->load_jobs(snapshot)).has_value());
  f.due("a", "2 seconds");
  REQUIRE(f.claim(*ledger, snapshot).runs.size() == 1);
  f.due("a", "1 second");
  CHECK(f.claim(*ledger, snapshot).closed == 1);
  CHECK(f.one("select state || ' ' || reason from nowd.occurrence order by scheduled_at desc limit 1") ==
        "skipped overlap");
}

TEST_CASE("what is too late to start is recorded as missed") {
  LedgerFixture f;
  auto ledger = f.daemon();
  const JobsSnapshot snapshot = jobs_of({job_named("a")});
  REQUIRE(f.await(ledger->load_jobs(snapshot)).has_value());
  f.due("a", "3 hours");
  CHECK(f.claim(*ledger, snapshot).closed == 1);
  CHECK(f.one("select state || ' ' || reason from nowd.occurrence_fate where job = 'a'") == "missed window");
}

TEST_CASE("a limit of runs is kept, and says that more is due") {
  LedgerFixture f;
  auto ledger = f.daemon();
  const JobsSnapshot snapshot = jobs_of({job_named("a"), job_named("b"), job_named("c")});
  REQUIRE(f.await(ledger->load_jobs(snapshot)).has_value());
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
  REQUIRE(f.await(ledger->load_jobs(snapshot)).has_value());
  f.due("a");
  const ClaimedRun running = f.claim(*ledger, snapshot).runs.at(0);
  f.sql("select nowd.run('a', as_of => '2026-06-01T07:00:00Z')");
  CHECK(f.claim(*ledger, snapshot).runs.empty());
  REQUIRE(f.await(ledger->write_facts(running.claim, f.end(RunState::failed))).has_value());

  const ClaimedRun manual = f.claim(*ledger, snapshot).runs.at(0);
  CHECK(manual.kind == RunKind::manual);
  CHECK(manual.request == 1);
  CHECK(!manual.effects);  // a moment was given, and effects were not asked for
  CHECK(rfc3339(manual.scheduled_at) == "2026-06-01T07:00:00Z");
  REQUIRE(f.await(ledger->write_facts(manual.claim, f.end(RunState::failed))).has_value());
  CHECK(f.one("select state from nowd.request") == "done");
}

TEST_CASE("a run of an unknown or retired job is refused with the remedy") {
  LedgerFixture f;
  auto ledger = f.daemon();
  CHECK_THROWS_AS(f.sql("select nowd.run('nobody')"), pg::SqlError);
  REQUIRE(f.await(ledger->load_jobs(jobs_of({job_named("a")}))).has_value());
  REQUIRE(f.await(ledger->load_jobs(jobs_of({}))).has_value());
  CHECK_THROWS_AS(f.sql("select nowd.run('a')"), pg::SqlError);
}

namespace {

std::string states(LedgerFixture& f) {
  return f.one(
      "select string_agg(state || coalesce(' ' || reason, '') || case when buffered then ' buffered' else '' end, ', '"
      " order by scheduled_at) from nowd.occurrence");
}

}  // namespace

TEST_CASE("missed occurrences of a job coalesce into the newest, which runs as a catch-up over all their windows") {
  LedgerFixture f;
  auto ledger = f.daemon();
  const JobsSnapshot snapshot = jobs_of({job_named("a")});
  REQUIRE(f.await(ledger->load_jobs(snapshot)).has_value());
  for (const char* ago : {"30 minutes", "20 minutes", "10 minutes"}) f.due("a", ago);
  const auto runs = f.claim(*ledger, snapshot).runs;
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].kind == RunKind::catch_up);
  CHECK(states(f) == "coalesced, coalesced, claimed");
  CHECK(f.one("select bool_and(coalesced_into = (select max(scheduled_at) from nowd.occurrence)) from nowd.occurrence"
              " where state = 'coalesced'") == "t");
  CHECK(f.one("select r.window_start = (select min(window_start) from nowd.occurrence) from nowd.run r") == "t");
}

TEST_CASE("catch-ups go behind live work, and few at a time") {
  LedgerFixture f;
  auto ledger = f.daemon();
  std::vector<Job> jobs;
  for (int k = 0; k < 8; ++k) jobs.push_back(job_named("late-" + std::to_string(k)));
  jobs.push_back(job_named("live"));
  const JobsSnapshot snapshot = jobs_of(jobs);
  REQUIRE(f.await(ledger->load_jobs(snapshot)).has_value());
  for (int k = 0; k < 8; ++k) f.due("late-" + std::to_string(k), "10 minutes");
  f.due("live");
  const auto runs = f.claim(*ledger, snapshot).runs;
  CHECK(std::count_if(runs.begin(), runs.end(), [](const auto& run) { return run.kind == RunKind::catch_up; }) == 4);
  CHECK(std::any_of(runs.begin(), runs.end(), [](const auto& run) { return run.job == "live"; }));
  CHECK(f.one("select count(*) from nowd.occurrence where state = 'planned' and kind = 'catch_up'") == "4");
  CHECK(f.claim(*ledger, snapshot).runs.empty());  // the four are still running
  (void)f.await(ledger->write_facts(runs.at(0).claim, f.end(RunState::succeeded, Stop::complete)));
  CHECK(f.claim(*ledger, snapshot).runs.size() <= 1);
}

TEST_CASE("buffer_one keeps the newest that came while the job ran, and starts it when the run is over") {
  LedgerFixture f;
  auto ledger = f.daemon();
  const JobsSnapshot snapshot = jobs_of({with_overlap("a", OverlapRules::Policy::buffer_one)});
  REQUIRE(f.await(ledger->load_jobs(snapshot)).has_value());
  f.due("a", "4 seconds");
  const ClaimedRun first = f.claim(*ledger, snapshot).runs.at(0);
  f.due("a", "3 seconds");
  CHECK(f.claim(*ledger, snapshot).runs.empty());
  CHECK(states(f) == "claimed, planned buffered");
  f.due("a", "2 seconds");
  CHECK(f.claim(*ledger, snapshot).runs.empty());
  CHECK(states(f) == "claimed, superseded, planned buffered");
  (void)f.await(ledger->write_facts(first.claim, f.end(RunState::succeeded, Stop::complete)));
  CHECK(f.claim(*ledger, snapshot).runs.size() == 1);
  CHECK(states(f) == "done, superseded, claimed");
}

TEST_CASE("jobs with one concurrency key run one after the other, and overlap: allow runs at once") {
  LedgerFixture f;
  auto ledger = f.daemon();
  Job one = job_named("a"), other = job_named("b");
  one.concurrency_key = other.concurrency_key = "repo";
  const JobsSnapshot snapshot = jobs_of({one, other, with_overlap("c", OverlapRules::Policy::allow)});
  REQUIRE(f.await(ledger->load_jobs(snapshot)).has_value());
  f.due("a", "2 seconds");
  f.due("b", "1 second");
  CHECK(f.claim(*ledger, snapshot).runs.size() == 1);
  CHECK(f.one("select state from nowd.occurrence where job = 'b' and buffered") == "planned");
  f.due("c", "2 seconds");
  f.due("c", "1 second");
  CHECK(f.claim(*ledger, snapshot).runs.size() == 2);
}

TEST_CASE("occurrences of a paused job are skipped and say so; others go on") {
  LedgerFixture f;
  auto ledger = f.daemon();
  const JobsSnapshot snapshot = jobs_of({job_named("a"), job_named("b")});
  REQUIRE(f.await(ledger->load_jobs(snapshot)).has_value());
  f.sql("update nowd.job set paused_at = now(), paused_by = 'me', paused_reason = 'test' where job = 'a'");
  f.due("a");
  f.due("b");
  CHECK(f.claim(*ledger, snapshot).runs.size() == 1);
  CHECK(f.one("select state || ' ' || reason from nowd.occurrence where job = 'a'") == "skipped paused");
}

TEST_CASE("waiting work does not keep what is due now from being seen") {
  LedgerFixture f;
  auto ledger = f.daemon();
  std::vector<Job> jobs{job_named("live")};
  for (int k = 0; k < 70; ++k) jobs.push_back(with_overlap("w" + std::to_string(k), OverlapRules::Policy::buffer_one));
  const JobsSnapshot snapshot = jobs_of(jobs);
  REQUIRE(f.await(ledger->load_jobs(snapshot)).has_value());
  for (int k = 0; k < 70; ++k) f.due("w" + std::to_string(k), "20 seconds");
  CHECK(f.claim(*ledger, snapshot).runs.size() == 70);
  for (int k = 0; k < 70; ++k) f.due("w" + std::to_string(k), "10 seconds");  // all of them wait for their first runs
  CHECK(f.claim(*ledger, snapshot).runs.empty());
  f.due("live");
  CHECK(f.claim(*ledger, snapshot, 1).runs.size() == 1);
}

TEST_CASE("cancel_running asks for the end of the run under way, and starts only when that has ended") {
  LedgerFixture f;
  auto ledger = f.daemon();
  const JobsSnapshot snapshot = jobs_of({with_overlap("a", OverlapRules::Policy::cancel_running)});
  REQUIRE(f.await(ledger->load_jobs(snapshot)).has_value());
  f.due("a", "4 seconds");
  const ClaimedRun first = f.claim(*ledger, snapshot).runs.at(0);
  f.due("a", "3 seconds");
  CHECK(f.claim(*ledger, snapshot).runs.empty());
  CHECK(f.one("select cancel_by || ': ' || cancel_reason from nowd.run") ==
        "nowd: a newer occurrence takes its place (overlap: cancel_running)");
  (void)f.await(ledger->write_facts(first.claim, f.end(RunState::cancelled)));
  CHECK(f.claim(*ledger, snapshot).runs.size() == 1);
}

TEST_CASE("what comes due while its job makes up for an absence waits for that, and then runs") {
  LedgerFixture f;
  auto ledger = f.daemon();
  const JobsSnapshot snapshot = jobs_of({job_named("a")});
  REQUIRE(f.await(ledger->load_jobs(snapshot)).has_value());
  f.due("a", "10 minutes");
  const ClaimedRun late = f.claim(*ledger, snapshot).runs.at(0);
  REQUIRE(late.kind == RunKind::catch_up);
  f.due("a", "2 seconds");
  CHECK(f.claim(*ledger, snapshot).runs.empty());
  f.due("a", "1 second");
  CHECK(f.claim(*ledger, snapshot).runs.empty());
  CHECK(states(f) == "claimed, superseded, planned buffered");
  (void)f.await(ledger->write_facts(late.claim, f.end(RunState::succeeded, Stop::complete)));
  const auto runs = f.claim(*ledger, snapshot).runs;
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].kind == RunKind::scheduled);
}

TEST_CASE("of several due within grace the newest runs for all, and none is closed before there is room for it") {
  LedgerFixture f;
  auto ledger = f.daemon();
  const JobsSnapshot snapshot = jobs_of({job_named("a")});
  REQUIRE(f.await(ledger->load_jobs(snapshot)).has_value());
  for (const char* ago : {"30 seconds", "20 seconds", "10 seconds"}) f.due("a", ago);
  CHECK(f.claim(*ledger, snapshot, 0).runs.empty());
  CHECK(states(f) == "planned, planned, planned");
  const auto runs = f.claim(*ledger, snapshot).runs;
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].kind == RunKind::scheduled);
  CHECK(states(f) == "coalesced, coalesced, claimed");
  CHECK(f.one("select r.window_start = (select min(window_start) from nowd.occurrence) from nowd.run r") == "t");
}

TEST_CASE("where another daemon was faster, nothing coalesces into the run that was not started") {
  LedgerFixture f;
  auto ledger = f.daemon(), other = f.daemon();
  Job one = job_named("a"), same_lane = job_named("b");
  one.concurrency_key = same_lane.concurrency_key = "repo";
  const JobsSnapshot snapshot = jobs_of({one, same_lane});
  REQUIRE(f.await(ledger->load_jobs(snapshot)).has_value());
  f.due("b");
  REQUIRE(f.claim(*other, snapshot).runs.size() == 1);
  // As if the lane had been free when we looked.
  f.sql("update nowd.job set lane = 'of old' where job = 'a'");
  for (const char* ago : {"30 seconds", "20 seconds", "10 seconds"}) f.due("a", ago);
  CHECK(f.claim(*ledger, snapshot).runs.empty());
  CHECK(f.one("select count(*) from nowd.occurrence where job = 'a' and state = 'planned'") == "3");
}
