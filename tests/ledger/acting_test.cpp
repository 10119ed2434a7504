// People act on time: pause, resume, skip-next, cancel, backfill; and who may.
#include <nlohmann/json.hpp>

#include "ledger/ledger_fixture.hpp"
#include "ledger/reader.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

struct Acting : LedgerFixture {
  Job hourly = job_named("hourly", every(hours{1}));
  JobsSnapshot jobs = jobs_of({hourly, job_named("a")});
  std::unique_ptr<PgLedger> ledger = daemon();

  Acting() {
    REQUIRE(await(ledger->load(jobs)).has_value());
    sql("do $$ begin create role acting_bob login in role nowd_operator; exception when duplicate_object then null; "
        "end $$");
    sql("do $$ begin create role acting_eve login in role nowd_reader; exception when duplicate_object then null; end "
        "$$");
  }
  LedgerReader as(const std::string& who) {
    auto opened = LedgerReader::open(conninfo_of(who));
    REQUIRE(opened.has_value());
    return std::move(*opened);
  }
  std::string conninfo_of(const std::string& who) const {
    std::string text = conninfo();
    return text.replace(text.find("user=nowd"), 9, "user=" + who);
  }
  ComputedOccurrences computed(Instant after, std::size_t most) const {
    ComputedOccurrences out{"hourly", {}, hourly.schedule.zone, hourly.schedule_revision};
    Instant previous = after;
    for (const Occurrence& at : occurrences(hourly.schedule, after, after + days{400}, most)) {
      out.rows.push_back({at, at.at, previous});
      previous = at.at;
    }
    return out;
  }
  Instant past() const { return *parse_rfc3339("2026-01-10T00:00:00Z"); }
  std::string paused() {
    return one("select coalesce(paused_by || ': ' || paused_reason, 'no') from nowd.job where job = 'a'");
  }
};

template <class T>
std::string error_of(const Result<T>& result) {
  return result ? "no error" : result.error().message;
}
bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE_METHOD(Acting, "a pause says who and why, and outlives reloads and new revisions of the job") {
  REQUIRE(as("acting_bob").pause("a", "moving house").has_value());
  CHECK(paused() == "acting_bob: moving house");
  REQUIRE(await(ledger->load(jobs)).has_value());
  CHECK(paused() == "acting_bob: moving house");
  Job edited = job_named("a");
  edited.revision = sha256_hex("edited");
  edited.canonical = R"({"name":"a","prompt":"another"})";
  REQUIRE(await(ledger->load(jobs_of({hourly, edited}))).has_value());
  CHECK(paused() == "acting_bob: moving house");
  CHECK(one("select paused_by from nowd.jobs where job = 'a'") == "acting_bob");
  CHECK(holds(error_of(as("acting_bob").pause("a", "again")), "paused already, by acting_bob: moving house"));
}

TEST_CASE_METHOD(Acting, "a paused job starts nothing, and resuming fires nothing for the time of the pause") {
  LedgerReader bob = as("acting_bob");
  REQUIRE(bob.pause("a", "why").has_value());
  due("a", "10 seconds");
  CHECK(claim(*ledger, jobs).runs.empty());
  const auto skipped = bob.resume("a");
  REQUIRE(skipped.has_value());
  CHECK(*skipped <= 1);  // a daemon may have closed it before
  CHECK(claim(*ledger, jobs).runs.empty());
  CHECK(one("select state || ' ' || reason from nowd.occurrence where job = 'a'") == "skipped paused");
  due("a");
  CHECK(claim(*ledger, jobs).runs.size() == 1);
}

TEST_CASE_METHOD(Acting, "what fell due in a pause and is planned only after it does not fire either") {
  LedgerReader bob = as("acting_bob");
  REQUIRE(bob.pause("a", "why").has_value());
  REQUIRE(bob.resume("a").has_value());
  due("a", "1 minute");
  CHECK(one("select state || ' ' || reason from nowd.occurrence where job = 'a'") == "skipped paused");
}

TEST_CASE_METHOD(Acting, "acting on what is not there says what, and what to do") {
  LedgerReader bob = as("acting_bob");
  CHECK(holds(error_of(bob.pause("nosuch", "why")), "job nosuch: no such job in this ledger; select job"));
  CHECK(holds(error_of(bob.pause("a", "  ")), "job a: the reason is empty; say why"));
  CHECK(holds(error_of(bob.resume("a")), "job a: it is not paused"));
  CHECK(holds(error_of(bob.cancel(RunId{99}, "")), "run 99: no such run"));
  CHECK(holds(error_of(bob.skip_next({"a", {}, Zone::utc(), "x"}, "")), "job a: there is no next occurrence to skip"));
  REQUIRE(await(ledger->load(jobs_of({hourly}))).has_value());
  CHECK(holds(error_of(bob.pause("a", "why")), "job a: retired, it left the job files; put its file back"));
}

TEST_CASE_METHOD(Acting, "looking is not acting: a reader may do none of it, an operator all") {
  LedgerReader eve = as("acting_eve");
  const ComputedOccurrences some = computed(past(), 2);
  for (const std::string& refusal :
       {error_of(eve.pause("a", "why")), error_of(eve.resume("a")), error_of(eve.cancel(RunId{1}, "")),
        error_of(eve.skip_next(some, "")), error_of(eve.backfill(some, {.effects = false, .dry_run = true}))}) {
    INFO(refusal);
    CHECK(holds(refusal, "acting in nowd_operator"));
  }
  CHECK(paused() == "no");
}

TEST_CASE_METHOD(Acting,
                 "skip-next skips the next occurrence though it has no row yet, and planning leaves it skipped") {
  LedgerReader bob = as("acting_bob");
  const Instant now = SystemClock().now();
  const ComputedOccurrences coming = computed(now, 5);
  const auto first = bob.skip_next(coming, "public holiday");
  REQUIRE(first.has_value());
  CHECK(*first == coming.rows[0].occurrence.at);
  CHECK(one("select state || ' ' || reason || ' ' || decided_by || ' ' || decided_why from nowd.occurrence where job = "
            "'hourly'"
            " and scheduled_at > clock_timestamp() order by scheduled_at limit 1") ==
        "skipped asked acting_bob public holiday");
  CHECK(*bob.skip_next(coming, "") == coming.rows[1].occurrence.at);  // the next one that would run
  REQUIRE(await(ledger->plan(jobs, {"hourly"}, seconds{3 * 3600})).has_value());
  CHECK(one("select count(*) from nowd.occurrence where state = 'skipped' and reason = 'asked'") == "2");
  CHECK(one("select count(*) from nowd.occurrence where state = 'planned'") != "0");
  const auto planned = bob.skip_next(coming, "");  // a row that is planned
  REQUIRE(planned.has_value());
  CHECK(*planned == coming.rows[2].occurrence.at);
}

TEST_CASE_METHOD(Acting, "skip_next works from psql too: the cursor knows the very next occurrence") {
  CHECK(one("select nowd.skip_next('hourly') = (select next_at from nowd.job_cursor where job = 'hourly')") == "t");
  CHECK(one("select state from nowd.upcoming where job = 'hourly' and state <> 'planned'") == "skipped");
}

TEST_CASE_METHOD(Acting, "who asks for a live run to end is told to its daemon at each sweep, until it has ended") {
  due("a");
  const ClaimedRun run = claim(*ledger, jobs).runs.at(0);
  CHECK(await(ledger->sweep())->cancels.empty());
  LedgerReader bob = as("acting_bob");
  CHECK(*bob.cancel(run.claim.run, "wrong figures") == "a");
  CHECK(bob.cancel(run.claim.run, "again").has_value());  // the first who asked counts
  const std::vector<CancelRequest> asked{{run.claim.run, "acting_bob", "wrong figures"}};
  CHECK(await(ledger->sweep())->cancels == asked);
  CHECK(await(ledger->sweep())->cancels == asked);
  auto other = daemon();
  CHECK(await(other->sweep())->cancels.empty());
  Facts facts = end(RunState::cancelled);
  REQUIRE(await(ledger->write(run.claim, facts)).has_value());
  CHECK(await(ledger->sweep())->cancels.empty());
  CHECK(one("select state from nowd.occurrence") == "done");
  CHECK(holds(error_of(bob.cancel(run.claim.run, "")), "it has ended (cancelled)"));
}

TEST_CASE_METHOD(Acting, "a run to be ended whose daemon dies is cancelled, and not served again") {
  due("a");
  const ClaimedRun run = claim(*ledger, jobs).runs.at(0);
  REQUIRE(as("acting_bob").cancel(run.claim.run, "enough").has_value());
  auto next = daemon(ledger->node());
  CHECK(one("select state || ' ' || detail from nowd.run") == "cancelled by acting_bob: enough");
  CHECK(claim(*next, jobs).runs.empty());
  CHECK(one("select count(*) from nowd.alert") == "0");
}

TEST_CASE_METHOD(Acting, "a backfill makes up for what did not run, and leaves alone what ran; twice is once") {
  LedgerReader bob = as("acting_bob");
  const ComputedOccurrences stretch = computed(past(), 5);
  const auto at = [&](int i) { return rfc3339(stretch.rows[static_cast<std::size_t>(i)].occurrence.at); };
  const auto was = [&](int i, const std::string& state, const std::string& reason) {
    sql("insert into nowd.occurrence (job, scheduled_at, state, reason, due_at, window_start, window_end, slot, zone, "
        "utc_offset, tzdata, schedule_revision) values ('hourly', $1::timestamptz, $2, nullif($3, ''), $1::timestamptz,"
        " $1::timestamptz, $1::timestamptz, '2026-01-10', 'UTC', '0', 'x', 'x')",
        {at(i), state, reason});
  };
  was(0, "done", "");
  was(1, "missed", "down");
  was(2, "skipped", "nothing_to_do");
  const auto shown = bob.backfill(stretch, {.effects = true, .dry_run = true});
  REQUIRE(shown.has_value());
  CHECK(one("select count(*) from nowd.occurrence where kind = 'backfill'") == "0");
  const auto made = bob.backfill(stretch, {.effects = true, .dry_run = false});
  REQUIRE(made.has_value());
  CHECK(*made == *shown);
  REQUIRE(made->size() == 5);
  CHECK((*made)[0]["what"] == "left alone");
  CHECK((*made)[1]["what"] == "again");
  CHECK((*made)[1]["was"] == "missed (down)");
  CHECK((*made)[2]["what"] == "left alone");
  CHECK((*made)[3]["what"] == "new");
  CHECK(
      one("select count(*) from nowd.occurrence where kind = 'backfill' and state = 'planned' and effects and due_at = "
          "scheduled_at and decided_by = 'acting_bob'") == "3");
  const auto again = bob.backfill(stretch, {.effects = false, .dry_run = false});
  REQUIRE(again.has_value());
  for (const Json& row : *again) CHECK(row["what"] == "left alone");
}

TEST_CASE_METHOD(Acting, "a backfill is of the past, of the schedule in force, and of at most 10 000") {
  LedgerReader bob = as("acting_bob");
  CHECK(holds(error_of(bob.backfill(computed(SystemClock().now(), 2), {})), "lies ahead"));
  ComputedOccurrences other = computed(past(), 2);
  other.schedule_revision = "another";
  CHECK(holds(error_of(bob.backfill(other, {.effects = false, .dry_run = false})),
              "job hourly: its schedule was changed meanwhile; ask again"));
  const ComputedOccurrences many = computed(past() - days{600}, 9601);
  CHECK(bob.backfill(many, {.effects = false, .dry_run = true})->size() == 9600);
}
