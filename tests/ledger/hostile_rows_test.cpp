// Rows that no claim can read or start: set aside by name, and the others go on. Their CHECKs are dropped here.
#include <algorithm>

#include "ledger/ledger_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

/// Two jobs; what is written to "bad" may be anything.
struct Hostile {
  LedgerFixture f;
  JobsSnapshot jobs = jobs_of({with_overlap("bad", OverlapRules::Policy::allow), job_named("good")});
  std::unique_ptr<PgLedger> ledger = f.daemon();

  Hostile() {
    REQUIRE(f.await(ledger->load_jobs(jobs)).has_value());
    f.sql("alter table nowd.occurrence drop constraint occurrence_moments_can_be_read");
    f.sql("alter table nowd.occurrence drop constraint occurrence_window_runs_forward");
    f.sql("alter table nowd.occurrence drop constraint occurrence_kind_known");
    f.sql("alter table nowd.request drop constraint request_moments_can_be_read");
    f.sql("alter table nowd.request drop constraint request_window_runs_forward");
  }
  void request(const std::string& scheduled_at, const std::string& window_start = "null") {
    f.sql("insert into nowd.request (job, scheduled_at, as_of_given, effects, window_start) values ('bad', '" +
          scheduled_at + "', true, false, " + window_start + ")");
  }
  void occurrence(const std::string& at, const std::string& window_start, const std::string& kind = "backfill") {
    f.sql(
        "insert into nowd.occurrence (job, scheduled_at, due_at, window_start, window_end, slot, zone, utc_offset,"
        " tzdata, schedule_revision, kind) values ('bad', $1, $1, $2, $1, 'epoch', 'UTC', '0', 'x', 'x', $3)",
        {at, window_start, kind});
  }
  std::vector<JobName> claimed() {
    std::vector<JobName> names;
    const auto claim = f.await(ledger->claim_due(jobs, 100));
    REQUIRE(claim.has_value());
    for (const ClaimedRun& run : claim->runs) names.push_back(run.job);
    return names;
  }
};

}  // namespace

TEST_CASE_METHOD(Hostile, "requests for moments that nobody can read are refused, and all the others are served") {
  for (const char* at :
       {"infinity", "-infinity", "0100-01-01 BC", "0001-01-01", "1969-12-31", "20000-01-01", "10000-01-01"})
    request(at);
  request("2026-06-01", "'-infinity'");
  request("2026-06-01", "'2026-06-02'");
  f.sql("select nowd.run('bad')");
  f.sql("select nowd.run('good')");
  const std::vector<JobName> first = claimed();
  CHECK(std::count(first.begin(), first.end(), "bad") == 1);
  CHECK(std::count(first.begin(), first.end(), "good") == 1);
  CHECK(f.one("select count(*) from nowd.request where state = 'refused' and reason = 'unreadable'") == "9");
  CHECK(claimed().empty());
}

TEST_CASE_METHOD(Hostile, "occurrences that nobody can read are closed as missed, and all the others are served") {
  occurrence("-infinity", "-infinity");
  occurrence("0001-01-01", "0001-01-01");
  occurrence("2026-06-01", "-infinity");
  occurrence("2026-06-02", "2026-06-03");
  occurrence("2026-06-03", "2026-06-02", "no such kind");
  occurrence("infinity", "2026-06-02", "scheduled");
  f.due("good");
  f.due("bad");
  const std::vector<JobName> first = claimed();
  CHECK(std::count(first.begin(), first.end(), "bad") == 1);
  CHECK(std::count(first.begin(), first.end(), "good") == 1);
  CHECK(f.one("select count(*) from nowd.occurrence where state = 'missed' and reason = 'unreadable'") == "5");
  CHECK(f.one("select state from nowd.occurrence where scheduled_at = 'infinity'") == "planned");  // never due
}

TEST_CASE_METHOD(Hostile, "numbers of attempts beyond all bounds set their row aside") {
  request("2026-06-01");
  f.sql("update nowd.request set attempts = 2147483647");
  f.due("good");
  CHECK(claimed() == std::vector<JobName>{"good"});
  CHECK(f.one("select state || ' ' || reason from nowd.request") == "refused unreadable");
}

TEST_CASE_METHOD(Hostile, "a run that the schema refuses takes no other of its claim with it, nor of its job") {
  f.sql("alter table nowd.run add constraint run_of_no_luck check (extract(day from scheduled_at) <> 13)");
  request("2026-06-13");
  request("2026-06-14");
  occurrence("2026-05-13", "2026-05-12");
  occurrence("2026-05-14", "2026-05-12");
  f.due("good");
  const std::vector<JobName> first = claimed();
  CHECK(std::count(first.begin(), first.end(), "good") == 1);
  CHECK(std::count(first.begin(), first.end(), "bad") == 2);
  CHECK(f.one("select string_agg(state || coalesce(' ' || reason, ''), ', ' order by request) from nowd.request") ==
        "refused unreadable, claimed");
  CHECK(f.one("select string_agg(state || coalesce(' ' || reason, ''), ', ' order by scheduled_at) from nowd.occurrence"
              " where job = 'bad'") == "missed unreadable, claimed");
  CHECK(claimed().empty());
}

TEST_CASE_METHOD(Hostile, "a job whose cursor cannot be read is planned no more, and keeps no other from it") {
  const JobsSnapshot both = jobs_of({job_named("odd", every(seconds{10})), job_named("even", every(seconds{10}))});
  REQUIRE(f.await(ledger->load_jobs(both)).has_value());
  f.sql("alter table nowd.job_cursor drop constraint job_cursor_moments_can_be_read");
  f.sql("update nowd.job_cursor set materialised_through = 'infinity' where job = 'odd'");
  const auto planned = f.await(ledger->plan_jobs(both, {"odd", "even"}, minutes{5}));
  REQUIRE(planned.has_value());
  CHECK(f.one("select count(*) > 12 from nowd.occurrence where job = 'even'") == "t");
  for (const Cursor& cursor : *planned) CHECK(cursor.held == (cursor.job == "odd"));
}

TEST_CASE("the schema takes no moment that nobody can read, nor a window that begins after it") {
  LedgerFixture f;
  auto ledger = f.daemon();
  REQUIRE(f.await(ledger->load_jobs(jobs_of({job_named("a")}))).has_value());
  for (const char* at : {"infinity", "-infinity", "1969-12-31 23:59:59+00", "10000-01-01 00:00:00+00"}) {
    CHECK_THROWS_AS(
        f.sql("insert into nowd.request (job, scheduled_at, as_of_given, effects) values ('a', $1, true, true)", {at}),
        pg::SqlError);
    CHECK_THROWS_AS(
        f.sql("insert into nowd.occurrence (job, scheduled_at, due_at, window_start, window_end, slot, zone,"
              " utc_offset, tzdata, schedule_revision) values ('a', $1, $1, $1, $1, 'epoch', 'UTC', '0',"
              " 'x', 'x')",
              {at}),
        pg::SqlError);
  }
  CHECK_THROWS_AS(f.sql("insert into nowd.occurrence (job, scheduled_at, due_at, window_start, window_end, slot, zone,"
                        " utc_offset, tzdata, schedule_revision) values ('a', '2026-06-01', '2026-06-01', '2026-06-02',"
                        " '2026-06-01', 'epoch', 'UTC', '0', 'x', 'x')"),
                  pg::SqlError);
  for (const char* at : {"1970-01-01 00:00:00+00", "9999-12-31 23:59:59+00"})
    f.sql("insert into nowd.request (job, scheduled_at, as_of_given, effects) values ('a', $1, true, true)", {at});
}

TEST_CASE("a pause is a fence: what a claim found startable before it is not started after it") {
  LedgerFixture f;
  auto ledger = f.daemon();
  const JobsSnapshot jobs = jobs_of({job_named("a"), job_named("b")});
  REQUIRE(f.await(ledger->load_jobs(jobs)).has_value());
  f.due("a");
  f.due("b");
  // A pause that is under way holds the row of its job: the claim starts the others, and waits for nobody.
  pg::Connection other(f.superuser(), "test");
  pg::Transaction pausing(other);
  pausing.run_script("select nowd.pause('a', 'test')");
  const auto during = f.claim(*ledger, jobs).runs;
  REQUIRE(during.size() == 1);
  CHECK(during[0].job == "b");
  CHECK(f.one("select state from nowd.occurrence where job = 'a'") == "planned");
  pausing.commit();
  CHECK(f.claim(*ledger, jobs).runs.empty());
  CHECK(f.one("select state || ' ' || reason from nowd.occurrence where job = 'a'") == "skipped paused");
}

TEST_CASE(
    "a follower delivers where its leader may, and a request says whether its run delivers and starts followers") {
  LedgerFixture f;
  auto ledger = f.daemon();
  Job follower = job_named("follower");
  follower.after = "leader";
  const JobsSnapshot jobs = jobs_of({job_named("leader"), follower});
  REQUIRE(f.await(ledger->load_jobs(jobs)).has_value());
  f.sql("select nowd.run('leader')");
  f.sql("update nowd.request set deliver = false, start_followers = true");
  const ClaimedRun leader = f.claim(*ledger, jobs).runs.at(0);
  CHECK_FALSE(leader.deliver);
  CHECK(leader.starts_followers);
  Facts facts = f.end(RunState::succeeded, Stop::complete);
  facts.end->followers = {"follower"};
  REQUIRE(f.await(ledger->write_facts(leader.claim, std::move(facts))).has_value());
  f.sql("update nowd.request set start_followers = false where job = 'follower'");
  const ClaimedRun next = f.claim(*ledger, jobs).runs.at(0);
  CHECK(next.kind == RunKind::after);
  CHECK_FALSE(next.deliver);
  CHECK_FALSE(next.starts_followers);
}
