#include "ledger/ledger_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

struct OneRun : LedgerFixture {
  JobsSnapshot jobs = jobs_of({job_named("a")});
  std::unique_ptr<PgLedger> ledger = daemon();
  ClaimedRun run;

  OneRun() {
    (void)await(ledger->load_jobs(jobs));
    due("a");
    run = claim(*ledger, jobs).runs.at(0);
  }
  std::string state() { return one("select state from nowd.run order by run desc limit 1"); }
};

Facts dispatched(const Reading& host) {
  Facts facts;
  facts.dispatch = DispatchFact{host};
  facts.sending.push_back({1, "p", "m"});
  return facts;
}

Facts intent(const std::string& key, const Reading& now, Effect effect = Effect::irreversible) {
  Facts facts;
  CallFact call;
  call.seq = 1;
  call.inference_seq = 1;
  call.tool = "post";
  call.effect = effect;
  call.idempotency_key = key;
  call.intent = now;
  facts.calls.push_back(call);
  return facts;
}

}  // namespace

TEST_CASE_METHOD(OneRun, "the facts of a run are written together, and its end closes the occurrence") {
  const Reading host = clock().read();
  REQUIRE(!await(ledger->write_facts(run.claim, dispatched(host)))->fenced);
  CHECK(one("select dispatched_at is not null from nowd.run") == "t");
  Facts facts = end(RunState::succeeded, Stop::complete);
  facts.sending.clear();  // its call is on disk already
  facts.answers.clear();
  AnswerFact answer;
  answer.seq = 1;
  answer.reply.stop = Stop::complete;
  answer.reply.stop_raw = "stop";
  answer.injected_now = host.wall;
  answer.times.sent = answer.times.headers = answer.times.ended = host;
  answer.times.remote_date = host.wall - minutes{3};
  facts.answers.push_back(answer);
  facts.bodies.push_back({BodyPart::output, 0, std::string("a\0b\xff", 4)});
  REQUIRE(!await(ledger->write_facts(run.claim, facts))->fenced);
  CHECK(one("select string_agg(clock || '/' || point, ' ' order by seq) from nowd.clock_reading") ==
        "scheduled/scheduled dispatch/database dispatch/start inference/injected:1 inference/sent:1 "
        "inference/headers:1 inference/end:1 inference/provider_date:1 dispatch/end");
  CHECK(
      one("select bool_and(boot_id = 'virtual' and source <> '') from nowd.clock_reading where boot_ns is not null") ==
      "t");
  CHECK(state() == "succeeded");
  CHECK(one("select state from nowd.occurrence") == "done");
  CHECK(one("select content from nowd.body") ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD");
  // The provider's clock is 3 minutes behind ours: at least -180 s, at most -178 s if its Date is not cached.
  CHECK(one("select offset_low || ' ' || offset_high from nowd.inference") == "PT-3M PT-2M-58S");
  CHECK(one("select inferred_at = dispatched_at from nowd.run_clocks") == "t");
}

TEST_CASE_METHOD(OneRun, "a write with another fence, another claim id, or after the end writes nothing") {
  Claim other = run.claim;
  other.fence += 1;
  CHECK(await(ledger->write_facts(other, end(RunState::failed)))->fenced);
  other = run.claim;
  other.claim_id = random_uuid();
  CHECK(await(ledger->write_facts(other, end(RunState::failed)))->fenced);
  CHECK(state() == "running");
  CHECK(!await(ledger->write_facts(run.claim, end(RunState::failed)))->fenced);
  CHECK(await(ledger->write_facts(run.claim, dispatched(clock().read())))->fenced);
  CHECK(one("select count(*) from nowd.inference") == "0");
}

TEST_CASE_METHOD(OneRun, "the database lets no run succeed without a complete stop") {
  for (const std::optional<Stop> stop :
       {std::optional<Stop>(), std::optional(Stop::stream_cut), std::optional(Stop::unknown)}) {
    const Result<Written> written = await(ledger->write_facts(run.claim, end(RunState::succeeded, stop)));
    REQUIRE(written.has_error());
    CHECK(written.error().message.find("run_succeeds_only_when_complete") != std::string::npos);
  }
  CHECK(state() == "running");
}

TEST_CASE("a write that the schema refuses fails alone; those in its batch are written") {
  LedgerFixture f;
  std::vector<Job> jobs;
  for (int i = 0; i < 20; ++i) jobs.push_back(job_named("job-" + std::to_string(i)));
  const JobsSnapshot snapshot = jobs_of(jobs);
  auto ledger = f.daemon();
  REQUIRE(f.await(ledger->load_jobs(snapshot)).has_value());
  for (const Job& job : jobs) f.due(job.name);
  const std::vector<ClaimedRun> runs = f.claim(*ledger, snapshot).runs;
  REQUIRE(runs.size() == 20);

  boost::asio::io_context io;
  int good = 0, bad = 0;
  auto all = [&]() -> boost::asio::awaitable<bool> {
    for (const ClaimedRun& run : runs) {
      const bool broken = &run == &runs[7];
      auto one = [&ledger, &good, &bad, &f, run, broken]() -> boost::asio::awaitable<void> {
        const Result<Written> written =
            co_await ledger->write_facts(run.claim, f.end(broken ? RunState::succeeded : RunState::failed));
        ++(written ? good : bad);
      };
      boost::asio::co_spawn(co_await boost::asio::this_coro::executor, one, [](std::exception_ptr) {});
    }
    co_return true;
  };
  f.await(all());
  while (good + bad < 20) f.await(ledger->sweep());
  CHECK(good == 19);
  CHECK(bad == 1);
  CHECK(f.one("select count(*) from nowd.run where state = 'failed'") == "19");
}

TEST_CASE_METHOD(OneRun, "an effect's key exists once: a second effect under it is refused by the database") {
  REQUIRE(!await(ledger->write_facts(run.claim, dispatched(clock().read())))->fenced);
  REQUIRE(!await(ledger->write_facts(run.claim, intent("k", clock().read())))->fenced);
  Facts again = intent("k", clock().read());
  again.calls[0].seq = 2;
  const Result<Written> written = await(ledger->write_facts(run.claim, again));
  REQUIRE(written.has_error());
  CHECK(written.error().message.find("tool_call_effect_once") != std::string::npos);
}

TEST_CASE_METHOD(
    OneRun, "clock columns and identities cannot be changed, not even by the owner, and the daemon deletes nothing") {
  REQUIRE(!await(ledger->write_facts(run.claim, dispatched(clock().read())))->fenced);
  for (const char* change :
       {"update nowd.run set dispatched_at = dispatched_at + interval '1 second'",
        "update nowd.run set scheduled_at = scheduled_at + interval '1 second'",
        "update nowd.run set claimed_at = clock_timestamp()", "update nowd.occurrence set job = 'b'",
        "set role nowd_daemon; delete from nowd.run",
        "set role nowd_daemon; update nowd.clock_reading set at = clock_timestamp()",
        "set role nowd_daemon; drop table nowd.run", "set role nowd_reader; select * from nowd.body"}) {
    INFO(change);
    pg::Connection connection(postgres().conninfo("postgres", one("select current_database()")), "test");
    pg::Transaction transaction(connection);
    CHECK_THROWS_AS(transaction.run_script(change), pg::SqlError);
  }
}

TEST_CASE("every table and column of the schema has a comment, and every check a name") {
  LedgerFixture f;
  CHECK(f.one("select coalesce(string_agg(c.relname || '.' || a.attname, ', '), 'none') from pg_class c join "
              "pg_attribute a on a.attrelid = c.oid"
              " where c.relnamespace = 'nowd'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition"
              " and a.attnum > 0 and not a.attisdropped and col_description(c.oid, a.attnum) is null") == "none");
  CHECK(
      f.one("select coalesce(string_agg(relname, ', '), 'none') from pg_class where relnamespace = 'nowd'::regnamespace"
            " and relkind in ('r', 'p', 'v') and not relispartition and obj_description(oid, 'pg_class') is null") ==
      "none");
  CHECK(f.one("select coalesce(string_agg(conname, ', '), 'none') from pg_constraint where connamespace = "
              "'nowd'::regnamespace"
              " and contype = 'c' and conname ~ '_check[0-9]*$'") == "none");
}
