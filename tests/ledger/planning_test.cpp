#include "ledger/ledger_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

TEST_CASE("a new job is planned from now on: nothing fires for the time before it was known") {
  LedgerFixture f;
  auto ledger = f.daemon();
  const auto cursors = f.await(ledger->load_jobs(jobs_of({job_named("a", every(seconds{10})), job_named("m")})));
  REQUIRE(cursors.has_value());
  CHECK(cursors->size() == 1);  // a manual job has nothing to plan
  CHECK(f.one("select count(*) from nowd.occurrence where scheduled_at <= (select planned_from from nowd.job_cursor "
              "where job = 'a')") == "0");
  CHECK(f.one("select count(*) from nowd.occurrence where state = 'planned'") == "6");
  CHECK(f.one("select count(*) from nowd.upcoming where job = 'a'") == "7");
}

TEST_CASE("planning again inserts nothing twice, and the cursor only grows") {
  LedgerFixture f;
  auto ledger = f.daemon();
  const JobsSnapshot jobs = jobs_of({job_named("a", every(seconds{1}))});
  REQUIRE(f.await(ledger->load_jobs(jobs)).has_value());
  const std::string through = f.one("select materialised_through from nowd.job_cursor");
  for (int i = 0; i < 3; ++i) REQUIRE(f.await(ledger->plan_jobs(jobs, {"a"}, seconds{30})).has_value());
  CHECK(f.one("select materialised_through from nowd.job_cursor") == through);
  REQUIRE(f.await(ledger->plan_jobs(jobs, {"a"}, seconds{120})).has_value());
  CHECK(f.one("select count(*) = count(distinct scheduled_at) and count(*) >= 120 from nowd.occurrence") == "t");
  CHECK(f.one("select count(*) from (select scheduled_at - lag(scheduled_at) over (order by scheduled_at) as gap"
              " from nowd.occurrence) g where gap <> interval '1 second'") == "0");
}

TEST_CASE("an edited schedule withdraws what was planned, and coming back revives it") {
  LedgerFixture f;
  auto ledger = f.daemon();
  const JobsSnapshot before = jobs_of({job_named("a", every(seconds{10}))});
  REQUIRE(f.await(ledger->load_jobs(before)).has_value());
  REQUIRE(f.await(ledger->load_jobs(jobs_of({job_named("a", every(seconds{7}))}))).has_value());
  CHECK(f.one("select count(*) > 0 from nowd.occurrence where state = 'withdrawn' and reason = 'rescheduled'") == "t");
  REQUIRE(f.await(ledger->load_jobs(before)).has_value());
  CHECK(f.one("select count(*) >= 5 from nowd.occurrence where state = 'planned'"
              " and extract(epoch from scheduled_at)::bigint % 10 = 0") == "t");
  CHECK(f.one("select count(*) from nowd.job_revision") == "2");
}

TEST_CASE("an edit that leaves the schedule alone keeps the planned rows") {
  LedgerFixture f;
  auto ledger = f.daemon();
  Job job = job_named("a", every(seconds{10}));
  REQUIRE(f.await(ledger->load_jobs(jobs_of({job}))).has_value());
  job.canonical = R"({"prompt":"another"})";
  job.revision = sha256_hex(job.canonical);
  REQUIRE(f.await(ledger->load_jobs(jobs_of({job}))).has_value());
  CHECK(f.one("select count(*) from nowd.occurrence where state <> 'planned'") == "0");
  CHECK(f.one("select revision from nowd.job") == job.revision);
}

TEST_CASE("a job that leaves the files is retired with its history, and its planned rows are withdrawn") {
  LedgerFixture f;
  auto ledger = f.daemon();
  REQUIRE(f.await(ledger->load_jobs(jobs_of({job_named("a", every(seconds{10}))}))).has_value());
  REQUIRE(f.await(ledger->load_jobs(jobs_of({}))).has_value());
  CHECK(f.one("select state from nowd.job") == "retired");
  CHECK(f.one("select count(*) from nowd.occurrence where state = 'planned'") == "0");
  CHECK(f.one("select count(*) from nowd.upcoming") == "0");
  CHECK(f.await(ledger->accepted())->empty());
}

TEST_CASE("hours without a daemon become one range that stands for each missed occurrence") {
  LedgerFixture f;
  auto ledger = f.daemon();
  const JobsSnapshot jobs = jobs_of({job_named("a", every(seconds{60}))});
  REQUIRE(f.await(ledger->load_jobs(jobs)).has_value());
  f.sql("delete from nowd.occurrence");
  f.sql(
      "update nowd.job_cursor set planned_from = date_trunc('minute', clock_timestamp()) - interval '5 hours',"
      " materialised_through = date_trunc('minute', clock_timestamp()) - interval '5 hours'");
  REQUIRE(f.await(ledger->plan_jobs(jobs, {"a"}, seconds{60})).has_value());
  CHECK(f.one("select count(*) from nowd.occurrence_range") == "1");
  CHECK(f.one("select extract(epoch from last_at - first_at) / 60 + 1 = count from nowd.occurrence_range") == "t");
  CHECK(f.one("select min(o.scheduled_at) = max(g.last_at) + interval '1 minute' from nowd.occurrence o, "
              "nowd.occurrence_range g") == "t");
}

TEST_CASE("the spec in force of a job whose file broke can be had back") {
  LedgerFixture f;
  auto ledger = f.daemon();
  REQUIRE(f.await(ledger->load_jobs(jobs_of({job_named("a")}))).has_value());
  const auto specs = f.await(ledger->accepted());
  REQUIRE(specs.has_value());
  CHECK(specs->size() == 1);
  CHECK(specs->at("a").find("\"a\"") != std::string::npos);
}
