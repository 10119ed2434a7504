// Runs whose provider fails, seen through the machine.
#include "domain/run/ending.hpp"
#include "domain/run/machine_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

ModelAnswered fails(RetryDecision retry) {
  ModelAnswered answered = answer(Stop::provider_error);
  answered.reply.usage.reset();
  answered.reply.detail = "HTTP 529";
  answered.retry = std::move(retry);
  return answered;
}

NextProvider second(std::string prompt) {
  NextProvider next;
  next.provider = "second";
  next.model = "other";
  next.params = Json::object();
  next.prompt = std::move(prompt);
  return next;
}

const AskModel& asked(const RunStep& step) { return std::get<AskModel>(step.action); }

}  // namespace

TEST_CASE("a failed call is made again after the wait, as a row of its own, with a fresh clock in the same words") {
  MachineFixture f;
  RunMachine machine(f.plan);
  f.dispatch(machine);
  const auto first = machine.request(f.moment());
  RunStep step = f.next(machine, fails(RetryLater{seconds{2}}));
  CHECK(asked(step).wait == seconds{2});
  CHECK(asked(step).attempt == 2);
  REQUIRE(step.facts.sending.size() == 1);
  CHECK(step.facts.sending[0].purpose == CallPurpose::retry);
  CHECK(step.facts.sending[0].cause.find("HTTP 529") != std::string::npos);
  f.now.wall += seconds{2};
  f.now.boot += seconds{2};
  const auto again = machine.request(f.moment());
  REQUIRE(again->messages.size() == 1);
  CHECK(again->messages[0].text != first->messages[0].text);
  const std::string now = "now: 2026-06-01T07:00:07Z";
  INFO(again->messages[0].text);
  CHECK(again->messages[0].text.starts_with("Summarise 2026-06-01."));
  CHECK(again->messages[0].text.find("09:00:07") != std::string::npos);
  CHECK(again->messages[0].text.find("09:00:04") == std::string::npos);
  step = f.next(machine, answer(Stop::complete, "Done."));
  CHECK(end_of(step).state == RunState::succeeded);
  CHECK(end_of(step).model_calls == 2);
  CHECK(step.facts.bodies[0].content.find(R"("again":true)") != std::string::npos);
}

TEST_CASE("attempts count per call, and every one of them is one of limits.model_calls") {
  MachineFixture f;
  f.plan.job.limits.model_calls = 3;
  RunMachine machine(f.plan);
  f.dispatch(machine);
  CHECK(asked(f.next(machine, fails(RetryLater{}))).attempt == 2);
  CHECK(asked(f.next(machine, fails(RetryLater{}))).attempt == 3);
  const RunStep step = f.next(machine, fails(RetryLater{}));
  CHECK(end_of(step).reason == RunReason::limit);
  CHECK(end_of(step).detail.find("limits.model_calls") != std::string::npos);
}

TEST_CASE("after a good answer the next call is a first attempt again") {
  MachineFixture f;
  RunMachine machine(f.plan);
  f.dispatch(machine);
  f.next(machine, fails(RetryLater{}));
  REQUIRE(machine.request(f.moment()).has_value());
  f.next(machine, proposes({{"c1", "look", "{}"}}));
  CHECK(asked(f.next(machine, tool(CallState::confirmed, "seen"))).attempt == 1);
}

TEST_CASE("a run that would have to wait too long is put aside until then, and that is no matter of its job alone") {
  MachineFixture f;
  RunMachine machine(f.plan);
  f.dispatch(machine);
  const RunStep step = f.next(machine, fails(Defer{hours{1}}));
  CHECK(end_of(step).state == RunState::suspended);
  CHECK(end_of(step).reason == RunReason::deferred);
  CHECK(end_of(step).not_before == instant("2026-06-01T08:00:05Z"));
  CHECK(end_of(step).detail.find("not before 2026-06-01T08:00:05Z") != std::string::npos);
  REQUIRE(end_of(step).trouble.has_value());
  CHECK(end_of(step).trouble->kind == AlertKind::provider);
}

TEST_CASE("behind a provider that is left alone a run that has not begun is put aside, and another one waits") {
  MachineFixture f;
  RunMachine machine(f.plan);
  f.dispatch(machine);
  ModelAnswered held = fails(RetryLater{seconds{30}});
  held.held_back = true;
  SECTION("not begun") {
    const RunStep step = f.next(machine, held);
    CHECK(end_of(step).state == RunState::suspended);
    CHECK(end_of(step).not_before == f.now.wall + seconds{30});
    REQUIRE(end_of(step).trouble.has_value());
    CHECK(end_of(step).trouble->reason == "provider_error");
  }
  SECTION("a rate limit wakes nobody") {
    held.notes.failed = RetryClass::wait;
    const RunStep step = f.next(machine, held);
    CHECK(end_of(step).state == RunState::suspended);
    CHECK(!end_of(step).trouble);
  }
  SECTION("a short wait") {
    held.retry = RetryLater{seconds{10}};
    CHECK(asked(f.next(machine, held)).wait == seconds{10});
  }
  SECTION("in the middle of a conversation") {
    REQUIRE(machine.request(f.moment()).has_value());
    f.next(machine, proposes({{"c1", "look", "{}"}}));
    f.next(machine, tool(CallState::confirmed, "seen"));
    REQUIRE(machine.request(f.moment()).has_value());
    CHECK(asked(f.next(machine, held)).wait == seconds{30});
  }
  SECTION("too late by then") {
    f.plan.job.missed.policy = MissedRules::Policy::skip;
    f.plan.job.missed.grace = seconds{10};
    RunMachine strict(f.plan);
    f.dispatch(strict);
    CHECK(asked(f.next(strict, held)).wait == seconds{30});
  }
}

TEST_CASE("what may not start so late, or has made an effect, is not put aside: it fails, with the reason") {
  MachineFixture f;
  RunMachine machine(f.plan);
  f.dispatch(machine);
  SECTION("too late") {
    const RunStep step = f.next(machine, fails(Defer{hours{9}}));
    CHECK(end_of(step).state == RunState::failed);
    CHECK(end_of(step).reason == RunReason::deferred);
    CHECK(!end_of(step).not_before);
    CHECK(end_of(step).detail.find("missed.window") != std::string::npos);
  }
  SECTION("an effect") {
    REQUIRE(machine.request(f.moment()).has_value());
    f.next(machine, proposes({{"c1", "post", "{}"}}));
    f.next(machine, tool(CallState::confirmed, "posted"));
    const RunStep step = f.next(machine, fails(Defer{minutes{30}}));
    CHECK(end_of(step).state == RunState::failed);
    CHECK(end_of(step).detail.find("an effect was made") != std::string::npos);
  }
}

TEST_CASE("what earlier attempts used is part of the budget, and is not counted as this run's own") {
  MachineFixture f;
  f.plan.prices = Prices{{100'000'000}, {100'000'000}, {}, {}};
  f.plan.job.limits.model_calls = 3;
  f.plan.before = {2, 0, {1'000, 500, Usd{7'000}}};
  RunMachine machine(f.plan);
  f.dispatch(machine);
  REQUIRE(machine.request(f.moment()).has_value());
  f.next(machine, proposes({{"c1", "look", "{}"}}));
  const RunStep step = f.next(machine, tool(CallState::confirmed, "seen"));
  CHECK(end_of(step).reason == RunReason::limit);
  CHECK(end_of(step).detail.find("2 of them by earlier attempts") != std::string::npos);
  CHECK(end_of(step).model_calls == 1);
  CHECK(end_of(step).cost == cost_of(*f.plan.prices, Usage{10, 0, 5, 0}));
}

TEST_CASE("the next provider serves where the first one gives no answer, with a prompt of its own") {
  MachineFixture f;
  f.plan.next = {second("Answer in one line for {{today}}.")};
  RunMachine machine(f.plan);
  f.dispatch(machine);
  REQUIRE(machine.request(f.moment()).has_value());
  RunStep step = f.next(machine, fails(GiveUp{"it was tried 4 times"}));
  REQUIRE(step.facts.sending.size() == 1);
  CHECK(step.facts.sending[0].provider == "second");
  CHECK(step.facts.sending[0].cause.starts_with("instead of primary: "));
  CHECK(asked(step).turn == 1);
  const auto request = machine.request(f.moment());
  CHECK(request->model == "other");
  CHECK(request->messages[0].text.starts_with("Answer in one line for 2026-06-01."));
  step = f.next(machine, answer(Stop::complete, "Done."));
  CHECK(end_of(step).state == RunState::succeeded);
  CHECK(end_of(step).provider == "second");
}

TEST_CASE("a provider that all runs leave alone is not waited for where there is another one") {
  MachineFixture f;
  f.plan.next = {second(f.plan.job.prompt)};
  RunMachine machine(f.plan);
  f.dispatch(machine);
  ModelAnswered held = fails(RetryLater{seconds{30}});
  held.held_back = true;
  CHECK(f.next(machine, held).facts.sending.at(0).provider == "second");
}

TEST_CASE("a call that was held back is made later as the same attempt: nothing was sent") {
  MachineFixture f;
  RunMachine machine(f.plan);
  f.dispatch(machine);
  ModelAnswered held = fails(RetryLater{seconds{10}});
  held.held_back = true;
  CHECK(asked(f.next(machine, held)).attempt == 1);
  CHECK(asked(f.next(machine, held)).wait == seconds{10});
  CHECK(asked(f.next(machine, fails(RetryLater{}))).attempt == 2);
}

TEST_CASE("after the first effect no other provider takes over") {
  MachineFixture f;
  f.plan.next = {second(f.plan.job.prompt)};
  RunMachine machine(f.plan);
  f.dispatch(machine);
  REQUIRE(machine.request(f.moment()).has_value());
  f.next(machine, proposes({{"c1", "post", "{}"}}));
  f.next(machine, tool(CallState::confirmed, "posted"));
  const RunStep step = f.next(machine, fails(GiveUp{"it was tried 4 times"}));
  CHECK(end_of(step).reason == RunReason::provider_error);
  CHECK(end_of(step).detail.find("it was tried 4 times") != std::string::npos);
}

TEST_CASE("hold means: not even a retry") {
  MachineFixture f;
  f.plan.job.stop[Stop::provider_error] = StopAction::hold;
  RunMachine machine(f.plan);
  f.dispatch(machine);
  CHECK(end_of(f.next(machine, fails(RetryLater{}))).reason == RunReason::provider_error);
}

TEST_CASE("an effect is not begun where it could not end in time; what only reads may begin") {
  const OfferedTool effect{{"post", "", Json::object()}, Effect::irreversible, seconds{30}};
  const OfferedTool reader{{"look", "", Json::object()}, Effect::read, seconds{30}};
  MachineFixture f;
  f.plan.tools = {reader, effect};
  RunMachine machine(f.plan);
  f.dispatch(machine);
  REQUIRE(machine.request(f.moment()).has_value());
  f.now.boot += minutes{10} - seconds{25};
  const RunStep step = f.next(machine, proposes({{"c1", "post", "{}"}, {"c2", "look", "{}"}}));
  REQUIRE(step.facts.calls.size() == 2);
  CHECK(step.facts.calls[0].error.find("may take 30 s") != std::string::npos);
  CHECK(std::get<CallTool>(step.action).tool == "look");
}
