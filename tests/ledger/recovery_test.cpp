#include "ledger/ledger_fixture.hpp"
#include "ledger/pg_proxy.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

Facts call(Effect effect, const Reading& now) {
  Facts facts;
  CallFact fact;
  fact.seq = 1;
  fact.inference_seq = 1;
  fact.tool = "t";
  fact.effect = effect;
  fact.idempotency_key = "key";
  fact.intent = now;
  facts.calls.push_back(fact);
  return facts;
}

struct Killed : LedgerFixture {
  JobsSnapshot jobs = jobs_of({job_named("a")});
  /// A daemon that takes the due run, does what `facts` say, and is never heard of again.
  Uuid die_with(Facts facts, std::optional<Uuid> predecessor = {}) {
    auto ledger = daemon(std::move(predecessor));
    (void)await(ledger->load_jobs(jobs));
    const ClaimedRun run = claim(*ledger, jobs).runs.at(0);
    if (!facts.empty()) (void)await(ledger->write_facts(run.claim, std::move(facts)));
    const Uuid node = ledger->node();
    abandoned_.push_back(std::move(ledger));
    return node;
  }
  std::string last_run() {
    return one("select state || ' ' || coalesce(reason, '') from nowd.run order by run desc limit 1");
  }
  std::string occurrence() { return one("select state || ' ' || attempts from nowd.occurrence"); }

  void scene() {
    auto setup = daemon();
    (void)await(setup->load_jobs(jobs));
    due("a");
    setup->stop();
  }

 private:
  std::vector<std::unique_ptr<PgLedger>> abandoned_;
};

}  // namespace

TEST_CASE_METHOD(Killed, "a successor ends the runs of a killed daemon at once, and serves again what had no effect") {
  scene();
  const Uuid dead = die_with({});
  auto next = daemon(dead);
  CHECK(last_run() == "orphaned node_died");
  const std::vector<ClaimedRun> again = claim(*next, jobs).runs;
  REQUIRE(again.size() == 1);
  CHECK(again[0].attempt == 2);
  CHECK(again[0].claim.fence > 1);
}

TEST_CASE_METHOD(Killed, "what a killed daemon's run has used stands in the run, as its calls say") {
  scene();
  const Uuid dead = die_with(call(Effect::read, clock().read()));
  sql("insert into nowd.inference (run, seq, purpose, provider, model, state, sent_at, stop, stop_action, input_tokens,"
      " output_tokens, cost_usd, opaque) values (1, 2, 'plan', 'p', 'm', 'answered', now(), 'tool_call', 'run_tools',"
      " 100, 20, 0.5, false)");
  auto next = daemon(dead);
  CHECK(one("select model_calls || ' ' || tool_calls || ' ' || input_tokens || ' ' || output_tokens || ' ' || cost_usd"
            " from nowd.run") == "1 1 100 20 0.50000000");
}

TEST_CASE_METHOD(Killed, "a read under way does not stop a run from being served again") {
  scene();
  const Uuid dead = die_with(call(Effect::read, clock().read()));
  auto next = daemon(dead);
  CHECK(last_run() == "orphaned node_died");
  CHECK(one("select state from nowd.tool_call") == "unknown");
}

TEST_CASE_METHOD(
    Killed, "a crash between intent and outcome leaves the effect unknown and the run interrupted, never repeated") {
  scene();
  const Uuid dead = die_with(call(Effect::irreversible, clock().read()));
  auto next = daemon(dead);
  CHECK(last_run() == "interrupted effect_in_doubt");
  CHECK(one("select state from nowd.tool_call") == "unknown");
  CHECK(one("select count(*) from nowd.effects_in_doubt") == "1");
  CHECK(occurrence() == "done 1");
  CHECK(claim(*next, jobs).runs.empty());
}

TEST_CASE_METHOD(Killed, "a run whose effect was confirmed is not repeated either") {
  scene();
  Facts facts = call(Effect::reversible, clock().read());
  OutcomeFact outcome;
  outcome.seq = 1;
  outcome.state = CallState::confirmed;
  facts.outcomes.push_back(outcome);
  const Uuid dead = die_with(facts);
  auto next = daemon(dead);
  CHECK(last_run() == "interrupted effects_not_repeated");
  CHECK(claim(*next, jobs).runs.empty());
}

TEST_CASE_METHOD(Killed,
                 "a command under way may have done anything: its run is interrupted, and it is not run again") {
  scene();
  Facts facts;
  facts.sending.push_back({1, "command", "claude", true});
  const Uuid dead = die_with(facts);
  auto next = daemon(dead);
  CHECK(last_run() == "interrupted command_in_doubt");
  CHECK(one("select detail from nowd.run").find("nowd cannot see its effects") != std::string::npos);
  CHECK(one("select state || ' ' || opaque from nowd.inference") == "lost true");
  CHECK(occurrence() == "done 1");
  CHECK(claim(*next, jobs).runs.empty());
}

TEST_CASE_METHOD(Killed,
                 "a command that says it changes nothing is run again after a crash, as a model is asked again") {
  scene();
  Facts facts;
  facts.sending.push_back({1, "command", "claude", false});
  const Uuid dead = die_with(facts);
  auto next = daemon(dead);
  CHECK(last_run() == "orphaned node_died");
  CHECK(claim(*next, jobs).runs.size() == 1);
}

TEST_CASE_METHOD(Killed, "the third orphan of an occurrence fails as a crash loop") {
  scene();
  Uuid dead = die_with({});
  dead = die_with({}, dead);
  dead = die_with({}, dead);
  auto next = daemon(dead);
  CHECK(last_run() == "failed crash_loop");
  CHECK(occurrence() == "done 3");
}

TEST_CASE_METHOD(
    Killed,
    "a daemon without a sign of life for 15 s on the observer's clock is declared dead, and can write no more") {
  scene();
  auto silent = daemon();
  const ClaimedRun run = claim(*silent, jobs).runs.at(0);
  auto observer = daemon();
  for (int passed = 0; passed < 15; passed += 3) {
    CHECK(await(observer->sweep())->ended_runs == 0);
    clock().advance(seconds{3});
  }
  CHECK(await(observer->sweep())->ended_runs == 1);
  CHECK(last_run() == "orphaned node_died");
  CHECK(await(silent->write_facts(run.claim, end(RunState::failed)))
            ->fenced);  // it registered anew, and its run is not its own
  CHECK(last_run() == "orphaned node_died");
}

TEST_CASE_METHOD(Killed, "the time to live counts only over sweeps that follow each other, and a gap starts it again") {
  scene();
  auto other = daemon();
  (void)claim(*other, jobs);
  auto observer = daemon();
  const auto sweep_for = [&](int passing) {
    int ended = 0;
    for (int passed = 0; passed <= passing; passed += 2) {
      ended += await(observer->sweep())->ended_runs;
      clock().advance(seconds{2});
    }
    return ended;
  };
  CHECK(sweep_for(12) == 0);
  clock().advance(seconds{8});  // asleep, or the database was away: on the boot clock, whatever the wall says
  clock().step(-hours{1});
  CHECK(sweep_for(12) == 0);
  CHECK(last_run() == "running ");
  CHECK(sweep_for(4) == 1);
  CHECK(last_run() == "orphaned node_died");
}

TEST_CASE_METHOD(Killed, "steps of the wall clock make nobody look dead, and nobody alive") {
  scene();
  auto other = daemon();
  (void)claim(*other, jobs);
  auto observer = daemon();
  for (int look = 0; look < 4; ++look) {
    CHECK(await(observer->sweep())->ended_runs == 0);
    clock().step(look % 2 == 0 ? hours{24} : -hours{24});
    clock().advance(seconds{2});
  }
}

TEST_CASE_METHOD(Killed, "how long ago the last beat was confirmed is told by the boot clock, and counts a suspend") {
  scene();
  auto ledger = daemon();
  const ClaimedRun run = claim(*ledger, jobs).runs.at(0);
  CHECK(clock().tick() - ledger->confirmed() == seconds{0});
  clock().advance(seconds{20});
  clock().step(-hours{1});
  CHECK(clock().tick() - ledger->confirmed() == seconds{20});  // too old for an effect: the ledger is asked
  CHECK(!await(ledger->write_facts(run.claim, {}))->fenced);
  CHECK(clock().tick() - ledger->confirmed() == seconds{0});
}

TEST_CASE_METHOD(Killed, "a daemon that lost its run is told so when it asks, and claims nothing in its old name") {
  scene();
  auto silent = daemon();
  const ClaimedRun run = claim(*silent, jobs).runs.at(0);
  const Uuid before = silent->node();
  auto observer = daemon();
  for (int passed = 0; passed < 18; passed += 3) {
    (void)await(observer->sweep());
    clock().advance(seconds{3});
  }
  REQUIRE(last_run() == "orphaned node_died");
  CHECK(await(silent->write_facts(run.claim, {}))->fenced);
  CHECK(claim(*silent, jobs).runs.size() == 1);  // served again, by whoever comes first
  CHECK(one("select count(*) from nowd.run where node = '" + before + "'") == "1");
  CHECK(one("select n.state from nowd.run r join nowd.node n using (node) order by r.run desc limit 1") == "alive");
}

TEST_CASE_METHOD(Killed, "a gap in the observer's own sweeping says nothing about the others") {
  scene();
  auto other = daemon();
  (void)claim(*other, jobs);
  auto observer = daemon();
  CHECK(await(observer->sweep())->ended_runs == 0);
  clock().advance(minutes{10});  // the database was away, or this host slept
  CHECK(await(observer->sweep())->ended_runs == 0);
  CHECK(last_run() == "running ");
}

TEST_CASE_METHOD(Killed, "a daemon that stops in good order gives its runs back") {
  scene();
  auto leaving = daemon();
  (void)claim(*leaving, jobs);
  leaving->stop();
  CHECK(last_run() == "orphaned node_died");
  CHECK(occurrence() == "planned 1");
}

TEST_CASE_METHOD(Killed,
                 "a connection lost inside COMMIT is looked up: what happened is not done again, what did not is") {
  PgProxy proxy(conninfo());
  auto ledger = daemon({}, proxy.conninfo());
  REQUIRE(await(ledger->load_jobs(jobs)).has_value());
  for (const auto fault : {PgProxy::Fault::after_commit, PgProxy::Fault::before_commit}) {
    proxy.inject(fault);
    due("a");
    const Ledger::Claimed claimed = claim(*ledger, jobs);
    CHECK(proxy.injected());
    REQUIRE(claimed.runs.size() == 1);
    proxy.inject(fault);
    CHECK(!await(ledger->write_facts(claimed.runs[0].claim, end(RunState::failed)))->fenced);
    CHECK(proxy.injected());
  }
  CHECK(one("select count(*) from nowd.run") == "2");
  CHECK(one("select count(*) from nowd.run where state = 'failed'") == "2");
}

TEST_CASE_METHOD(Killed, "a claim that the database lost in a crash is made again, and the runs that it kept go on") {
  scene();
  auto ledger = daemon();
  const Uuid node = ledger->node();
  const JobsSnapshot both = jobs_of({job_named("a"), job_named("b")});
  REQUIRE(await(ledger->load_jobs(both)).has_value());
  const ClaimedRun kept = claim(*ledger, both).runs.at(0);
  due("b");
  const ClaimedRun lost = claim(*ledger, both).runs.at(0);
  // What a crash does to the last commit, if that did not wait for the disk.
  sql("delete from nowd.run where job = 'b'");
  sql("update nowd.occurrence set state = 'planned', attempts = 0, fence = 0 where job = 'b'");
  sql("update nowd.node_beat set beat = beat - 1 where node = '" + node + "'");

  CHECK(await(ledger->write_facts(lost.claim, end(RunState::failed)))->fenced);
  CHECK(!await(ledger->write_facts(kept.claim, end(RunState::failed)))->fenced);
  CHECK(claim(*ledger, both).runs.at(0).job == "b");
  CHECK(one("select count(*) from nowd.node where state = 'alive' and node = '" + node + "'") == "1");
}

TEST_CASE_METHOD(Killed,
                 "a session that the server ended because it stood still in a transaction is a lost connection") {
  pg::Connection still(conninfo(), "standing-still");
  pg::Transaction transaction(still);
  transaction.run_script("set local idle_in_transaction_session_timeout = '20ms'");
  while (one("select count(*) from pg_stat_activity where application_name = 'standing-still'") != "0") {
  }
  CHECK_THROWS_AS(transaction.run({"one", "select 1"}), pg::ConnectionLost);
}
