// What calls cost, per job and day, and who may succeed.
#include "ledger/ledger_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

struct Spending : LedgerFixture {
  JobsSnapshot jobs = jobs_of({job_named("a")});
  std::unique_ptr<PgLedger> ledger = daemon();
  ClaimedRun run;

  Spending() {
    (void)await(ledger->load_jobs(jobs));
    due("a");
    run = claim(*ledger, jobs).runs.at(0);
  }

  static Usd usd(const char* text) { return parse_usd(text).value(); }

  Result<Written> reserve(int seq, const char* money, CallPurpose purpose = CallPurpose::plan) {
    Facts facts;
    SendingFact sending{seq, "p", "m"};
    sending.purpose = purpose;
    if (purpose != CallPurpose::plan) sending.cause = "HTTP 529";
    sending.reserved = usd(money);
    facts.sending.push_back(sending);
    return await(ledger->write_facts(run.claim, std::move(facts)));
  }

  Result<Written> settle(int seq, const char* money, Stop stop = Stop::complete) {
    Facts facts;
    AnswerFact answer;
    answer.seq = seq;
    answer.reply.stop = stop;
    answer.cost = usd(money);
    facts.answers.push_back(answer);
    return await(ledger->write_facts(run.claim, std::move(facts)));
  }

  std::string account() { return one("select reserved_usd || ' ' || spent_usd from nowd.budget_account"); }
};

}  // namespace

TEST_CASE_METHOD(Spending, "money is reserved before a call and settled after it, and the sum of the day is told") {
  const Result<Written> first = reserve(1, "0.5");
  REQUIRE(first.has_value());
  CHECK(first->spent_today == usd("0.5"));
  CHECK(account() == "0.50000000 0.00000000");
  REQUIRE(settle(1, "0.2", Stop::tool_call).has_value());
  CHECK(account() == "0.00000000 0.20000000");
  CHECK(reserve(2, "0.5", CallPurpose::retry)->spent_today == usd("0.7"));
  CHECK(one("select purpose || ' ' || cause from nowd.inference where seq = 2") == "retry HTTP 529");
}

TEST_CASE_METHOD(Spending, "a call without prices has no account") {
  Facts facts;
  facts.sending.push_back({1, "p", "m"});
  CHECK(!await(ledger->write_facts(run.claim, facts))->spent_today);
  CHECK(one("select count(*) from nowd.budget_account") == "0");
}

TEST_CASE_METHOD(Spending, "a call that is lost keeps its reservation, and says that it is estimated") {
  REQUIRE(reserve(1, "0.5").has_value());
  REQUIRE(await(ledger->write_facts(run.claim, end(RunState::failed))).has_value());
  CHECK(account() == "0.50000000 0.00000000");
  CHECK(one("select state || ' ' || cost_usd || ' ' || usage_estimated from nowd.inference") == "lost 0.50000000 true");
  CHECK(one("select runs || ' ' || model_calls || ' ' || cost_usd || ' ' || estimated from nowd.spend_by_job") ==
        "1 1 0.50000000 1");
}

TEST_CASE_METHOD(Spending, "amplification is the calls that a run takes") {
  REQUIRE(reserve(1, "0.1").has_value());
  REQUIRE(settle(1, "0", Stop::provider_error).has_value());
  REQUIRE(reserve(2, "0.1", CallPurpose::retry).has_value());
  REQUIRE(settle(2, "0.1").has_value());
  CHECK(one("select amplification || ' ' || repeated || ' ' || cost_usd from nowd.spend_by_job") ==
        "2.00 1 0.10000000");
  CHECK(one("select sum(calls) from nowd.inference_stops") == "2");
}

TEST_CASE_METHOD(Spending, "what was read from a cache and written to one is counted apart, a call and a day") {
  REQUIRE(reserve(1, "0.1").has_value());
  Facts facts;
  AnswerFact answer;
  answer.seq = 1;
  answer.reply.stop = Stop::tool_call;
  answer.reply.usage = Usage{.input = 150, .cached = 30, .output = 34, .reasoning = 20, .cache_write = 100};
  facts.answers.push_back(answer);
  REQUIRE(await(ledger->write_facts(run.claim, facts)).has_value());
  const std::string columns =
      "input_tokens || ' ' || cached_tokens || ' ' || cache_write_tokens || ' ' || "
      "output_tokens || ' ' || reasoning_tokens";
  CHECK(one("select " + columns + " from nowd.inference") == "150 30 100 34 20");
  CHECK(one("select " + columns + " from nowd.spend_by_job") == "150 30 100 34 20");
}

TEST_CASE_METHOD(Spending, "a call that failed says what kind of failure it was, and what the server said") {
  Facts facts;
  SendingFact sending{1, "p", "m"};
  sending.attempt = 2;
  facts.sending.push_back(sending);
  AnswerFact answer;
  answer.seq = 1;
  answer.reply.stop = Stop::provider_error;
  answer.reply.request_id = "req_1";
  answer.notes = {.duration = milliseconds{250},
                  .failed = RetryClass::wait,
                  .retry_after = milliseconds{1'500},
                  .limits = *parse_json(R"({"requests":{"remaining":0}})")};
  facts.answers.push_back(answer);
  REQUIRE(await(ledger->write_facts(run.claim, facts)).has_value());
  CHECK(one("select job || ' ' || attempt || ' ' || retry_class || ' ' || request_id || ' ' ||"
            " extract(epoch from retry_after)::numeric(9, 1) || ' ' || extract(milliseconds from server_duration)::int"
            " || ' ' || (rate_limits #>> '{requests,remaining}') from nowd.calls_that_failed") ==
        "a 2 wait req_1 1.5 250 0");
}

TEST_CASE_METHOD(Spending, "the database takes no call for a failure whose stop is a good one") {
  REQUIRE(reserve(1, "0.1").has_value());
  Facts facts;
  AnswerFact answer;
  answer.seq = 1;
  answer.reply.stop = Stop::complete;
  answer.notes.failed = RetryClass::overload;
  facts.answers.push_back(answer);
  const Result<Written> written = await(ledger->write_facts(run.claim, facts));
  REQUIRE(written.has_error());
  CHECK(written.error().message.find("inference_failure_is_no_good_stop") != std::string::npos);
}

TEST_CASE_METHOD(Spending, "the database lets no run succeed whose last call was no good end, whatever the run says") {
  REQUIRE(reserve(1, "0.1").has_value());
  Facts good = end(RunState::succeeded, Stop::complete);
  good.sending.clear();
  good.answers.clear();
  const auto refused = [&] {
    const Result<Written> written = await(ledger->write_facts(run.claim, good));
    return written.has_error() && written.error().message.find("cannot have succeeded") != std::string::npos;
  };
  CHECK(refused());  // no answer yet
  REQUIRE(settle(1, "0.1", Stop::stop_sequence).has_value());
  CHECK(refused());  // nobody accepted it
  one("update nowd.inference set stop_action = 'commit' returning 1");
  CHECK(!refused());
  CHECK(one("select state from nowd.run") == "succeeded");
}

TEST_CASE_METHOD(Spending, "a probe is no call that a run ends with") {
  REQUIRE(reserve(1, "0.1").has_value());
  REQUIRE(settle(1, "0.1", Stop::truncated_output).has_value());
  one("insert into nowd.inference (run, seq, purpose, provider, model, state, stop) select run, 2, 'probe', 'p', 'm',"
      " 'answered', 'complete' from nowd.run returning 1");
  Facts good = end(RunState::succeeded, Stop::complete);
  good.sending.clear();
  good.answers.clear();
  CHECK(await(ledger->write_facts(run.claim, good)).has_error());
}
