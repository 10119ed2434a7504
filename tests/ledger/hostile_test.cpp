// What models, tools, servers and clocks may say, and Postgres cannot keep: the run is recorded all the same.
#include <nlohmann/json.hpp>

#include "ledger/ledger_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

struct Hostile : LedgerFixture {
  JobsSnapshot jobs = jobs_of({job_named("a")});
  std::unique_ptr<PgLedger> ledger = daemon();

  Hostile() { (void)await(ledger->load_jobs(jobs)); }
  ClaimedRun run() {
    due("a");
    clock().step(SystemClock().now() - clock().now());  // a slow machine: the clocks may not be found 30 s apart
    return claim(*ledger, jobs).runs.at(0);
  }
  void writes(const ClaimedRun& run, Facts facts) {
    const Result<Written> written = await(ledger->write_facts(run.claim, std::move(facts)));
    INFO((written ? "" : written.error().message));
    REQUIRE(written.has_value());
    REQUIRE(!written->fenced);
  }
  std::string state() { return one("select state from nowd.run order by run desc limit 1"); }
};

/// Every text of a run's facts is `text`, every number `number`, every instant `at`, every span `span`.
struct Values {
  std::string text = "x";
  std::int64_t number = 1;
  Instant at = parse_rfc3339("2026-06-01T07:00:00Z").value();
  milliseconds span{5};
  int count = 1;
};

Facts sending(const Values& values) {
  Facts facts;
  SendingFact fact;
  fact.seq = 1;
  fact.provider = fact.model = fact.cause = values.text;
  fact.purpose = CallPurpose::retry;
  fact.reserved = Usd{std::abs(values.number)};
  facts.sending.push_back(fact);
  CallFact call;
  call.seq = 1;
  call.inference_seq = 1;
  call.call_id = call.tool = call.arguments = call.error = values.text;
  call.effect = Effect::irreversible;
  call.idempotency_key = sha256_hex(values.text);
  call.intent = Reading{values.at, nanoseconds{values.number}, Tick{}, values.text, values.text};
  facts.calls.push_back(call);
  GateFact gate;
  gate.subject = GateSubject::effect;
  gate.allowed = false;
  gate.objections = {{GateRule::lint, Response::refuse, {Verdict::contradicted, values.text}}};
  gate.evidence = {{values.text, values.text}, {"number", values.number}};
  gate.at = values.at;
  facts.gates.push_back(gate);
  return facts;
}

Facts answers(const Values& values, const Reading& host) {
  Facts facts;
  AnswerFact answer;
  answer.seq = 1;
  ModelReply& reply = answer.reply;
  reply.stop = Stop::provider_error;
  reply.stop_raw = reply.detail = reply.text = reply.model_served = reply.request_id = values.text;
  reply.usage = Usage{values.number, values.number, values.number, values.number, values.number};
  answer.times.sent = answer.times.headers = answer.times.ended = host;
  answer.times.remote_date = values.at;
  answer.injected_now = values.at;
  answer.model_as_of = answer.remote = values.text;
  answer.http_status = values.count;
  answer.cost = Usd{values.number};
  answer.notes.duration = answer.notes.retry_after = values.span;
  answer.notes.failed = RetryClass::wait;
  answer.notes.limits = {{values.text, values.text}};
  facts.answers.push_back(answer);
  OutcomeFact outcome;
  outcome.seq = 1;
  outcome.state = CallState::failed;
  outcome.started = outcome.ended = host;
  outcome.remote = outcome.error = values.text;
  outcome.remote_date = values.at;
  outcome.exit_code = values.count;
  outcome.result_bytes = values.number;
  outcome.data = DataTimes{values.at, values.at, values.count, values.count};
  facts.outcomes.push_back(outcome);
  facts.bodies.push_back({BodyPart::response, 1, values.text});
  return facts;
}

Facts ending(const Values& values, const Reading& host) {
  Facts facts;
  facts.end = EndFact{};
  EndFact& end = *facts.end;
  end.state = RunState::failed;
  end.reason = RunReason::limit;
  end.detail = values.text;
  end.ended = host;
  end.duration = nanoseconds{values.number};
  end.findings = {{Verdict::contradicted, values.text}};
  end.model_calls = end.tool_calls = values.count;
  end.input_tokens = end.output_tokens = values.number;
  end.cost = Usd{values.number};
  end.trouble = Trouble{AlertKind::run, "a", "limit", values.text, "a", {}, values.at};
  DeliveryFact shown;
  shown.sink = "hook";
  shown.purpose = Purpose::alert;
  shown.key = "key " + std::to_string(std::hash<std::string>()(values.text)) + std::to_string(values.number);
  shown.subject = values.text;
  shown.shown = values.text;
  shown.created_at = shown.expires_at = values.at;
  end.deliveries.push_back(shown);
  return facts;
}

}  // namespace

TEST_CASE_METHOD(Hostile, "a run is recorded whatever the texts in it are") {
  const std::pair<const char*, std::string> texts[] = {
      {"NUL", std::string("2026-01-01\0", 11)},
      {"only NUL", std::string("\0", 1)},
      {"an escaped NUL", "\\u0000"},
      {"a backslash at the end", "\\"},
      {"half of a surrogate pair", "\xED\xA0\x80"},
      {"an overlong slash", "\xC0\xAF"},
      {"a lone continuation", "\x80"},
      {"a character that is cut off", "\xF0\x9F\x98"},
      {"beyond Unicode", "\xF4\x90\x80\x80"},
      {"not a character", "\xEF\xBF\xBF"},
      {"quotes and braces", R"({"a,b"} NULL \"' $1 -- */)"},
      {"control characters", "\x01\x02\x1b[31m\x7f\r\n\t"},
      {"right to left", "\u202Eabc"},
      {"megabytes", std::string(2'000'000, 'x')},
      {"many characters of two bytes each",
       [] {
         std::string out;
         while (out.size() < 100'000) out += "ü";
         return out;
       }()},
  };
  for (const auto& [name, text] : texts) {
    CAPTURE(name);
    const ClaimedRun claimed = run();
    Values values;
    values.text = text;
    writes(claimed, sending(values));
    writes(claimed, answers(values, clock().read()));
    writes(claimed, ending(values, clock().read()));
    CHECK(state() == "failed");
  }
  CHECK(one("select max(octet_length(detail)) < 20000 from nowd.run") == "t");
  CHECK(one("select max(octet_length(content)) from nowd.body") == "2000000");  // texts of the run's own are whole
}

TEST_CASE_METHOD(Hostile, "a run is recorded whatever the numbers in it are") {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t number :
       {std::int64_t{-1}, std::int64_t{9'000'000'000'000}, std::int64_t{100'000'000'000'000}, most, -most}) {
    for (const int count : {0, -1, std::numeric_limits<int>::max()}) {
      CAPTURE(number, count);
      const ClaimedRun claimed = run();
      Values values;
      values.text = std::to_string(number) + " " + std::to_string(count);
      values.number = number;
      values.count = count;
      writes(claimed, sending(values));
      writes(claimed, answers(values, clock().read()));
      writes(claimed, ending(values, clock().read()));
      CHECK(state() == "failed");
    }
  }
  // The account of the day held all of it, and the next call can be reserved.
  CHECK(one("select spent_usd >= 0 and reserved_usd >= 0 from nowd.budget_account") == "t");
}

TEST_CASE_METHOD(Hostile,
                 "a run is recorded whatever others say that the time is, and for how long they want to wait") {
  for (const Instant at : {Instant::min(), Instant{}, parse_rfc3339("9999-12-31T23:59:59Z").value(), Instant::max()})
    for (const milliseconds span : {milliseconds{-1}, milliseconds{0}, milliseconds::max(), milliseconds::min()}) {
      CAPTURE(at.time_since_epoch().count(), span.count());
      const ClaimedRun claimed = run();
      Values values;
      values.text = std::to_string(at.time_since_epoch().count()) + " " + std::to_string(span.count());
      values.at = at;
      values.span = span;
      writes(claimed, sending(values));
      writes(claimed, answers(values, clock().read()));
      Facts end = ending(values, clock().read());
      end.end->trouble->at = clock().now();  // a trouble is seen by our own clock
      writes(claimed, std::move(end));
      CHECK(state() == "failed");
    }
}

TEST_CASE_METHOD(Hostile,
                 "a clock that is set during a call fails no write, and the provider's offset is what it was") {
  for (const microseconds step : {microseconds{-hours{30}}, -microseconds{seconds{5}}, microseconds{hours{30}}}) {
    CAPTURE(step.count());
    const ClaimedRun claimed = run();
    Values values;
    values.text = std::to_string(step.count());
    writes(claimed, sending(values));
    Facts facts = answers(values, clock().read());
    ExchangeTimes& times = facts.answers[0].times;
    times.remote_date = times.sent->wall - minutes{3};
    times.headers->wall += step;
    times.headers->boot += seconds{1};
    times.ended = times.headers;
    facts.outcomes[0].ended = times.headers;
    writes(claimed, std::move(facts));
    CHECK(one("select offset_low || ' ' || offset_high from nowd.inference order by run desc limit 1") ==
          "PT-3M-1S PT-2M-58S");
    clock().step(step);
    writes(claimed, ending(values, clock().read()));
    CHECK(state() == "failed");
    clock().step(-step);
  }
}

TEST_CASE_METHOD(Hostile, "an effect that did not start stands in no later attempt's way; one that did does") {
  const auto intent = [&](Values values) {
    Facts facts = sending(values);
    facts.gates.clear();
    facts.calls[0].idempotency_key = "key";
    return facts;
  };
  const ClaimedRun first = run();
  writes(first, intent({}));
  Facts outcome = answers({}, clock().read());
  outcome.outcomes[0] = outcome_fact(1, ToolOutcome{CallState::refused}, Effect::irreversible);
  CHECK(outcome.outcomes[0].state == CallState::refused);
  writes(first, std::move(outcome));
  writes(first, ending({}, clock().read()));

  const ClaimedRun second = run();
  writes(second, intent({}));  // the same key
  outcome = answers({}, clock().read());
  ToolOutcome begun{CallState::failed};
  begun.started = clock().read();
  outcome.outcomes[0] = outcome_fact(1, begun, Effect::irreversible);
  writes(second, std::move(outcome));
  Values other;
  other.number = 2;
  writes(second, ending(other, clock().read()));

  const Result<Written> third = await(ledger->write_facts(run().claim, intent({})));
  REQUIRE(third.has_error());
  CHECK(third.error().message.find("tool_call_effect_once") != std::string::npos);
}

TEST_CASE_METHOD(Hostile,
                 "a run that this daemon says it does not serve is ended at the second sweep, and served again") {
  const ClaimedRun claimed = run();
  const Ledger::Serving serving{{claimed.claim.run}, {}};
  CHECK(await(ledger->sweep(Ledger::Serving{}))->ended_runs == 0);
  CHECK(await(ledger->sweep(serving))->ended_runs == 0);
  CHECK(await(ledger->sweep())->ended_runs == 0);  // says nothing: counts as nothing missing
  CHECK(await(ledger->sweep(Ledger::Serving{}))->ended_runs == 0);
  CHECK(await(ledger->sweep(Ledger::Serving{}))->ended_runs == 1);
  CHECK(one("select state || ' ' || reason from nowd.run") == "orphaned node_died");
  CHECK(await(ledger->write_facts(claimed.claim, end(RunState::failed)))->fenced);
  CHECK(claim(*ledger, jobs).runs.size() == 1);
}

TEST_CASE_METHOD(Hostile, "runs of another daemon are not this one's to miss") {
  auto other = daemon();
  due("a");
  REQUIRE(claim(*other, jobs).runs.size() == 1);
  for (int look = 0; look < 3; ++look) CHECK(await(ledger->sweep(Ledger::Serving{}))->ended_runs == 0);
  CHECK(state() == "running");
}

TEST_CASE_METHOD(Hostile, "a message that this daemon says it is not sending is settled at the second sweep") {
  sql("insert into nowd.delivery (purpose, sink, key, subject, text, next_at, created_at, expires_at)"
      " select 'alert', s, s, 's', 't', now(), now(), now() + interval '1 hour' from unnest('{hook,mail}'::text[]) s");
  Outbox::Sending sending;
  sending.limit = 4;
  sending.once = {"mail"};
  sending.sinks_of = [](const AlertNews&) { return std::vector<std::string>(); };
  REQUIRE(await(ledger->take_deliveries(sending))->messages.size() == 2);
  for (int look = 0; look < 2; ++look) (void)await(ledger->sweep(Ledger::Serving{{}, {1, 2}}));
  CHECK(one("select string_agg(state, ' ' order by sink) from nowd.delivery") == "sending sending");
  for (int look = 0; look < 2; ++look) (void)await(ledger->sweep(Ledger::Serving{}));
  CHECK(one("select string_agg(state, ' ' order by sink) from nowd.delivery") == "pending unknown");
}

TEST_CASE_METHOD(Hostile, "a delivery is settled whatever its sink said") {
  Outbox::Sending sending;
  sending.limit = 4;
  sending.sinks_of = [](const AlertNews&) { return std::vector<std::string>(); };
  int number = 0;
  for (const std::string& said : {std::string("no\0", 3), std::string("\xED\xA0\x80"), std::string(10'000'000, 'x')})
    for (const Instant at : {Instant::min(), Instant::max()}) {
      sql("insert into nowd.delivery (purpose, sink, key, subject, text, next_at, created_at, expires_at)"
          " select 'alert', 'hook', $1, 's', 't', now(), now(), now() + interval '1 hour'",
          {std::to_string(++number)});
      const std::vector<QueuedDelivery> taken = await(ledger->take_deliveries(sending))->messages;
      REQUIRE(taken.size() == 1);
      SendOutcome outcome;
      outcome.what = SendOutcome::What::failed;
      outcome.detail = outcome.remote = said;
      outcome.remote_date = at;
      outcome.started = outcome.ended = clock().read();
      CHECK(await(ledger->settle_delivery(taken[0], outcome, {DeliveryState::failed, {}})).has_value());
    }
  CHECK(one("select count(*) from nowd.delivery where state = 'failed'") == std::to_string(number));
}
