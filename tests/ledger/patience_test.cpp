// Postgres refuses for a while: nothing is lost, and nobody's run is to blame.
#include "ledger/ledger_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

struct Refusing : LedgerFixture {
  JobsSnapshot jobs = jobs_of({job_named("a")});
  std::unique_ptr<PgLedger> ledger = daemon();
  ClaimedRun run;

  Refusing() {
    (void)await(ledger->load_jobs(jobs));
    due("a");
    run = claim(*ledger, jobs).runs.at(0);
    sql("create sequence nowd.times_refused");
    sql("grant usage on sequence nowd.times_refused to public");
  }
  /// The first `times` updates of a run end with this state. A sequence counts on, whatever is rolled back.
  void refuse(int times, const std::string& state) {
    sql("create function nowd.refuses() returns trigger language plpgsql as $$ begin"
        " if nextval('nowd.times_refused') <= " +
        std::to_string(times) + " then raise exception 'for now' using errcode = '" + state +
        "'; end if; return new; end $$");
    sql("create trigger refuses before update on nowd.run for each row execute function nowd.refuses()");
  }
  std::string state() { return one("select state from nowd.run"); }
};

}  // namespace

TEST_CASE_METHOD(Refusing, "a full disk, a lack of memory, a broken device and a cancelled statement are waited for") {
  const std::string state = GENERATE(as<std::string>(), "53100", "53200", "58030", "57014");
  refuse(6, state);
  CHECK(await(ledger->write_facts(run.claim, end(RunState::failed))).has_value());
  CHECK(this->state() == "failed");
  CHECK(one("select last_value from nowd.times_refused") == "7");
  CHECK(ledger->reachable());
}

TEST_CASE_METHOD(Refusing, "a right that comes back, and a fault that nobody knows, are waited for") {
  const std::string state = GENERATE(as<std::string>(), "42501", "XX000");
  refuse(4, state);
  CHECK(await(ledger->write_facts(run.claim, end(RunState::failed))).has_value());
  CHECK(this->state() == "failed");
}

TEST_CASE_METHOD(Refusing, "a right that does not come back is a refusal in the end, and the next write goes through") {
  refuse(16, "42501");
  const Result<Written> written = await(ledger->write_facts(run.claim, end(RunState::failed)));
  REQUIRE(written.has_error());
  CHECK(written.error().kind == ErrorKind::invalid);
  CHECK(await(ledger->write_facts(run.claim, end(RunState::failed))).has_value());
  CHECK(state() == "failed");
}

TEST_CASE_METHOD(Refusing, "a rule that is broken is a refusal at once") {
  refuse(1, "23514");
  CHECK(await(ledger->write_facts(run.claim, end(RunState::failed))).has_error());
  CHECK(one("select last_value from nowd.times_refused") == "1");
}

TEST_CASE_METHOD(Refusing, "a stop while the disk is full ends what waits for it") {
  refuse(1'000'000, "53100");
  std::optional<Result<Written>> written;
  boost::asio::co_spawn(io(), ledger->write_facts(run.claim, end(RunState::failed)),
                        [&](std::exception_ptr, Result<Written> result) { written.emplace(std::move(result)); });
  io().restart();
  while (std::stoll(one("select last_value from nowd.times_refused")) < 2) io().poll();
  ledger->give_up();
  io().restart();
  while (!written) io().run_one();
  REQUIRE(written->has_error());
  CHECK(written->error().kind == ErrorKind::unavailable);
}
