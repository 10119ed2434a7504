// What is written down of calls and of ends, where things go wrong.
#include "domain/run/ending.hpp"
#include "domain/run/machine_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

TEST_CASE("an effect may have happened unless nothing of it left, whatever it is called") {
  for (const bool started : {false, true}) {
    CHECK(effect_may_have_happened(CallState::confirmed, started));
    CHECK(effect_may_have_happened(CallState::unknown, started));
    CHECK_FALSE(effect_may_have_happened(CallState::refused, started));
  }
  CHECK(effect_may_have_happened(CallState::failed, true));
  CHECK_FALSE(effect_may_have_happened(CallState::failed, false));
}

TEST_CASE("an effect that did not start is refused on record; a read that did not has failed") {
  const auto recorded = [](CallState state, bool started, Effect effect) {
    ToolOutcome outcome;
    outcome.state = state;
    if (started) outcome.started = reading(instant("2026-06-01T07:00:00Z"), seconds{1});
    return outcome_fact(1, outcome, effect).state;
  };
  CHECK(recorded(CallState::refused, false, Effect::irreversible) == CallState::refused);
  CHECK(recorded(CallState::failed, false, Effect::reversible) == CallState::refused);
  CHECK(recorded(CallState::failed, true, Effect::irreversible) == CallState::failed);
  CHECK(recorded(CallState::unknown, false, Effect::irreversible) == CallState::unknown);
  CHECK(recorded(CallState::confirmed, false, Effect::irreversible) == CallState::confirmed);
  CHECK(recorded(CallState::refused, false, Effect::read) == CallState::failed);
}

TEST_CASE("the provider's offset is an interval, whatever this host's clock was set to during the call") {
  const Instant sent = instant("2026-06-01T07:00:00Z");
  for (const seconds step : {seconds{0}, seconds{-5}, seconds{-86'400}, seconds{86'400}}) {
    CAPTURE(step.count());
    ExchangeTimes times;
    times.sent = reading(sent, seconds{1000});
    times.headers = reading(sent + seconds{3} + step, seconds{1003});
    times.remote_date = sent + seconds{10};
    const auto offset = offset_interval(times);
    REQUIRE(offset);
    CHECK(*offset == OffsetInterval{seconds{7}, seconds{12}});
  }
  CHECK_FALSE(offset_interval({}));
}

TEST_CASE("a minimal end holds fixed words and no numbers, and somebody hears of it") {
  const Reading now = reading(instant("2026-06-01T07:00:00Z"), seconds{1});
  const EndFact end = minimal_end("standup", RunId{7}, false, false, now);
  CHECK(end.state == RunState::failed);
  CHECK(end.reason == RunReason::ledger);
  CHECK_FALSE(end.cost);
  CHECK(end.deliveries.empty());
  CHECK(end.followers.empty());
  REQUIRE(end.trouble);
  CHECK(end.trouble->run == RunId{7});
  CHECK_FALSE(minimal_end("standup", RunId{7}, true, false, now).trouble);  // a dry run alarms nobody
  const EndFact doubt = minimal_end("standup", RunId{7}, false, true, now);
  CHECK(doubt.state == RunState::interrupted);
  CHECK(doubt.reason == RunReason::effect_in_doubt);
}

TEST_CASE("bare outcomes say what became of calls, and repeat nobody's words") {
  OutcomeFact said;
  said.seq = 3;
  said.state = CallState::confirmed;
  said.started = said.ended = reading(instant("2026-06-01T07:00:00Z"), seconds{1});
  said.exit_code = 200;
  said.error = said.remote = "x";
  said.remote_date = Instant::max();
  said.result_bytes = 9;
  Facts facts;
  facts.outcomes = {said};
  OutcomeFact bare;
  bare.seq = 3;
  bare.state = CallState::confirmed;
  bare.started = bare.ended = said.started;
  bare.exit_code = 200;
  CHECK(bare_outcomes(facts) == std::vector{bare});
}

TEST_CASE("an intent that the ledger refused leaves nothing in doubt; an effect under way does") {
  for (const bool begun : {false, true}) {
    MachineFixture f;
    RunMachine machine(f.plan);
    f.dispatch(machine);
    REQUIRE(machine.request(f.moment()).has_value());
    REQUIRE(std::holds_alternative<CallTool>(f.next(machine, proposes({{"c1", "post", "{}"}})).action));
    const RunStep step = f.next(machine, Broken{RunReason::ledger, "refused", begun});
    CHECK(end_of(step).state == (begun ? RunState::interrupted : RunState::failed));
  }
}

TEST_CASE("a run whose effect never started may be put aside; one whose effect was refused by the other side may not") {
  for (const bool started : {false, true}) {
    MachineFixture f;
    RunMachine machine(f.plan);
    f.dispatch(machine);
    REQUIRE(machine.request(f.moment()).has_value());
    f.next(machine, proposes({{"c1", "post", "{}"}}));
    ToolAnswered refused = tool(CallState::failed, "no", "no");
    if (!started) refused.outcome.started.reset();
    f.next(machine, refused);
    REQUIRE(machine.request(f.moment()).has_value());
    ModelAnswered busy = answer(Stop::provider_error);
    busy.retry = Defer{hours{1}};
    const RunStep step = f.next(machine, busy);
    CHECK(end_of(step).state == (started ? RunState::failed : RunState::suspended));
  }
}
