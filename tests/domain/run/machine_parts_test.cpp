// The parts of a run machine, each by itself: spending, second chances, a turn, the recorder, the gates.
#include <nlohmann/json.hpp>

#include "domain/run/machine/second_chances.hpp"
#include "domain/run/machine/turn.hpp"
#include "domain/run/machine_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

/// The parts of one run, outside a machine.
struct Parts : MachineFixture {
  Recorder recorder;
  Conversation conversation;
  Spending spending{UsedBefore{}};
  EffectLog effects;
  ClockWitness witness;
  Turn turn;

  Parts() {
    conversation.begin("Summarise.");
    recorder.begin_step(now);
  }
  RunParts parts() { return {plan, recorder, conversation, spending, effects, witness, true}; }
  TurnStep serve(std::vector<ProposedCall> calls, std::optional<std::string> date_fault = {}) {
    turn.begin(calls, std::move(date_fault));
    return turn.next_step(parts());
  }
};

/// Objects to one tool, as a freeze would.
struct Freeze final : Gate {
  void judge_effect(const ProposedEffect& effect, GateFact& fact) override {
    if (effect.tool == "post")
      fact.objections.push_back({GateRule::rollover, Response::refuse, {Verdict::aligned, "frozen"}});
  }
};

struct Flag final : Gate {
  void judge_effect(const ProposedEffect&, GateFact& fact) override {
    fact.objections.push_back({GateRule::skew, Response::flag, {Verdict::skewed, "skewed"}});
  }
};

SecondChance chance_after(SecondChances& chances, const RunPlan& plan, Stop stop, StopAction action) {
  const std::vector<std::string> none;
  return chances.after_answer(plan, answer(stop), action, {none, {}, false, true, plan.time.scheduled_at});
}

}  // namespace

TEST_CASE_METHOD(Parts, "an effect may begin only where no gate refuses; every gate is asked, in order") {
  Freeze freeze;
  Flag flag;
  Gate* const gates[] = {&flag, &freeze};
  const GateFact refused = judge_effect({GateSubject::effect, "post", moment(), "", {}}, gates);
  CHECK_FALSE(refused.allowed);
  REQUIRE(refused.objections.size() == 2);
  CHECK(refusal(refused.objections)->finding.detail == "frozen");
  CHECK(refused.at == now.wall);
  CHECK(judge_effect({GateSubject::effect, "mail", moment(), "", {}}, gates).allowed);
}

TEST_CASE_METHOD(Parts, "a turn answers each call that it refuses, and returns the first that can be made") {
  const TurnStep step = serve({{"c1", "erase", "{}"}, {"c2", "post", R"({"a":1})"}, {"c3", "look", "{}"}});
  REQUIRE(std::holds_alternative<CallTool>(step));
  CHECK(std::get<CallTool>(step).tool == "post");
  CHECK(std::get<CallTool>(step).seq == 2);
  const Facts facts = recorder.end_step();
  REQUIRE(facts.calls.size() == 2);
  CHECK_FALSE(facts.calls[0].intent);
  CHECK(facts.calls[1].intent == now);
  CHECK(facts.gates.size() == 1);
}

TEST_CASE_METHOD(Parts, "an effect in doubt ends the run; a confirmed one is remembered, and the turn continues") {
  serve({{"c1", "post", "{}"}, {"c2", "look", "{}"}});
  const auto state = GENERATE(CallState::confirmed, CallState::unknown);
  const auto end = turn.accept_outcome(parts(), Effect::irreversible, tool(state, "posted", "no answer").outcome);
  CHECK(effects.may_have_acted);
  if (state == CallState::unknown) {
    REQUIRE(end);
    CHECK(end->reason == RunReason::effect_in_doubt);
    return;
  }
  CHECK_FALSE(end);
  CHECK(effects.confirmed == std::vector<std::string>{"post (call 1)"});
  CHECK(std::get<CallTool>(turn.next_step(parts())).tool == "look");
  turn.accept_outcome(parts(), Effect::read, tool(CallState::confirmed, "seen").outcome);
  CHECK(std::holds_alternative<TurnServed>(turn.next_step(parts())));
}

TEST_CASE_METHOD(Parts, "a call without reported usage is charged its reservation, never nothing") {
  plan.prices = Prices{*parse_usd("1000"), *parse_usd("1000"), {}, {}};
  CHECK(spending.begin_model_call(plan, {10, 10}) == 1);
  const Usd reserved = spending.reserved().value();
  AnswerFact fact;
  fact.times.sent = now;
  fact.http_status = 200;
  spending.charge_answer(plan, fact);
  CHECK(fact.usage_estimated);
  CHECK(spending.cost() == reserved);
  spending.charge_reservation();  // a cancelled call
  CHECK(spending.cost() == reserved + reserved);
}

TEST_CASE_METHOD(Parts, "earlier attempts count towards limits, and not towards the cost of this attempt") {
  plan.job.limits.model_calls = plan.job.limits.tool_calls = 3;
  Spending later(UsedBefore{2, 3, {1, 1, *parse_usd("5")}});
  CHECK_FALSE(later.begin_tool_call(plan.job.limits));
  CHECK_FALSE(later.refuse_model_call(plan, {}));
  later.begin_model_call(plan, {});
  CHECK(later.refuse_model_call(plan, {})->find("2 of them by earlier attempts") != std::string::npos);
  CHECK(later.cost() == Usd{});
}

TEST_CASE_METHOD(Parts, "a repair is possible once per run, whether an answer or an output needs it") {
  SecondChances chances;
  const auto repaired = chance_after(chances, plan, Stop::malformed, StopAction::repair_once);
  CHECK(std::get<CallAgain>(repaired).purpose == CallPurpose::repair);
  CHECK(std::holds_alternative<NoChance>(chance_after(chances, plan, Stop::malformed, StopAction::repair_once)));
  CHECK_FALSE(chances.after_output_fault("too short"));
}

TEST_CASE_METHOD(Parts, "hold and an unknown failure give no second chance") {
  SecondChances chances;
  CHECK(std::holds_alternative<NoChance>(chance_after(chances, plan, Stop::unknown, StopAction::hold)));
  CHECK(std::holds_alternative<NoChance>(chance_after(chances, plan, Stop::provider_error, StopAction::fail)));
}

TEST_CASE_METHOD(Parts, "words of closed sets are those of the ledger") {
  CHECK(to_string(CallPurpose::nudge) == "nudge");
  CHECK(to_string(CallSource::when) == "when");
  CHECK(to_string(BodyPart::output) == "output");
  CHECK(to_string(GateSubject::command) == "command");
  CHECK(to_string(GateRule::lint) == "lint");
  CHECK(to_string(CallFaultReason::effect_missing) == "effect_missing");
}
