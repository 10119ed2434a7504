// What holds dispatch, who ends it, and what the ledger keeps of clocks.
#include "ledger/ledger_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

const JobsSnapshot jobs = jobs_of({job_named("a")});

struct Clocks : LedgerFixture {
  std::vector<LedgerMark> kept;

  std::unique_ptr<PgLedger> on(const std::string& host, std::optional<LedgerMark> known = {}) {
    return daemon_as(
        {host, 1, "test", {}, {}, std::move(known), [this](const LedgerMark& mark) { kept.push_back(mark); }});
  }
  std::unique_ptr<PgLedger> loaded(const std::string& host, std::optional<LedgerMark> known = {}) {
    auto ledger = on(host, std::move(known));
    REQUIRE(await(ledger->load_jobs(jobs)).has_value());
    return ledger;
  }
  void step(PgLedger& ledger, nanoseconds size) {
    REQUIRE(await(ledger.record_clock_events({{ClockEvent::Kind::step, clock().now(), size, "x", "y"}})).has_value());
  }
  std::string cause(PgLedger& ledger) {
    const Ledger::Claimed claimed = claim(ledger, jobs);
    return claimed.held ? std::string(to_string(claimed.held->cause)) : "ran " + std::to_string(claimed.runs.size());
  }
  std::string holds() {
    return one(
        "select string_agg(cause || ' ' || reason || ' ' || held, ', ' order by hold) from nowd.holds"
        " where accepted_at is null");
  }
};

}  // namespace

TEST_CASE_METHOD(Clocks, "daemons on two hosts write each what they saw of their own clock") {
  auto first = on("berlin"), second = on("rome");
  REQUIRE(
      await(first->record_clock_events({{ClockEvent::Kind::step, clock().now(), -hours{1}, "before", "after"},
                                        {ClockEvent::Kind::sync_lost, clock().now(), {}, "chrony", "unsynchronised"}}))
          .has_value());
  REQUIRE(
      await(second->record_clock_events({{ClockEvent::Kind::suspend, clock().now(), hours{8}, "b", "a"}})).has_value());
  CHECK(one("select string_agg(host || ' ' || kind || ' ' || coalesce(extract(epoch from size)::integer::text, '-'), "
            "', ' order by event)"
            " from nowd.clock_event") == "berlin step -3600, berlin sync_lost -, rome suspend 28800");
  CHECK(one("select count(*) from nowd.clock_event e join nowd.node n using (node) where e.boot_id = n.boot_id"
            " and e.host = n.host") == "3");
  CHECK(holds() == "null");
}

TEST_CASE_METHOD(Clocks, "a step over 24 h holds that host's daemons, over restarts, until a person accepts it") {
  auto berlin = loaded("berlin"), rome = loaded("rome");
  due("a", "1 minute");
  step(*berlin, hours{25});
  CHECK(cause(*berlin) == "clock");
  CHECK(holds() == "clock step berlin");
  auto again = loaded("berlin");
  CHECK(cause(*again) == "clock");
  CHECK(one("select kind || ' ' || name || ' ' || state from nowd.alert") == "held clock open");
  CHECK(cause(*rome) == "ran 1");

  CHECK(one("select nowd.accept_clock('ntp was mended')") == "1");
  CHECK(one("select accepted_by || ': ' || accepted_why from nowd.holds") == "postgres: ntp was mended");
  CHECK(one("select state from nowd.alert") == "recovered");
  CHECK(cause(*berlin) == "ran 0");
  CHECK(cause(*again) == "ran 0");
}

TEST_CASE_METHOD(Clocks, "a step of a day or less is an event and holds nothing") {
  auto ledger = loaded("berlin");
  due("a");
  step(*ledger, -hours{24});
  CHECK(cause(*ledger) == "ran 1");
}

TEST_CASE_METHOD(Clocks, "while dispatch is held nothing is planned either, and what is missed then says why") {
  auto ledger = loaded("berlin");
  CHECK(cause(*ledger) == "ran 0");
  step(*ledger, hours{-48});
  const JobsSnapshot minutely = jobs_of({job_named("m", every(seconds{1}))});
  CHECK(await(ledger->load_jobs(minutely))->empty());
  CHECK(await(ledger->plan_jobs(minutely, {"m"}, seconds{60}))->empty());
  CHECK(one("select count(*) from nowd.occurrence") == "0");
  CHECK(claim(*ledger, minutely).held.has_value());
  due("m");
  CHECK(claim(*ledger, minutely).held.has_value());
  sql("select nowd.accept_clock()");
  Job job = job_named("m", every(seconds{1}));
  job.missed.grace = milliseconds{0};
  job.missed.policy = MissedRules::Policy::skip;
  CHECK(claim(*ledger, jobs_of({job})).closed == 1);
  CHECK(one("select state || ' ' || reason from nowd.occurrence") == "missed clock_jump");
  CHECK(await(ledger->plan_jobs(minutely, {"m"}, seconds{60}))->size() == 1);
}

TEST_CASE_METHOD(Clocks, "what fell due while the host slept was missed because of that") {
  auto ledger = loaded("berlin");
  Job job = job_named("a");
  job.missed.grace = milliseconds{0};
  job.missed.policy = MissedRules::Policy::skip;
  const JobsSnapshot strict = jobs_of({job});
  CHECK(claim(*ledger, strict).closed == 0);
  due("a");
  clock().suspend(hours{8});
  clock().step(-hours{8});  // the database's clock is not moved by a test: it agrees again
  CHECK(claim(*ledger, strict).closed == 1);
  CHECK(one("select state || ' ' || reason from nowd.occurrence") == "missed suspended");
}

TEST_CASE_METHOD(Clocks, "a database clock that moves by more than a day between two claims holds everybody") {
  auto ledger = loaded("berlin"), other = loaded("rome");
  due("a");
  CHECK(cause(*other) == "ran 1");
  CHECK(cause(*ledger) == "ran 0");
  due("a");
  clock().advance(hours{48});  // as if the database's clock had been set back by as much
  CHECK(cause(*ledger) == "clock");
  CHECK(holds() == "clock step all");
  clock().step(-hours{48});
  sql("select nowd.accept_clock()");
  CHECK(cause(*ledger) == "ran 0");  // a run of the job is live
}

TEST_CASE_METHOD(Clocks, "a clock more than 30 s off the database's claims nothing until it agrees, and needs nobody") {
  auto ledger = loaded("berlin");
  due("a");
  clock().step(minutes{5});
  const Ledger::Claimed held = claim(*ledger, jobs);
  REQUIRE(held.held.has_value());
  CHECK(held.runs.empty());
  CHECK(sentence(*held.held).find("ahead of the database's: nothing starts until they agree to 30 s") !=
        std::string::npos);
  CHECK(holds() == "null");
  clock().step(-minutes{5});
  CHECK(cause(*ledger) == "ran 1");
}

TEST_CASE_METHOD(Clocks,
                 "clocks behind the newest time in the ledger hold the start, and no restart after the accept") {
  auto running = loaded("berlin");
  sql("update nowd.ledger_mark set newest_at = clock_timestamp() + interval '1 hour'");
  auto started = loaded("berlin");
  CHECK(holds() == "clock behind all, clock behind berlin");
  CHECK(cause(*started) == "clock");
  CHECK(one("select nowd.accept_clock()") == "2");
  auto again = loaded("berlin");
  CHECK(holds() == "null");
  CHECK(cause(*again) == "ran 0");
}

TEST_CASE_METHOD(Clocks, "the mark grows with beats after claims, and stands while nothing happens") {
  auto ledger = loaded("berlin");
  REQUIRE(await(ledger->sweep()).has_value());
  REQUIRE(await(ledger->sweep()).has_value());
  CHECK(kept.size() == 1);
  due("a");
  CHECK(cause(*ledger) == "ran 1");
  REQUIRE(await(ledger->sweep()).has_value());
  REQUIRE(await(ledger->sweep()).has_value());
  REQUIRE(kept.size() == 2);
  CHECK(kept[1].mark == kept[0].mark + 1);
  CHECK(kept[1].ledger == one("select ledger from nowd.ledger"));
  clock().advance(minutes{1});
  REQUIRE(await(ledger->sweep()).has_value());
  CHECK(kept.size() == 3);
}

TEST_CASE_METHOD(Clocks, "a ledger behind what the state directory knows is held until it is accepted, once") {
  const LedgerMark known{one("select ledger from nowd.ledger"), 100};
  auto ledger = loaded("berlin", known);
  due("a");
  CHECK(cause(*ledger) == "ledger");
  CHECK(holds() == "ledger restored all");
  REQUIRE(await(ledger->sweep()).has_value());
  CHECK(kept.empty());  // what is known stays known
  CHECK(one("select nowd.accept_ledger('the disk died')") == "1");
  CHECK(cause(*ledger) == "ran 1");
  auto again = loaded("berlin", known);
  CHECK(holds() == "null");
  REQUIRE(await(ledger->sweep()).has_value());
  CHECK(kept.at(0).mark == 101);
}

TEST_CASE_METHOD(Clocks, "another ledger than the one that is known is held, and once accepted is the known one") {
  const LedgerMark other{"6ba7b810-9dad-11d1-80b4-00c04fd430c8", 0};
  auto ledger = loaded("berlin", other);
  CHECK(cause(*ledger) == "ledger");
  CHECK(holds() == "ledger another_ledger all");
  sql("select nowd.accept_ledger()");
  CHECK(cause(*ledger) == "ran 0");
  REQUIRE(await(ledger->sweep()).has_value());
  CHECK(kept.at(0).ledger == one("select ledger from nowd.ledger"));
  auto late = loaded("rome", other);  // it has not marked yet: what was accepted holds for it too
  CHECK(cause(*late) == "ran 0");
}

TEST_CASE_METHOD(Clocks, "a ledger that is put back under a running daemon is held from the next connection on") {
  auto ledger = loaded("berlin");
  REQUIRE(await(ledger->sweep()).has_value());
  sql("update nowd.ledger_mark set mark = 0");
  due("a");
  sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'nowd'"
      " and datname = current_database()");
  CHECK(cause(*ledger) == "ledger");
}

TEST_CASE_METHOD(Clocks, "what holds dispatch can be accepted by a person and by no daemon") {
  auto ledger = loaded("berlin");
  step(*ledger, hours{25});
  pg::Connection connection(conninfo(), "test");
  for (const char* attempt :
       {"update nowd.hold set accepted_at = now(), accepted_by = 'nowd'", "select nowd.accept_clock()",
        "delete from nowd.hold", "update nowd.clock_event set at = now()"}) {
    pg::Transaction transaction(connection);
    CHECK_THROWS_AS(transaction.run({attempt, attempt}), pg::SqlError);
  }
  CHECK_THROWS_AS(sql("select nowd.accept_ledger()"), pg::SqlError);  // that is not held
}

TEST_CASE_METHOD(Clocks, "new rules of a zone move what is still to come, and leave what was served alone") {
  auto ledger = on("berlin");
  const Instant soon = parse_rfc3339(one("select to_char(clock_timestamp() + interval '40 seconds',"
                                         " 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"))
                           .value();
  Schedule schedule;
  schedule.zone = *Zone::find("Asia/Tokyo");  // without daylight saving, as is Asia/Bangkok, two hours behind
  const std::string local = iso(schedule.zone.local(soon));
  schedule.kind = *Cron::parse(local.substr(17, 2) + " " + local.substr(14, 2) + " " + local.substr(11, 2) + " * * *");
  Job job = job_named("z", schedule);
  REQUIRE(await(ledger->load_jobs(jobs_of({job}))).has_value());
  CHECK(one("select state from nowd.occurrence") == "planned");
  job.schedule.zone = *Zone::find("Asia/Bangkok");
  const auto cursors = await(ledger->rezone(jobs_of({job}), {"z"}));
  REQUIRE(cursors.has_value());
  CHECK(cursors->at(0).next_at == soon + hours{2});
  CHECK(one("select string_agg(state || ' ' || reason, ', ') from nowd.occurrence") == "withdrawn rescheduled");
  CHECK(one("select next_at = scheduled_at + interval '2 hours' and next_local = slot"
            " from nowd.job_cursor join nowd.occurrence using (job)") == "t");
}
