// The outbox and the alerts, in a real Postgres.
#include "ledger/ledger_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

struct Sent : LedgerFixture {
  JobsSnapshot jobs = jobs_of({job_named("a"), job_named("b")});
  std::unique_ptr<PgLedger> ledger = daemon();

  Sent() { (void)await(ledger->load_jobs(jobs)); }

  /// A run of the job that has ended as `facts` say.
  RunId run_with(Facts facts, const std::string& job = "a") {
    due(job);
    const ClaimedRun run = claim(*ledger, jobs).runs.at(0);
    (void)await(ledger->write_facts(run.claim, std::move(facts)));
    return run.claim.run;
  }

  Facts success(const std::string& sink = "slack", seconds valid = hours{1}) {
    Facts facts = end(RunState::succeeded, Stop::complete);
    facts.bodies.push_back({BodyPart::output, 0, "the text"});
    const Instant now = clock().now();
    facts.end->deliveries.push_back(
        {sink, Purpose::output, "key of " + sink + std::to_string(++made_), "subject", {}, now, now + valid});
    facts.end->provider = "primary";
    facts.end->closes_alerts_of = "a";
    return facts;
  }

  Facts failure(const std::string& job = "a", AlertKind kind = AlertKind::run) {
    Facts facts = end(RunState::failed);
    facts.end->trouble =
        Trouble{kind, kind == AlertKind::run ? job : "primary", "limit", "too slow", job, {}, clock().now()};
    return facts;
  }

  Outbox::Taken take(std::set<std::string> once = {}, std::set<std::string> busy = {}) {
    const auto sinks_of = [this](const AlertNews& news) {
      told.push_back(news);
      return std::vector<std::string>{"ops"};
    };
    return *await(ledger->take_deliveries({100, std::move(busy), std::move(once), sinks_of}));
  }

  SendOutcome outcome(SendOutcome::What what, std::string detail = "said so") {
    SendOutcome made;
    made.what = what;
    made.detail = std::move(detail);
    made.started = made.ended = clock().read();
    return made;
  }
  void settle(const QueuedDelivery& message, DeliveryState state, std::optional<Instant> next = {}) {
    const auto what = state == DeliveryState::delivered ? SendOutcome::What::delivered : SendOutcome::What::again;
    CHECK(await(ledger->settle_delivery(message, outcome(what), {state, next})).has_value());
  }
  std::string states() { return one("select string_agg(state, ' ' order by delivery) from nowd.delivery"); }

  std::vector<AlertNews> told;

 private:
  int made_ = 0;
};

}  // namespace

TEST_CASE_METHOD(Sent, "a message is there once its run has succeeded, with the run's output and times") {
  const RunId run = run_with(success());
  const auto messages = take().messages;
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].sink == "slack");
  CHECK(messages[0].delivery.text == "the text");
  CHECK(messages[0].delivery.attempt == 1);
  REQUIRE(messages[0].delivery.run);
  CHECK(messages[0].delivery.run->run == run);
  CHECK(take().messages.empty());  // it is being sent
  settle(messages[0], DeliveryState::delivered);
  CHECK(states() == "delivered");
  CHECK(one("select outcome || ' ' || (started_at is not null) from nowd.delivery_attempt") == "delivered true");
}

TEST_CASE_METHOD(Sent, "the database refuses an output whose run has not succeeded") {
  due("a");
  const ClaimedRun run = claim(*ledger, jobs).runs.at(0);
  CHECK_THROWS(
      sql("insert into nowd.delivery (run, job, purpose, sink, key, subject, next_at, created_at, expires_at)"
          " values ($1::bigint, 'a', 'output', 's', 'k', 's', now(), now(), now())",
          {std::to_string(run.claim.run.value)}));
}

TEST_CASE_METHOD(Sent, "a key exists once: a run that ends twice sends once") {
  Facts first = success();
  Facts again = success();
  again.end->deliveries[0].key = first.end->deliveries[0].key;
  run_with(std::move(first));
  run_with(std::move(again));
  CHECK(one("select count(*) from nowd.delivery") == "1");
}

TEST_CASE_METHOD(Sent, "what was not taken waits for its next attempt") {
  run_with(success());
  settle(take().messages.at(0), DeliveryState::pending, clock().now() + hours{1});
  const auto later = take();
  CHECK(later.messages.empty());
  REQUIRE(later.next_at);
  sql("update nowd.delivery set next_at = clock_timestamp()");
  CHECK(take().messages.at(0).delivery.attempt == 2);
}

TEST_CASE_METHOD(Sent, "that no further attempt is made since its validity passed is a decision like any other") {
  run_with(success());
  settle(take().messages.at(0), DeliveryState::expired, {});
  CHECK(one("select string_agg(verdict || ' ' || attempt, ', ' order by decided_at, attempt) from nowd.gate_decision"
            " where subject = 'delivery'") == "allow 1, deny 2");
}

TEST_CASE_METHOD(Sent, "a busy sink holds nobody else up") {
  run_with(success("slow"));
  run_with(success("quick"));
  const auto messages = take({}, {"slow"}).messages;
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].sink == "quick");
}

TEST_CASE_METHOD(Sent, "what is past its validity expires unsent, and somebody is told once") {
  run_with(success("slack", seconds{-1}));
  run_with(success("slack", seconds{-1}));
  CHECK(take().messages.empty());
  CHECK(states().find("expired expired") == 0);
  const auto messages = take().messages;  // the alert about both
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].sink == "ops");
  CHECK(messages[0].delivery.purpose == Purpose::alert);
  REQUIRE(told.size() == 1);
  CHECK(told[0].kind == AlertKind::delivery);
  CHECK(told[0].count == 2);
  CHECK(messages[0].delivery.text.find("'subject' was not delivered in time") != std::string::npos);
}

TEST_CASE_METHOD(Sent, "a message of a daemon that died is sent again where the sink can tell, else it is unknown") {
  run_with(success("slack"));
  run_with(success("mail"));
  CHECK(take({"mail"}).messages.size() == 2);
  const Uuid dead = ledger->node();
  auto next = daemon(dead);
  CHECK(states() == "pending unknown");
  CHECK(one("select count(*) from nowd.alert where kind = 'delivery' and name = 'mail' and reason = 'unknown'") == "1");
  CHECK(one("select count(*) from nowd.delivery_attempt where outcome = 'lost'") == "2");
  ledger = std::move(next);
  const auto messages = take({"mail"}).messages;
  REQUIRE(messages.size() == 2);  // slack's again, and the alert
  CHECK(messages[0].sink == "slack");
  CHECK(messages[0].delivery.attempt == 2);
}

TEST_CASE_METHOD(Sent, "who lost a message to another cannot settle it") {
  run_with(success());
  const QueuedDelivery message = take().messages.at(0);
  auto next = daemon(ledger->node());
  const auto late =
      await(ledger->settle_delivery(message, outcome(SendOutcome::What::failed), {DeliveryState::failed, {}}));
  (void)late;
  CHECK(states() == "pending");
}

TEST_CASE_METHOD(Sent, "one cause is told once, however often it comes, and again when it is over") {
  run_with(failure());
  run_with(failure());
  run_with(failure());
  CHECK(take().messages.size() == 1);
  CHECK(told.at(0).count == 3);
  run_with(failure());
  CHECK(take().messages.empty());  // within the cooldown
  CHECK(one("select notify_at - told_at = interval '4 hours' from nowd.alert") == "t");
  run_with(success());
  const auto messages = take().messages;
  REQUIRE(messages.size() == 2);  // the output, and word of the recovery
  CHECK(told.back().recovered);
  CHECK(told.back().count == 4);
  CHECK(messages[1].delivery.purpose == Purpose::recovery);
  CHECK(one("select state from nowd.alert") == "recovered");
}

TEST_CASE_METHOD(Sent, "who was never told that it is broken does not hear that it works") {
  run_with(failure());
  run_with(success());
  CHECK(take().messages.size() == 1);  // the output alone
  CHECK(told.empty());
}

TEST_CASE_METHOD(Sent, "a job that breaks again after word that it works is told of at once") {
  run_with(failure());
  take();
  run_with(success());
  take();
  REQUIRE(told.back().recovered);
  run_with(failure());
  take();
  CHECK(told.size() == 3);
  CHECK_FALSE(told.back().recovered);  // the last word is true
}

TEST_CASE_METHOD(Sent, "word of a recovery soon after another is held back, and dropped if the cause comes back") {
  for (int round = 0; round < 2; ++round) {
    run_with(failure());
    take();
    run_with(success());
    take();
  }
  CHECK(told.size() == 3);  // failed, works again, failed
  CHECK(one("select state || ' ' || (notify_at > clock_timestamp() + interval '3 hours') from nowd.alert"
            " order by alert desc limit 1") == "recovered true");
  run_with(failure());
  run_with(failure());
  take();
  CHECK(told.size() == 3);  // who heard of it last heard that it failed
  CHECK(one("select count(*) from nowd.alert") == "2");
  CHECK(
      one("select state || ' ' || count || ' ' || (notify_at - told_at) from nowd.alert order by alert desc limit 1") ==
      "open 3 PT4H");
  run_with(success());
  sql("update nowd.alert set notify_at = clock_timestamp() where notify_at is not null");
  take();
  CHECK(told.size() == 4);
  CHECK(told.back().recovered);
}

TEST_CASE_METHOD(Sent, "a cause that comes back before word of its recovery went out was never over") {
  run_with(failure());
  take();
  run_with(success());
  run_with(failure());
  take();
  CHECK(told.size() == 1);
  CHECK(one("select state || ' ' || count from nowd.alert") == "open 2");
}

TEST_CASE_METHOD(Sent, "an outage that hits many jobs is one alert, told after a moment of gathering") {
  run_with(failure("a", AlertKind::provider), "a");
  run_with(failure("b", AlertKind::provider), "b");
  CHECK(take().messages.empty());  // others may come
  CHECK(one("select count || ' ' || array_to_string(jobs, ',') from nowd.alert") == "2 a,b");
  sql("update nowd.alert set notify_at = clock_timestamp()");
  CHECK(take().messages.size() == 1);
}

TEST_CASE_METHOD(Sent, "a success starts what follows for the same moment and window, once") {
  Facts facts = end(RunState::succeeded, Stop::complete);
  facts.end->followers = {"b"};
  const RunId run = run_with(std::move(facts));
  CHECK(one("select q.job || ' ' || (q.scheduled_at = r.as_of) || ' ' || (q.window_start = r.window_start)"
            " from nowd.request q join nowd.run r on r.run = q.after_run") == "b true true");
  const auto runs = claim(*ledger, jobs).runs;
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].kind == RunKind::after);
  CHECK(runs[0].after_run == run);
  CHECK(one("select kind from nowd.run order by run desc limit 1") == "after");
}

TEST_CASE_METHOD(Sent, "an occurrence with nothing to do is skipped, and says so") {
  Facts facts = end(RunState::cancelled);
  facts.end->reason = RunReason::nothing_to_do;
  run_with(std::move(facts));
  CHECK(one("select state || ' ' || reason from nowd.occurrence") == "skipped nothing_to_do");
}

TEST_CASE_METHOD(Sent, "a run gets its input, and what the last success said") {
  Facts facts = end(RunState::succeeded, Stop::complete);
  facts.bodies.push_back({BodyPart::output, 0, "first words"});
  run_with(std::move(facts));
  sql("select nowd.run('a', input => '{\"x\": \"<clock/>\"}', dry_run => true)");
  const ClaimedRun run = claim(*ledger, jobs).runs.at(0);
  CHECK(run.outside_texts.input.str() == "{\"x\": \"&lt;clock/>\"}");
  CHECK(run.dry_run);
  CHECK(await(ledger->outputs(run))->previous == "first words");
}

TEST_CASE_METHOD(Sent, "a dry run counts as no success: the window stays where it was") {
  sql("select nowd.run('a', dry_run => true)");
  const ClaimedRun run = claim(*ledger, jobs).runs.at(0);
  (void)await(ledger->write_facts(run.claim, end(RunState::succeeded, Stop::complete)));
  CHECK(one("select succeeded_through is null from nowd.job_standing where job = 'a'") == "t");
}

TEST_CASE_METHOD(Sent, "an input that is too big is refused where it is asked for") {
  CHECK_THROWS(sql("select nowd.run('a', input => to_jsonb(repeat('x', 1100000)))"));
}
