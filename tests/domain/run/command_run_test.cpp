// A run whose agent is a command: what is recorded of it, and what it may do.
#include "domain/run/machine_fixture.hpp"
#include "domain/run/run_machine.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

struct CommandFixture : MachineFixture {
  CommandFixture() {
    plan.job.provider.clear();
    plan.job.command = CommandAgent{};
    plan.job.command->argv = {"/usr/local/bin/claude", "-p"};
    plan.model = program_name(*plan.job.command);
    plan.tools.clear();
  }
};

}  // namespace

TEST_CASE("a command is recorded before it starts, as one that may have effects nowd cannot see") {
  CommandFixture f;
  RunMachine machine(f.plan);
  const RunStep step = f.dispatch(machine);
  CHECK(step.facts.sending == std::vector<SendingFact>{{1, "command", "claude", true}});
  CHECK(std::get<AskModel>(step.action).opaque);
  CHECK(std::get<AskModel>(step.action).idempotency_key.size() == 64);
}

TEST_CASE("a command that changes nothing is not opaque, and may run where effects may not") {
  CommandFixture f;
  f.plan.effects = false;
  f.plan.job.command->repeat = CommandAgent::Repeat::pure;
  RunMachine machine(f.plan);
  const RunStep step = f.dispatch(machine);
  CHECK(step.facts.sending == std::vector<SendingFact>{{1, "command", "claude", false}});
  CHECK(!std::get<AskModel>(step.action).opaque);
}

TEST_CASE(
    "a command that may have effects does not start in a run that may only read, nor on an unkept clock if so wished") {
  CommandFixture f;
  SECTION("read only") { f.plan.effects = false; }
  SECTION("unsynchronised") {
    f.plan.require_synchronised_clock = true;
    f.now.source = "unsynchronised";
  }
  RunMachine machine(f.plan);
  const RunStep step = f.dispatch(machine);
  CHECK(step.facts.sending.empty());
  CHECK(end_of(step).reason == RunReason::refused);
  CHECK(end_of(step).detail.starts_with("claude may have effects"));
  CHECK(end_of(step).model_calls == 0);
}

TEST_CASE("what a command printed is the output, and the verdict says what was not seen") {
  CommandFixture f;
  RunMachine machine(f.plan);
  f.dispatch(machine);
  REQUIRE(machine.request(f.moment()).has_value());
  ModelAnswered answered = answer(Stop::complete, "done");
  answered.reply.usage.reset();
  const RunStep step = f.next(machine, answered);
  CHECK(end_of(step).state == RunState::succeeded);
  CHECK(step.facts.bodies.back() == BodyFact{BodyPart::output, 0, "done"});
  CHECK(worst(end_of(step).findings) == Verdict::unobserved);
}

TEST_CASE("a command that failed ends its run with its exit code and its last words") {
  CommandFixture f;
  RunMachine machine(f.plan);
  f.dispatch(machine);
  REQUIRE(machine.request(f.moment()).has_value());
  ModelAnswered answered = answer(Stop::provider_error);
  answered.reply.stop_raw = "exit 3";
  answered.reply.detail = "no credit left";
  const RunStep step = f.next(machine, answered);
  CHECK(end_of(step).state == RunState::failed);
  CHECK(end_of(step).detail == "the command ended with exit 3: no credit left");
}
