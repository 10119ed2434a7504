// Runs whose clocks disagree do not act.
#include <nlohmann/json.hpp>

#include "domain/run/machine_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

/// A run under `standard`, asked once, whose model is about to answer.
struct GuardedRun : MachineFixture {
  std::optional<RunMachine> machine;

  explicit GuardedRun(std::string_view preset = "standard") { plan.job.clocks = clock_preset(preset).value(); }
  void ask() {
    machine.emplace(plan);
    dispatch(*machine);
    REQUIRE(machine->request(moment()).has_value());
  }
  RunStep post(const std::string& arguments) { return next(*machine, proposes({{"c1", "post", arguments}})); }
};

const std::string right = R"({"nowd_as_of":"2026-06-01","text":"hello"})";
const std::string wrong = R"({"nowd_as_of":"2025-06-01","text":"hello"})";

bool calls_tool(const RunStep& step) { return std::holds_alternative<CallTool>(step.action); }

InputRead input_of(DataTimes times) {
  InputRead read;
  read.outcome.state = CallState::confirmed;
  read.outcome.data = times;
  return read;
}

}  // namespace

TEST_CASE("effects ask for the date, reads do not") {
  GuardedRun run;
  run.machine.emplace(run.plan);
  run.dispatch(*run.machine);
  const ModelRequest request = run.machine->request(run.moment()).value();
  CHECK_FALSE(request.tools.at(0).input.contains("properties"));
  CHECK(request.tools.at(1).input["required"] == Json::array({"nowd_as_of"}));
}

TEST_CASE("a right date lets the effect through, recorded and without it") {
  GuardedRun run;
  run.ask();
  const RunStep step = run.post(right);
  REQUIRE(calls_tool(step));
  CHECK(std::get<CallTool>(step.action).arguments == parse_json(R"({"text":"hello"})").value());
  CHECK(step.facts.answers.at(0).model_as_of == "2026-06-01");
  REQUIRE(step.facts.gates.size() == 1);
  CHECK(step.facts.gates[0].allowed);
  CHECK(step.facts.gates[0].call_seq == 1);
  CHECK(step.facts.gates[0].evidence["stated"] == "2026-06-01");
}

TEST_CASE("a wrong or absent date refuses the effects of the turn, and says the right one; reads go on") {
  for (const std::string& stated : {wrong, std::string(R"({"text":"hello"})")}) {
    GuardedRun run;
    run.ask();
    RunStep step =
        run.next(*run.machine, proposes({{"c1", "post", stated}, {"c2", "look", "{}"}, {"c3", "post", right}}));
    CHECK(std::get<CallTool>(step.action).tool == "look");
    CHECK(step.facts.calls.at(0).intent == std::nullopt);
    CHECK(step.facts.calls.at(0).error.find("2026-06-01, Monday") != std::string::npos);
    CHECK(step.facts.gates.at(0).subject == GateSubject::turn);
    step = run.next(*run.machine, tool(CallState::confirmed, "seen"));
    CHECK(std::holds_alternative<AskModel>(step.action));  // the right one of that turn was refused with it
    REQUIRE(run.machine->request(run.moment()).has_value());
    CHECK(calls_tool(run.post(right)));
  }
}

TEST_CASE("told the date, a model that goes by another one ends its run, contradicted") {
  GuardedRun run;
  run.ask();
  run.post(wrong);
  REQUIRE(run.machine->request(run.moment()).has_value());
  const RunStep step = run.post(wrong);
  CHECK(end_of(step).state == RunState::failed);
  CHECK(end_of(step).reason == RunReason::contradicted);
  CHECK(worst(end_of(step).findings) == Verdict::contradicted);
  CHECK(step.facts.calls.empty());
}

TEST_CASE("a model that was corrected and then is right is aligned") {
  GuardedRun run;
  run.ask();
  run.post(wrong);
  REQUIRE(run.machine->request(run.moment()).has_value());
  run.post(right);
  run.next(*run.machine, tool(CallState::confirmed, "done"));
  REQUIRE(run.machine->request(run.moment()).has_value());
  const RunStep step = run.next(*run.machine, answer(Stop::complete, "Posted."));
  CHECK(end_of(step).state == RunState::succeeded);
  CHECK(end_of(step).findings.empty());
}

TEST_CASE("an event of another day is no contradiction: what is judged is the date the model acts on") {
  GuardedRun run;
  run.ask();
  CHECK(calls_tool(run.post(R"({"nowd_as_of":"2026-06-01T09:00:00+02:00","start":"2026-06-09T10:00:00+02:00"})")));
}

TEST_CASE("observe records what was stated, and refuses nothing") {
  GuardedRun run("observe");
  run.ask();
  const RunStep step = run.post(wrong);
  CHECK(calls_tool(step));
  CHECK(step.facts.answers.at(0).model_as_of == "2025-06-01");
  run.next(*run.machine, tool(CallState::confirmed, "done"));
  REQUIRE(run.machine->request(run.moment()).has_value());
  const RunStep end = run.next(*run.machine, answer(Stop::complete, "Posted."));
  CHECK(end_of(end).state == RunState::succeeded);
  CHECK(worst(end_of(end).findings) == Verdict::contradicted);
}

TEST_CASE("an effect after the validity ends the run: nothing is done") {
  GuardedRun run;
  run.plan.job.valid_for = minutes{1};
  run.ask();
  run.now.wall += minutes{2};
  const RunStep step = run.post(right);
  CHECK(end_of(step).reason == RunReason::expired);
  CHECK(step.facts.calls.at(0).intent == std::nullopt);
  CHECK_FALSE(step.facts.gates.at(0).allowed);
}

TEST_CASE("a clock block that is too old is mended once") {
  GuardedRun run;
  run.plan.time.wall_limit = hours{1};
  run.plan.job.clocks.fresh = milliseconds{minutes{1}};
  run.ask();
  run.now.boot += minutes{2};
  RunStep step = run.post(right);
  CHECK(std::holds_alternative<AskModel>(step.action));
  REQUIRE(run.machine->request(run.moment()).has_value());
  SECTION("the second answer is quick enough") { CHECK(calls_tool(run.post(right))); }
  SECTION("or it is not, and the run ends") {
    run.now.boot += minutes{2};
    step = run.post(right);
    CHECK(end_of(step).reason == RunReason::fresh);
    CHECK(step.facts.calls.at(0).intent == std::nullopt);
  }
}

TEST_CASE("yesterday's notes never reach the model, let alone a sink") {
  GuardedRun run;
  run.plan.job.inputs.push_back({.name = "notes"});
  run.machine.emplace(run.plan);
  run.dispatch(*run.machine);
  const Instant before = run.plan.time.window_start - hours{8};
  const RunStep step = run.next(*run.machine, input_of({before, before, 2, 0, 0}));
  CHECK(end_of(step).reason == RunReason::stale);
  CHECK(end_of(step).model_calls == 0);
  CHECK(worst(end_of(step).findings) == Verdict::stale);
}

TEST_CASE("the clock block says what the inputs cover") {
  GuardedRun run;
  run.plan.job.inputs.push_back({.name = "notes"});
  run.machine.emplace(run.plan);
  run.dispatch(*run.machine);
  const Instant inside = run.plan.time.window_start + hours{8};
  run.next(*run.machine, input_of({inside, inside, 2, 0, 2}));
  const ModelRequest request = run.machine->request(run.moment()).value();
  CHECK(request.messages.at(0).text.find("\ndata: notes from 2026-05-29T17:00:00+02:00") != std::string::npos);
}

TEST_CASE("a tool whose clock is proven ahead is flagged under standard, and not called under strict") {
  for (const char* preset : {"standard", "strict"}) {
    GuardedRun run(preset);
    run.plan.remotes = [](const std::string& tool) {
      return tool == "post" ? std::vector<RemoteSkew>{{"https://crm:443", hours{1}}} : std::vector<RemoteSkew>{};
    };
    run.ask();
    const RunStep step = run.post(right);
    CHECK(calls_tool(step) == (std::string(preset) == "standard"));
    if (calls_tool(step)) continue;
    CHECK(end_of(step).reason == RunReason::skewed);
  }
}

TEST_CASE("JSON output states the date, and does not carry it on") {
  GuardedRun run;
  run.plan.job.output.format = OutputRules::Format::json;
  run.ask();
  SECTION("right") {
    const RunStep step = run.next(*run.machine, answer(Stop::complete, R"({"nowd_as_of":"2026-06-01","n":1})"));
    CHECK(end_of(step).state == RunState::succeeded);
    CHECK(step.facts.bodies.back() == BodyFact{BodyPart::output, 0, R"({"n":1})"});
    CHECK(step.facts.answers.at(0).model_as_of == "2026-06-01");
  }
  SECTION("absent: it is sent back once, as a message of its own") {
    RunStep step = run.next(*run.machine, answer(Stop::complete, R"({"n":1})"));
    REQUIRE(std::holds_alternative<AskModel>(step.action));
    const ModelRequest request = run.machine->request(run.moment()).value();
    CHECK(request.messages.back().role == Message::Role::user);
    CHECK(request.messages.back().text.find("nowd_as_of is missing") != std::string::npos);
    step = run.next(*run.machine, answer(Stop::complete, R"({"n":1})"));
    CHECK(end_of(step).reason == RunReason::contradicted);
  }
}

TEST_CASE("a text that contradicts the clock block is flagged, or refused where the job says so") {
  for (const Response lint : {Response::flag, Response::refuse}) {
    GuardedRun run;
    run.plan.job.clocks.lint = lint;
    run.ask();
    const RunStep step = run.next(*run.machine, answer(Stop::complete, "News of today, 12 February"));
    CHECK((end_of(step).state == RunState::succeeded) == (lint == Response::flag));
    CHECK(worst(end_of(step).findings) == Verdict::contradicted);
  }
}

TEST_CASE("a probe asks apart, without clock, tools or system prompt, and decides nothing") {
  GuardedRun run;
  run.plan.probe = true;
  run.machine.emplace(run.plan);
  RunStep step = run.dispatch(*run.machine);
  CHECK(std::get<AskModel>(step.action).probe);
  CHECK(step.facts.sending.at(0).purpose == CallPurpose::probe);
  const ModelRequest probe = run.machine->request(run.moment()).value();
  CHECK(probe.messages.at(0).text.find("<clock") == std::string::npos);
  CHECK(probe.tools.empty());
  CHECK(probe.system.empty());
  step = run.next(*run.machine, answer(Stop::provider_error));
  CHECK_FALSE(step.facts.answers.at(0).injected_now);
  CHECK(std::get<AskModel>(step.action) == AskModel{.seq = 2, .turn = 2});
  CHECK(run.machine->request(run.moment())->messages.at(0).text.find("<clock seq=\"2\"") != std::string::npos);
}
