// Schedules counted again over a real ledger: what a daemon planned is whole, and what somebody takes out or puts in is
// found, edits, absences and retired jobs considered.
#include "ledger/reader/subjects/schedule_audit.hpp"

#include <nlohmann/json.hpp>

#include "ledger/ledger_fixture.hpp"
#include "ledger/reader/reader.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

/// The specs of job_named(): "2" and the seconds of a period.
Result<Schedule> read_spec(const std::string& spec) {
  const std::string word = Json::parse(spec).at("schedule").get<std::string>();
  if (word.size() < 2) return invalid("not a period: " + word);
  return every(seconds{std::stoll(word.substr(1))});
}

class Audited : public LedgerFixture {
 public:
  Audited() : daemon_(daemon()) { load({minutely}); }

  void load(std::vector<Job> jobs) {
    jobs_ = jobs_of(std::move(jobs));
    REQUIRE(await(daemon_->load_jobs(jobs_)).has_value());
  }
  /// As if the job had been there for five hours, and the daemon not.
  void absence() {
    sql("update nowd.job_cursor set planned_from = clock_timestamp() - interval '5 hours',"
        " materialised_through = clock_timestamp() - interval '5 hours'");
    sql("delete from nowd.occurrence");
    REQUIRE(await(daemon_->plan_jobs(jobs_, {"a"}, seconds{60})).has_value());
  }
  /// Triggers keep what was recorded from being changed; who breaks a ledger by hand has switched them off.
  void break_by(const std::string& text) {
    pg::Connection connection(superuser(), "test");
    pg::Transaction transaction(connection);
    transaction.run_script("set session_replication_role = replica; " + text);
    transaction.commit();
  }
  std::vector<Json> findings(const std::string& conninfo, const std::optional<JobName>& job = {}) {
    auto reader = LedgerReader::open(conninfo);
    REQUIRE(reader.has_value());
    const auto found = reader->audit_schedules(SystemClock().now() - hours{24}, job, read_spec);
    INFO((found ? "" : found.error().message));
    REQUIRE(found.has_value());
    return *found;
  }
  std::string checks() {
    std::string names;
    for (const Json& row : findings(superuser())) names += row["check"].get<std::string>() + " ";
    return names;
  }

  const Job minutely = with_missed("a", MissedRules::Policy::latest, minutes{1});
  const Job hurried = with_missed("a", MissedRules::Policy::latest, seconds{50});

 private:
  std::unique_ptr<PgLedger> daemon_;
  JobsSnapshot jobs_;
};

const std::string a_minute_of_the_past = "(select max(last_at) from nowd.occurrence_range)";

}  // namespace

TEST_CASE_METHOD(Audited, "what a daemon planned after an absence is whole: a range, what is made up for, what comes") {
  absence();
  CHECK(one("select count(*) from nowd.occurrence_range") == "1");
  CHECK(checks().empty());
}

TEST_CASE_METHOD(Audited, "a row that is gone is named by its job and its moment, and a range that counts wrong") {
  absence();
  const std::string gone = one("select min(scheduled_at) from nowd.occurrence");
  break_by("delete from nowd.occurrence where scheduled_at = '" + gone + "'");
  auto found = findings(superuser());
  REQUIRE(found.size() == 1);
  CHECK(found[0]["check"] == "expected_occurrence_has_its_row");
  CHECK(found[0]["job"] == "a");
  CHECK(found[0]["run"].is_null());
  CHECK(found[0]["at"] == rfc3339(pg::parse_timestamptz(gone)));
  CHECK(findings(superuser(), "another").empty());
  break_by("update nowd.occurrence_range set count = count + 1");
  CHECK(checks() == "row_has_its_schedule expected_occurrence_has_its_row ");
}

TEST_CASE_METHOD(Audited, "a row between two moments of its schedule is named, and one whose schedule nobody knows") {
  absence();
  const std::string insert =
      "insert into nowd.occurrence (job, scheduled_at, state, due_at, window_start, window_end, slot, zone, utc_offset,"
      " tzdata, schedule_revision, attempts) select 'a', t, 'done', t, t, t, t at time zone 'UTC', 'UTC', '0', '" +
      tzdata_version() + "', ";
  break_by(insert + "c.schedule_revision, 1 from (select " + a_minute_of_the_past +
           " + interval '20 s') as at(t), nowd.job_cursor c");
  CHECK(checks() == "row_has_its_schedule ");
  break_by("update nowd.occurrence set schedule_revision = 'x' where extract(second from scheduled_at) = 20");
  auto found = findings(superuser());
  REQUIRE(found.size() == 1);
  CHECK(found[0]["detail"] == "its schedule, revision x, is not in the ledger");
}

TEST_CASE_METHOD(Audited, "a schedule that was changed answers for its time, and nothing else is expected of it") {
  absence();
  load({hurried});
  CHECK(one("select count(*) from nowd.past_schedule") == "1");
  CHECK(checks().empty());
  load({minutely});  // back again: rows are revived
  CHECK(checks().empty());
  break_by("delete from nowd.occurrence_range");
  CHECK(findings(superuser()).size() > 100);
}

TEST_CASE_METHOD(Audited,
                 "a job that is retired and comes back has no hole, and neither has one that is in nobody's files") {
  absence();
  load({});
  CHECK(checks().empty());
  load({minutely});
  CHECK(checks().empty());
}

TEST_CASE_METHOD(Audited, "an occurrence that was withdrawn though its schedule names it is told") {
  absence();
  break_by(
      "update nowd.occurrence set state = 'withdrawn', reason = 'rescheduled' where scheduled_at ="
      " (select min(scheduled_at) from nowd.occurrence)");
  CHECK(checks() == "expected_occurrence_is_not_withdrawn ");
}

TEST_CASE_METHOD(Audited, "an edit that withdraws what still waited of the schedule before is no finding") {
  absence();
  load({hurried});
  REQUIRE(one("select count(*) > 0 from nowd.occurrence where state = 'withdrawn' and scheduled_at <"
              " (select planned_from from nowd.job_cursor)") == "t");
  CHECK(checks().empty());
}

TEST_CASE_METHOD(Audited, "a schedule that this reader does not understand is said once") {
  load({minutely, job_named("b")});
  absence();
  break_by("update nowd.job_revision set spec = '{\"schedule\": \"?\"}' where job = 'a'");
  auto found = findings(superuser(), "a");
  REQUIRE(found.size() == 1);
  CHECK(found[0]["check"] == "schedule_can_be_read");
  CHECK(found[0]["detail"].get<std::string>().find("not a period: ?") != std::string::npos);
}

TEST_CASE_METHOD(Audited, "a reader of the ledger may ask") {
  absence();
  sql("do $$ begin create role auditor login in role nowd_reader; exception when duplicate_object then null; end $$");
  CHECK(findings(superuser() + " user=auditor").empty());
}
