// An output with rules: what is asked for, and what follows from an answer that breaks them.
#include <nlohmann/json.hpp>

#include "domain/gates/stated_date.hpp"
#include "domain/model/messages.hpp"
#include "domain/run/machine_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

struct OutputRun : MachineFixture {
  std::optional<RunMachine> machine;

  OutputRun() {
    plan.output_fault = [](const std::string& text) {
      return text == R"({"n":1})" ? std::nullopt : std::optional<std::string>("output.schema: argument 'n' is missing");
    };
  }
  ModelRequest ask() {
    machine.emplace(plan);
    dispatch(*machine);
    return machine->request(moment()).value();
  }
  void wants_json() {
    plan.job.output.format = OutputRules::Format::json;
    plan.job.output.schema = *parse_json(
        R"({"type":"object","properties":{"n":{"type":"integer"}},"required":["n"],"additionalProperties":false})");
  }
};

}  // namespace

TEST_CASE("JSON in one fence around the whole answer is the JSON; a text output keeps its fence") {
  const std::string fenced = "```json\n{\"n\":1}\n```\n";
  OutputRun run;
  run.wants_json();
  run.ask();
  const RunStep step = run.next(*run.machine, answer(Stop::complete, fenced));
  CHECK(end_of(step).state == RunState::succeeded);
  CHECK(step.facts.bodies.back().content == R"({"n":1})");

  OutputRun text;
  text.plan.output_fault = [](const std::string&) { return std::optional<std::string>(); };
  text.ask();
  CHECK(text.next(*text.machine, answer(Stop::complete, fenced)).facts.bodies.back().content == fenced);
}

TEST_CASE("only one fence around all of a text is taken off") {
  CHECK(without_fence("```json\n{\"a\":1}\n```") == "{\"a\":1}");
  CHECK(without_fence("\n```\n[1]\n```\n") == "[1]");
  CHECK(without_fence("~~~JSON\r\n{}\r\n~~~") == "{}");
  CHECK(without_fence("```json\n{\"a\":\"```\"}\n```") == "{\"a\":\"```\"}");
  for (const char* other : {"{}", "", "```", "```json\n{}", "Here:\n```json\n{}\n```", "```json\n{}\n```\nDone.",
                            "```json\n{}\n```\n```json\n{}\n```", "``` ```"})
    CHECK(without_fence(other) == other);
}

TEST_CASE("an output that breaks the job's rules is sent back once, and then fails the run") {
  OutputRun run;
  run.ask();
  RunStep step = run.next(*run.machine, answer(Stop::complete, "x"));
  REQUIRE(std::holds_alternative<AskModel>(step.action));
  CHECK(step.facts.sending.at(0).purpose == CallPurpose::repair);
  CHECK(step.facts.sending.at(0).cause == "output.schema: argument 'n' is missing");
  for (const BodyFact& body : step.facts.bodies) CHECK(body.part != BodyPart::output);
  const ModelRequest again = run.machine->request(run.moment()).value();
  REQUIRE(again.messages.size() == 3);
  CHECK(again.messages[1].text == "x");
  CHECK(again.messages[2].text.find("Not accepted: output.schema: argument 'n' is missing") == 0);
  CHECK(again.messages[2].text.find("<clock seq=\"2\"") != std::string::npos);

  SECTION("mended") {
    step = run.next(*run.machine, answer(Stop::complete, R"({"n":1})"));
    CHECK(end_of(step).state == RunState::succeeded);
  }
  SECTION("not mended") {
    step = run.next(*run.machine, answer(Stop::complete, "y"));
    CHECK(end_of(step).state == RunState::failed);
    CHECK(end_of(step).reason == RunReason::output);
    for (const BodyFact& body : step.facts.bodies) CHECK(body.part != BodyPart::output);
  }
}

TEST_CASE("an output is not sent back where no call is left for it, and a command is not run twice for it") {
  OutputRun run;
  SECTION("no call is left") { run.plan.job.limits.model_calls = 1; }
  SECTION("a command") { run.plan.job.command = CommandAgent{.argv = {"agent"}}; }
  run.ask();
  const RunStep step = run.next(*run.machine, answer(Stop::complete, "x"));
  CHECK(end_of(step).reason == RunReason::output);
}

TEST_CASE("what was resumed is sent back in its pieces, not twice") {
  OutputRun run;
  run.ask();
  RunStep step = run.next(*run.machine, answer(Stop::paused, "a"));
  REQUIRE(run.machine->request(run.moment()).has_value());
  step = run.next(*run.machine, answer(Stop::complete, "b"));
  const ModelRequest again = run.machine->request(run.moment()).value();
  REQUIRE(again.messages.size() == 4);
  CHECK(again.messages[1].text == "a");
  CHECK(again.messages[2].text == "b");
}

TEST_CASE("the schema that is sent asks for the stated date too, as required, and the output does not carry it") {
  OutputRun run;
  run.wants_json();
  for (const char* preset : {"observe", "strict"}) {
    run.plan.job.clocks = clock_preset(preset).value();
    const Json schema = run.ask().output_schema;
    CHECK(schema["required"] == Json::array({"n", "nowd_as_of"}));
    CHECK(schema["properties"]["nowd_as_of"]["description"] == Json(stated_date_description()));
    CHECK(schema["additionalProperties"] == Json(false));
    const RunStep step = run.next(*run.machine, answer(Stop::complete, R"({"n":1,"nowd_as_of":"2026-06-01"})"));
    CHECK(end_of(step).state == RunState::succeeded);
    CHECK(step.facts.bodies.back() == BodyFact{BodyPart::output, 0, R"({"n":1})"});
    CHECK(step.facts.answers.at(0).model_as_of == "2026-06-01");
  }
}

TEST_CASE("no date is asked for where none is wanted, and no schema of a text, a command or a probe") {
  OutputRun run;
  run.wants_json();
  run.plan.job.clocks.model_as_of = ClockRules::Stating::none;
  CHECK(run.ask().output_schema == run.plan.job.output.schema);
  run.plan.probe = true;
  CHECK(run.ask().output_schema.is_null());
  run.plan.probe = false;
  run.plan.job.output.format = OutputRules::Format::markdown;
  CHECK(run.ask().output_schema.is_null());
  run.wants_json();
  run.plan.job.command = CommandAgent{.argv = {"agent"}};
  CHECK(run.ask().output_schema.is_null());
}

TEST_CASE("how often a call was made, and what the server said, is recorded with it") {
  OutputRun run;
  run.ask();
  ModelAnswered failed = answer(Stop::provider_error);
  failed.notes = {.duration = milliseconds{5}, .failed = RetryClass::overload, .retry_after = seconds{2}};
  failed.retry = RetryLater{seconds{2}};
  const RunStep step = run.next(*run.machine, failed);
  CHECK(step.facts.answers.at(0).notes == failed.notes);
  CHECK(step.facts.sending.at(0).attempt == 2);
}
