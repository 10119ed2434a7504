// How a run ends that a person asked to end: never `cancelled` after an effect.
#include "domain/run/machine_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

const Cancelled asked{"alice", "wrong figures"};
const Cancelled before_it_began{"alice", "wrong figures", false};

struct Run : MachineFixture {
  RunMachine machine{plan};
  explicit Run(std::function<void(RunPlan&)> change = {}) {
    if (change) change(plan);
    machine = RunMachine(plan);
    dispatch(machine);
    (void)machine.request(moment());
  }
  RunStep next(RunEvent event) { return MachineFixture::next(machine, std::move(event)); }
  void posts() { next(proposes({{"c1", "post", "{}"}, {"c2", "post", "{}"}})); }
};

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE(
    "a run that did nothing to the world is cancelled: by whom and why, without an alert and without a follower") {
  Run run([](RunPlan& plan) { plan.followers = {"report"}; });
  const RunStep step = run.next(asked);
  CHECK(std::get<Finish>(step.action).state == RunState::cancelled);
  CHECK(end_of(step).reason == RunReason::cancelled);
  CHECK(end_of(step).detail == "by alice: wrong figures");
  CHECK_FALSE(end_of(step).trouble);
  CHECK(end_of(step).followers.empty());
  CHECK(end_of(step).deliveries.empty());
}

TEST_CASE("a read that was cut has failed, and the run is cancelled") {
  Run run;
  run.next(proposes({{"c1", "look", "{}"}}));
  const RunStep step = run.next(asked);
  CHECK(end_of(step).state == RunState::cancelled);
  REQUIRE(step.facts.outcomes.size() == 1);
  CHECK(step.facts.outcomes[0].seq == 1);
  CHECK(step.facts.outcomes[0].state == CallState::failed);
}

TEST_CASE("an effect that was cut is unknown, and the run interrupted: somebody has to look, so it makes an alert") {
  Run run;
  run.posts();
  const RunStep step = run.next(asked);
  CHECK(end_of(step).state == RunState::interrupted);
  CHECK(end_of(step).reason == RunReason::effect_in_doubt);
  CHECK(step.facts.outcomes.at(0).state == CallState::unknown);
  CHECK(end_of(step).trouble.has_value());
  CHECK(!holds(end_of(step).detail, "cancelled"));
}

TEST_CASE("an effect whose intent is on disk and that did not begin did not happen") {
  Run run;
  run.posts();
  const RunStep step = run.next(before_it_began);
  CHECK(end_of(step).state == RunState::cancelled);
  CHECK(step.facts.outcomes.at(0).state == CallState::refused);
  CHECK(holds(step.facts.outcomes.at(0).error, "did not begin"));
}

TEST_CASE("a run that made an effect is aborted_partial and names it; the word cancelled is nowhere") {
  Run run;
  run.posts();
  run.next(tool(CallState::confirmed, "posted"));
  RunStep step;
  SECTION("before the next one began") {
    step = run.next(before_it_began);
    CHECK(end_of(step).state == RunState::aborted_partial);
  }
  SECTION("while the model was asked again") {
    run.next(tool(CallState::failed, "no"));
    step = run.next(asked);
    CHECK(end_of(step).state == RunState::aborted_partial);
  }
  SECTION("while the next one was under way") {
    step = run.next(asked);
    CHECK(end_of(step).state == RunState::interrupted);
    CHECK(end_of(step).reason == RunReason::effect_in_doubt);
  }
  CHECK(holds(end_of(step).detail, "post (call 1)"));
  CHECK(!holds(end_of(step).detail, "post (call 2)"));
  CHECK(holds(end_of(step).detail, "by alice: wrong figures"));
  CHECK(!holds(end_of(step).detail + std::string(to_string(end_of(step).reason)), "cancelled"));
}

TEST_CASE("an effect that its tool refused was not made") {
  Run run;
  run.posts();
  run.next(tool(CallState::failed, "no"));
  CHECK(end_of(run.next(before_it_began)).state == RunState::cancelled);
}

TEST_CASE("a command under way may have done anything; one that says it changes nothing has not") {
  const auto with = [](CommandAgent::Repeat repeat) {
    return [repeat](RunPlan& plan) {
      plan.job.provider = "";
      plan.job.command = CommandAgent{{"agent"}, "", "", {}, repeat};
    };
  };
  Run opaque(with(CommandAgent::Repeat::once));
  const RunStep step = opaque.next(asked);
  CHECK(end_of(step).state == RunState::interrupted);
  CHECK(end_of(step).reason == RunReason::command_in_doubt);
  CHECK(!holds(end_of(step).detail, "cancelled"));
  Run pure(with(CommandAgent::Repeat::pure));
  CHECK(end_of(pure.next(asked)).state == RunState::cancelled);
  Run waiting(with(CommandAgent::Repeat::once));
  CHECK(end_of(waiting.next(before_it_began)).state == RunState::cancelled);
}

TEST_CASE("a model call that was cut costs what was reserved, or more where its provider had told of more by then") {
  Run run([](RunPlan& plan) {
    plan.prices = Prices{*parse_usd("1000"), *parse_usd("1000"), {}, {}};
    plan.job.max_output_tokens = 10;
  });
  Cancelled cut = asked;
  SECTION("more") {
    cut.reported = Usage{.input = 90'000, .output = 1};
    const RunStep step = run.next(cut);
    REQUIRE(step.facts.answers.size() == 1);
    CHECK(step.facts.answers[0].reply.stop == Stop::cancelled);
    CHECK(step.facts.answers[0].usage_estimated);
    CHECK(to_string(*step.facts.answers[0].cost) == "90.001");
    CHECK(end_of(step).cost == step.facts.answers[0].cost);
    CHECK(end_of(step).reason == RunReason::cancelled);
  }
  SECTION("less, or nothing: its row keeps the reservation, and says that it is lost") {
    cut.reported = GENERATE(std::optional<Usage>(), std::optional(Usage{.input = 1, .output = 1}));
    const RunStep step = run.next(cut);
    CHECK(step.facts.answers.empty());
    CHECK(end_of(step).cost > Usd{});
    CHECK(end_of(step).cost < *parse_usd("90"));
  }
  SECTION("a tool call has no such cost") {
    run.next(proposes({{"c1", "look", "{}"}}));
    cut.reported = Usage{.input = 90'000, .output = 1};
    CHECK(run.next(cut).facts.answers.empty());
  }
}
