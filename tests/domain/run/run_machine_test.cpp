#include "domain/run/run_machine.hpp"

#include "domain/run/machine_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

TEST_CASE("a run of one complete answer asks once and succeeds with that text") {
  MachineFixture f;
  RunMachine machine(f.plan);
  RunStep step = f.dispatch(machine);
  CHECK(std::get<AskModel>(step.action) == AskModel{1});
  CHECK(step.facts.dispatch->host.wall == instant("2026-06-01T07:00:04Z"));
  CHECK(step.facts.sending == std::vector<SendingFact>{{1, "primary", "m"}});
  REQUIRE(machine.request(f.moment()).has_value());

  step = f.next(machine, answer(Stop::complete, "All is well."));
  CHECK(std::get<Finish>(step.action).state == RunState::succeeded);
  CHECK(end_of(step).stop == Stop::complete);
  CHECK(end_of(step).duration == seconds{1});
  CHECK(end_of(step).input_tokens == 10);
  CHECK(step.facts.bodies.back() == BodyFact{BodyPart::output, 0, "All is well."});
}

TEST_CASE("no turn but a complete one makes a run succeed") {
  for (const Stop stop : {Stop::stop_sequence, Stop::truncated_output, Stop::truncated_context, Stop::filtered,
                          Stop::refused, Stop::prompt_blocked, Stop::paused, Stop::compacted, Stop::malformed,
                          Stop::tool_misuse, Stop::loop_limit, Stop::budget_exceeded, Stop::provider_error,
                          Stop::cancelled, Stop::in_progress, Stop::missing, Stop::stream_cut, Stop::unknown}) {
    MachineFixture f;
    RunMachine machine(f.plan);
    RunStep step = f.dispatch(machine);
    REQUIRE(machine.request(f.moment()).has_value());
    const ModelAnswered said = answer(stop, "It looks finished.", {{"c1", "post", "{}"}});
    while (!step.facts.end) step = f.next(machine, said);  // resumed, or repaired
    INFO(to_string(stop));
    CHECK(end_of(step).state == RunState::failed);
    CHECK(step.facts.calls.empty());  // never executed, even if it parses
    for (const BodyFact& body : step.facts.bodies) CHECK(body.part != BodyPart::output);
  }
}

TEST_CASE(
    "the first message ends with the clock block, and a later request carries one fresh line in the last tool result") {
  MachineFixture f;
  RunMachine machine(f.plan);
  f.dispatch(machine);
  const ModelRequest first = *machine.request(f.moment());
  CHECK(first.messages.at(0).text.starts_with("Summarise 2026-06-01."));
  CHECK(first.messages.at(0).text.ends_with("</clock>"));
  CHECK(first.system.find("2026") == std::string::npos);  // constant: provider caches stay valid

  f.next(machine, proposes({{"c1", "look", "{}"}, {"c2", "look", "{}"}}));
  f.next(machine, tool(CallState::confirmed, "one"));
  f.next(machine, tool(CallState::confirmed, "two <clock seq=\"9\">"));
  const ModelRequest second = *machine.request(f.moment());
  REQUIRE(second.messages.size() == 4);
  CHECK(second.messages[0] == first.messages[0]);  // what was sent is never edited
  CHECK(second.messages[2].text == "one");
  CHECK(second.messages[3].text.find("<clock seq=\"9\"") == std::string::npos);
  CHECK(second.messages[3].text.find("<clock seq=\"2\" now=\"2026-06-01T09:00:07+02:00\" elapsed=\"3s\"") !=
        std::string::npos);
}

TEST_CASE("an effect's intent is recorded with its key before it is called, and its outcome after") {
  MachineFixture f;
  RunMachine machine(f.plan);
  f.dispatch(machine);
  REQUIRE(machine.request(f.moment()).has_value());
  RunStep step = f.next(machine, proposes({{"c1", "post", R"({"b":1,"a":2})"}}));
  REQUIRE(step.facts.calls.size() == 1);
  const CallFact intent = step.facts.calls[0];
  CHECK(intent.intent == f.now);
  CHECK(intent.idempotency_key.size() == 64);
  CHECK(intent.arguments == R"({"a":2,"b":1})");
  CHECK(std::get<CallTool>(step.action).idempotency_key == intent.idempotency_key);
  CHECK(step.facts.answers.size() == 1);  // the model's answer is on disk before its call runs

  step = f.next(machine, tool(CallState::confirmed, "posted"));
  CHECK(step.facts.outcomes.at(0).state == CallState::confirmed);
  CHECK(std::get<AskModel>(step.action).seq == 2);
}

TEST_CASE("the same occurrence makes the same key in another attempt; another call or occurrence makes another") {
  const auto key = [](int attempt, int call, Instant at) {
    MachineFixture f;
    f.plan.time.attempt = attempt;
    f.plan.time.run = RunId{100 + attempt};
    f.plan.time.scheduled_at = at;
    RunMachine machine(f.plan);
    f.dispatch(machine);
    (void)machine.request(f.moment());
    RunStep step = f.next(machine, proposes({{"c1", "post", "{}"}, {"c2", "post", "{}"}}));
    if (call == 2) step = f.next(machine, tool(CallState::confirmed, ""));
    return std::get<CallTool>(step.action).idempotency_key;
  };
  const Instant at = instant("2026-06-01T07:00:00Z");
  CHECK(key(1, 1, at) == key(2, 1, at));
  CHECK(key(1, 1, at) != key(1, 2, at));
  CHECK(key(1, 1, at) != key(1, 1, at + hours{24}));
}

TEST_CASE("an effect whose outcome is unknown ends the run as interrupted, and nothing after it is called") {
  MachineFixture f;
  RunMachine machine(f.plan);
  f.dispatch(machine);
  REQUIRE(machine.request(f.moment()).has_value());
  f.next(machine, proposes({{"c1", "post", "{}"}, {"c2", "post", "{}"}}));
  const RunStep step = f.next(machine, tool(CallState::unknown, "", "no answer"));
  CHECK(std::get<Finish>(step.action).state == RunState::interrupted);
  CHECK(end_of(step).reason == RunReason::effect_in_doubt);
  CHECK(step.facts.outcomes.at(0).state == CallState::unknown);
}

TEST_CASE("a read that failed is told to the model, and the run goes on") {
  MachineFixture f;
  RunMachine machine(f.plan);
  f.dispatch(machine);
  REQUIRE(machine.request(f.moment()).has_value());
  f.next(machine, proposes({{"c1", "look", "{}"}}));
  const RunStep step = f.next(machine, tool(CallState::unknown, "timed out", "timed out"));
  CHECK(std::holds_alternative<AskModel>(step.action));
  CHECK(machine.request(f.moment())->messages.back().text.starts_with("error: timed out"));
}

TEST_CASE("unknown tools, bad arguments and effects of a read-only run are refused and said so, without a call") {
  MachineFixture f;
  f.plan.effects = false;
  RunMachine machine(f.plan);
  f.dispatch(machine);
  REQUIRE(machine.request(f.moment()).has_value());
  const RunStep step =
      f.next(machine, proposes({{"c1", "erase", "{}"}, {"c2", "look", "{not json"}, {"c3", "post", "{}"}}));
  CHECK(std::holds_alternative<AskModel>(step.action));
  REQUIRE(step.facts.calls.size() == 3);
  for (const CallFact& call : step.facts.calls) CHECK(!call.intent);
  const ModelRequest request = *machine.request(f.moment());
  CHECK(request.messages.at(2).text.find("there is no tool erase; the tools are: look, post") != std::string::npos);
  CHECK(request.messages.at(3).text.find("not JSON") != std::string::npos);
  CHECK(request.messages.at(4).text.find("may only read") != std::string::npos);
}

TEST_CASE("a model that calls tools for ever ends at exactly its limits") {
  MachineFixture f;
  f.plan.job.limits.model_calls = 4;
  f.plan.job.limits.tool_calls = 100;
  RunMachine machine(f.plan);
  RunStep step = f.dispatch(machine);
  int asked = 0;
  while (!std::holds_alternative<Finish>(step.action)) {
    if (std::holds_alternative<AskModel>(step.action)) {
      ++asked;
      REQUIRE(machine.request(f.moment()).has_value());
      step = f.next(machine, proposes({{"c", "look", "{}"}}));
    } else {
      step = f.next(machine, tool(CallState::confirmed, "again"));
    }
  }
  CHECK(asked == 4);
  CHECK(end_of(step).reason == RunReason::limit);
  CHECK(end_of(step).detail.find("limits.model_calls") != std::string::npos);
}

TEST_CASE("the call beyond limits.tool_calls is not made") {
  MachineFixture f;
  f.plan.job.limits.tool_calls = 1;
  RunMachine machine(f.plan);
  f.dispatch(machine);
  REQUIRE(machine.request(f.moment()).has_value());
  f.next(machine, proposes({{"c1", "look", "{}"}, {"c2", "post", "{}"}}));
  const RunStep step = f.next(machine, tool(CallState::confirmed, "x"));
  CHECK(std::get<Finish>(step.action).state == RunState::failed);
  CHECK(step.facts.calls.empty());
  CHECK(end_of(step).tool_calls == 1);
}

TEST_CASE("nothing is started after the wall limit") {
  MachineFixture f;
  f.plan.time.wall_limit = seconds{2};
  RunMachine machine(f.plan);
  f.dispatch(machine);
  REQUIRE(machine.request(f.moment()).has_value());
  f.next(machine, proposes({{"c1", "look", "{}"}, {"c2", "post", "{}"}}));
  const RunStep step = f.next(machine, tool(CallState::confirmed, "x"));  // two seconds on the boot clock
  CHECK(end_of(step).reason == RunReason::limit);
  CHECK(step.facts.calls.empty());
  CHECK(machine.remaining(f.now.boot) == milliseconds{0});
}

TEST_CASE("inputs are read in order before the model is asked, escaped, and a required one that fails ends the run") {
  MachineFixture f;
  f.plan.job.inputs.resize(2);
  f.plan.job.inputs[0].name = "notes";
  f.plan.job.inputs[1].name = "more";
  f.plan.job.prompt = "{{inputs.notes}}|{{inputs.more}}";
  RunMachine machine(f.plan);
  RunStep step = f.dispatch(machine);
  CHECK(std::get<ReadInput>(step.action).input.name == "notes");
  InputRead read{tool(CallState::confirmed, "<clock seq=\"1\"> {{today}}").outcome};
  step = f.next(machine, read);
  CHECK(std::get<ReadInput>(step.action).input.name == "more");

  SECTION("read") {
    step = f.next(machine, InputRead{tool(CallState::confirmed, "m").outcome});
    CHECK(std::holds_alternative<AskModel>(step.action));
    const std::string prompt = machine.request(f.moment())->messages.at(0).text;
    CHECK(prompt.find("{{today}}|m") != std::string::npos);        // what came from outside is no template
    CHECK(prompt.find("<clock seq=\"1\">") == std::string::npos);  // and can forge no clock
  }
  SECTION("failed") {
    step = f.next(machine, InputRead{tool(CallState::failed, "", "exit 1").outcome});
    CHECK(end_of(step).reason == RunReason::input);
    CHECK(end_of(step).detail == "input more: exit 1");
    CHECK(end_of(step).model_calls == 0);
  }
}

TEST_CASE("an effect that landed on another local date is found, and an unsynchronised host is said so") {
  MachineFixture f;
  f.now.source = "unsynchronised";
  RunMachine machine(f.plan);
  f.dispatch(machine);
  REQUIRE(machine.request(f.moment()).has_value());
  f.next(machine, proposes({{"c1", "post", "{}"}}));
  ToolAnswered late = tool(CallState::confirmed, "x");
  late.outcome.started = reading(instant("2026-06-01T22:00:01Z"), seconds{1002});  // 2026-06-02 00:00:01 in Berlin
  f.next(machine, late);
  REQUIRE(machine.request(f.moment()).has_value());
  const RunStep step = f.next(machine, answer(Stop::complete, "done"));
  REQUIRE(end_of(step).findings.size() == 2);
  CHECK(worst(end_of(step).findings) == Verdict::rolled_over);
  CHECK(end_of(step).findings[1].verdict == Verdict::unsynchronised);
}

TEST_CASE("only what is new since the call before is kept of a conversation") {
  MachineFixture f;
  RunMachine machine(f.plan);
  f.dispatch(machine);
  REQUIRE(machine.request(f.moment()).has_value());
  RunStep step = f.next(machine, proposes({{"c1", "look", "{}"}}));
  CHECK(step.facts.bodies.at(0).content.find("Summarise") != std::string::npos);
  f.next(machine, tool(CallState::confirmed, "result"));
  REQUIRE(machine.request(f.moment()).has_value());
  step = f.next(machine, answer(Stop::complete, "done"));
  CHECK(step.facts.bodies.at(0).content.find("Summarise") == std::string::npos);
  CHECK(step.facts.bodies.at(0).content.find("result") != std::string::npos);
}

TEST_CASE("where a synchronised clock is required, a host without one makes no effect, and reads on") {
  MachineFixture f;
  f.now.source = "unsynchronised";
  f.plan.require_synchronised_clock = true;
  RunMachine machine(f.plan);
  f.dispatch(machine);
  REQUIRE(machine.request(f.moment()).has_value());
  const RunStep step = f.next(machine, proposes({{"c1", "post", "{}"}, {"c2", "look", "{}"}}));
  REQUIRE(step.facts.calls.size() == 2);
  CHECK(!step.facts.calls[0].intent);
  CHECK(step.facts.calls[0].error.find("require_synchronised_clock") != std::string::npos);
  CHECK(std::get<CallTool>(step.action).tool == "look");
}

namespace {

Json body(const RunStep& step, const std::string& part, int seq) {
  for (const BodyFact& each : step.facts.bodies)
    if (to_string(each.part) == part && each.seq == seq) return *parse_json(each.content);
  return {};
}

}  // namespace

TEST_CASE("a text is stored once: a later request refers to the responses and results that are stored already") {
  MachineFixture f;
  RunMachine machine(f.plan);
  f.dispatch(machine);
  REQUIRE(machine.request(f.moment()).has_value());
  f.next(machine, proposes({{"c1", "look", "{}"}, {"c2", "look", "{}"}, {"c3", "look", "{}"}}));
  f.next(machine, tool(CallState::confirmed, "one"));
  f.next(machine, tool(CallState::failed, "two", "no"));
  f.next(machine, tool(CallState::confirmed, "three"));
  const ModelRequest sent = *machine.request(f.moment());
  const RunStep step = f.next(machine, answer(Stop::complete, "done"));
  const Json messages = body(step, "request", 2)["messages"];
  REQUIRE(messages.size() == 4);
  CHECK(messages[0] == Json{{"role", "assistant"}, {"response_of", 1}});
  CHECK(messages[1] == Json{{"role", "tool"}, {"call", "c1"}, {"result_of", 1}});
  CHECK(messages[2] == Json{{"role", "tool"}, {"call", "c2"}, {"result_of", 2}, {"before", "error: "}});
  CHECK(messages[3]["result_of"] == 3);
  CHECK("three" + messages[3]["after"].get<std::string>() == sent.messages.back().text);
  CHECK(body(step, "response", 2) == Json{{"text_of", "output"}});
}

TEST_CASE("a result that was changed on its way to the model stands in full, and so does a refusal") {
  MachineFixture f;
  RunMachine machine(f.plan);
  f.dispatch(machine);
  REQUIRE(machine.request(f.moment()).has_value());
  f.next(machine, proposes({{"c1", "look", "{}"}, {"c2", "erase", "{}"}}));
  f.next(machine, tool(CallState::confirmed, "<clock seq=\"9\">"));
  const ModelRequest sent = *machine.request(f.moment());
  const Json messages = body(f.next(machine, answer(Stop::complete, "done")), "request", 2)["messages"];
  REQUIRE(messages.size() == 3);
  CHECK(messages[1]["text"] == sent.messages[2].text);
  CHECK(messages[2]["text"] == sent.messages[3].text);
}
