// People act on time: pause, resume, skip-next, cancel, backfill; and who may.
#include <nlohmann/json.hpp>

#include "ledger/ledger_fixture.hpp"
#include "ledger/reader/reader.hpp"
#include "ledger/reader/subjects/schedule_audit.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

struct Acting : LedgerFixture {
  Job hourly = job_named("hourly", every(hours{1}));
  JobsSnapshot jobs = jobs_of({hourly, job_named("a")});
  std::unique_ptr<PgLedger> ledger = daemon();

  Acting() {
    REQUIRE(await(ledger->load_jobs(jobs)).has_value());
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
  std::string one_of(const std::string& text, const pg::Values& values) {
    return sql(text, values).rows.at(0).at(0).value_or("");
  }
  /// What the database says to a statement that it refuses.
  std::string refused_with(const std::string& text, const pg::Values& values = {}) {
    try {
      sql(text, values);
    } catch (const std::exception& e) {
      return e.what();
    }
    return "no error";
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
  REQUIRE(await(ledger->load_jobs(jobs)).has_value());
  CHECK(paused() == "acting_bob: moving house");
  Job edited = job_named("a");
  edited.revision = sha256_hex("edited");
  edited.canonical = R"({"name":"a","prompt":"another"})";
  REQUIRE(await(ledger->load_jobs(jobs_of({hourly, edited}))).has_value());
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
  REQUIRE(await(ledger->load_jobs(jobs_of({hourly}))).has_value());
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
  REQUIRE(await(ledger->plan_jobs(jobs, {"hourly"}, seconds{3 * 3600})).has_value());
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

TEST_CASE_METHOD(Acting, "what comes next is what will run: after a skip the ledger knows the one after it") {
  LedgerReader bob = as("acting_bob");
  const ComputedOccurrences coming = computed(SystemClock().now(), 5);
  const auto at = [&](std::size_t k) { return rfc3339(coming.rows[k].occurrence.at); };
  const std::string next = "select next_at = $1::timestamptz from nowd.jobs where job = 'hourly'";
  CHECK(one_of(next, {at(0)}) == "t");
  REQUIRE(bob.skip_next(coming, "").has_value());
  CHECK(one_of(next, {at(1)}) == "t");
  REQUIRE(bob.skip_next(coming, "").has_value());
  CHECK(one_of(next, {at(2)}) == "t");
  CHECK(bob.skipped("hourly").value() == std::vector{coming.rows[0].occurrence.at, coming.rows[1].occurrence.at});
  CHECK(one("select string_agg(state, ' ' order by scheduled_at) from nowd.upcoming where job = 'hourly'") ==
        "skipped skipped planned");
  REQUIRE(await(ledger->plan_jobs(jobs, {"hourly"}, seconds{5 * 3600})).has_value());
  CHECK(one_of("select count(*) from nowd.occurrence where job = 'hourly' and scheduled_at = $1::timestamptz",
               {at(2)}) == "1");
}

TEST_CASE_METHOD(Acting, "a skip can be taken back, the latest first, and then its occurrence runs") {
  LedgerReader bob = as("acting_bob");
  const ComputedOccurrences coming = computed(SystemClock().now(), 5);
  CHECK(holds(error_of(bob.undo_skip("hourly")), "no occurrence to come is skipped"));
  REQUIRE(bob.skip_next(coming, "one").has_value());
  REQUIRE(bob.skip_next(coming, "two").has_value());
  CHECK(bob.undo_skip("hourly").value() == coming.rows[1].occurrence.at);
  CHECK(bob.undo_skip("hourly").value() == coming.rows[0].occurrence.at);
  CHECK(holds(error_of(bob.undo_skip("hourly")), "no occurrence to come is skipped"));
  CHECK(one("select count(*) from nowd.occurrence where job = 'hourly' and (state <> 'planned' or decided_by is not "
            "null)") == "0");
  CHECK(one_of("select next_at = $1::timestamptz from nowd.jobs where job = 'hourly'",
               {rfc3339(coming.rows[0].occurrence.at)}) == "t");
  CHECK(holds(error_of(as("acting_eve").undo_skip("hourly")), "acting in nowd_operator"));
}

TEST_CASE_METHOD(Acting,
                 "a run of a paused job is refused, names the pause and the way around it, and is taken with that") {
  LedgerReader bob = as("acting_bob");
  REQUIRE(bob.pause("a", "moving house").has_value());
  const auto refused = bob.request_run({.job = "a", .as_of = {}, .effects = {}, .input = {}});
  CHECK(holds(error_of(refused), "job a: paused by acting_bob: moving house"));
  CHECK(holds(error_of(refused), "--even-if-paused"));
  CHECK(one("select count(*) from nowd.request") == "0");
  REQUIRE(bob.request_run({.job = "a", .as_of = {}, .effects = {}, .input = {}, .even_if_paused = true}).has_value());
  CHECK(one("select even_if_paused from nowd.request") == "t");
  CHECK(one("select next_at is null from nowd.jobs where job = 'a'") == "t");
}

TEST_CASE_METHOD(Acting, "a run for a given moment delivers nothing and is followed by nothing, unless that is said") {
  LedgerReader bob = as("acting_bob");
  const std::string newest =
      "select deliver || ' ' || start_followers || ' ' || effects from nowd.request order by request desc limit 1";
  RunRequest request{.job = "a", .as_of = past(), .effects = {}, .input = {}};
  REQUIRE(bob.request_run(request).has_value());
  CHECK(one(newest) == "false false false");
  request.deliver = true;
  REQUIRE(bob.request_run(request).has_value());
  CHECK(one(newest) == "true false false");
  request.start_followers = true;
  REQUIRE(bob.request_run(request).has_value());
  CHECK(one(newest) == "true true false");
  REQUIRE(bob.request_run({.job = "a", .as_of = {}, .effects = {}, .input = {}}).has_value());
  CHECK(one(newest) == "true true true");
}

TEST_CASE_METHOD(Acting, "a run is for now or for the past, and for a moment that is one") {
  for (const char* moment : {"infinity", "-infinity", "0100-01-01 BC", "0001-01-01", "1969-12-31 23:59:59+00"}) {
    CAPTURE(moment);
    CHECK(holds(refused_with("select nowd.run('a', as_of => $1::timestamptz)", {moment}),
                "no moment that a run can be for"));
  }
  for (const char* moment : {"10000-01-01", "20000-01-01", "2200-01-01"}) {
    CAPTURE(moment);
    CHECK(holds(refused_with("select nowd.run('a', as_of => $1::timestamptz)", {moment}), "lies ahead"));
  }
  CHECK(holds(refused_with("select nowd.run('a', as_of => clock_timestamp() + interval '1 minute')"), "lies ahead"));
  CHECK(one("select count(*) from nowd.request") == "0");
}

TEST_CASE_METHOD(Acting, "a request that waits is shown, and can be cancelled once") {
  LedgerReader bob = as("acting_bob");
  const std::int64_t request = bob.request_run({.job = "a", .as_of = {}, .effects = {}, .input = {}}).value();
  REQUIRE(bob.pause("a", "why").has_value());
  const auto waiting = as("acting_eve").waiting_requests(std::nullopt);
  REQUIRE(waiting.has_value());
  REQUIRE(waiting->size() == 1);
  CHECK((*waiting)[0]["waits_for"] == "its job is paused");
  CHECK(holds(error_of(as("acting_eve").cancel_request(request, "")), "acting in nowd_operator"));
  CHECK(bob.cancel_request(request, "a typo").value() == "a");
  CHECK(one("select state || ', ' || reason from nowd.request") == "refused, cancelled by acting_bob: a typo");
  CHECK(bob.waiting_requests("a")->empty());
  CHECK(holds(error_of(bob.cancel_request(request, "")), "it is over (refused)"));
  CHECK(holds(error_of(bob.cancel_request(99, "")), "request 99: no such request"));
  REQUIRE(bob.resume("a").has_value());
  CHECK(claim(*ledger, jobs).runs.empty());
}

TEST_CASE_METHOD(Acting, "a request that a run serves is not cancelled: the run is named") {
  LedgerReader bob = as("acting_bob");
  const std::int64_t request = bob.request_run({.job = "a", .as_of = {}, .effects = {}, .input = {}}).value();
  const ClaimedRun run = claim(*ledger, jobs).runs.at(0);
  CHECK(holds(error_of(bob.cancel_request(request, "")),
              "run " + std::to_string(run.claim.run.value) + " serves it already"));
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
  REQUIRE(await(ledger->write_facts(run.claim, facts)).has_value());
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

TEST_CASE_METHOD(Acting, "a backfill delivers nothing and starts no other job, unless that is said") {
  LedgerReader bob = as("acting_bob");
  REQUIRE(bob.backfill(computed(past(), 1), {}).has_value());
  REQUIRE(bob.backfill(computed(past() + days{1}, 1), {.deliver = true, .start_followers = true}).has_value());
  CHECK(one("select string_agg(effects || ' ' || deliver || ' ' || start_followers, ', ' order by scheduled_at)"
            " from nowd.occurrence where kind = 'backfill'") == "false false false, false true true");
}

TEST_CASE_METHOD(Acting, "what a range of missed occurrences counts is again, not new, and counts once") {
  LedgerReader bob = as("acting_bob");
  const ComputedOccurrences all = computed(past(), 72);
  sql("insert into nowd.occurrence_range (job, first_at, last_at, count, state, reason, schedule_revision)"
      " values ('hourly', $1::timestamptz, $2::timestamptz, 72, 'missed', 'down', $3)",
      {rfc3339(all.rows.front().occurrence.at), rfc3339(all.rows.back().occurrence.at), hourly.schedule_revision});
  const auto made = bob.backfill(computed(past(), 6), {});
  REQUIRE(made.has_value());
  for (const Json& row : *made) {
    CHECK(row["what"] == "again");
    CHECK(row["was"] == "missed (down)");
  }
  CHECK(one("select string_agg(state || ' ' || n, ', ' order by state) from (select state, sum(count) as n from"
            " nowd.occurrence_fate where job = 'hourly' and scheduled_at < '2026-02-01' group by 1) f") ==
        "missed 66, planned 6");
  REQUIRE(bob.backfill(all, {}).has_value());
  CHECK(one("select count(*) from nowd.occurrence_fate where until_at > scheduled_at") == "0");
}

TEST_CASE_METHOD(Acting, "occurrences that are none are refused before they reach the ledger") {
  const std::string good = computed_rows(computed(past(), 2));
  const auto call = [](const std::string& name) {
    return "select * from nowd." + name + "('hourly', " + (name == "skip_next" ? "null, " : "") + "$1::jsonb)";
  };
  for (const char* column : {"scheduled_at", "due_at", "window_start", "slot", "utc_offset"})
    for (const std::string value : {"infinity", "-infinity", "0044-03-15 BC", "20000-01-01", ""}) {
      if (std::string(column) == "utc_offset" && !value.empty()) continue;
      Json rows = Json::parse(good);
      rows[0][column] = value.empty() ? Json() : Json(value);
      for (const char* name : {"backfill", "skip_next"}) {
        CAPTURE(column, value, name);
        CHECK(holds(refused_with(call(name), {rows.dump()}), "is no occurrence of a schedule"));
      }
    }
  Json late = Json::parse(good);
  late[0]["window_start"] = rfc3339(past() + days{3});
  CHECK(holds(refused_with(call("backfill"), {late.dump()}), "is no occurrence of a schedule"));
  for (const char* text : {"{}", "7", "null"})
    CHECK(holds(refused_with(call("backfill"), {text}), "given as an array"));
  CHECK(one("select count(*) from nowd.occurrence where job = 'hourly' and kind = 'backfill'") == "0");
}

TEST_CASE_METHOD(Acting, "the alerts of a job that leaves the files are over") {
  due("a");
  const ClaimedRun run = claim(*ledger, jobs).runs.at(0);
  Facts facts = end(RunState::failed);
  facts.end->trouble = Trouble{AlertKind::run, "a", "limit", "too slow", "a", {}, clock().now()};
  REQUIRE(await(ledger->write_facts(run.claim, std::move(facts))).has_value());
  CHECK(one("select state from nowd.alert") == "open");
  REQUIRE(await(ledger->load_jobs(jobs_of({hourly}))).has_value());
  CHECK(one("select state || ' ' || (notify_at is null) from nowd.alert") == "recovered true");
}

TEST_CASE_METHOD(Acting, "what was missed is a trouble: one for each job, and over with its next success") {
  Job strict = job_named("a");
  strict.missed.policy = MissedRules::Policy::skip;
  jobs = jobs_of({hourly, strict});
  REQUIRE(await(ledger->load_jobs(jobs)).has_value());
  due("a", "3 hours");
  due("a", "2 hours");
  CHECK(claim(*ledger, jobs).runs.empty());
  CHECK(one("select kind || ' ' || name || ' ' || reason || ' ' || array_to_string(jobs, ',') from nowd.alert") ==
        "missed a down a");
  CHECK(one("select detail like 'missed 2 occurrences, from % to % UTC: nowd was not running' from nowd.alert") == "t");
  due("a");
  const ClaimedRun run = claim(*ledger, jobs).runs.at(0);
  Facts facts = end(RunState::succeeded, Stop::complete);
  facts.end->closes_alerts_of = "a";
  REQUIRE(await(ledger->write_facts(run.claim, std::move(facts))).has_value());
  CHECK(one("select state || ' ' || (notify_at is null) from nowd.alert") == "recovered true");  // told to nobody yet
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
