// Secrets on their way to the ledger, and on the way to tools.
#include "domain/run/facts.hpp"

#include "domain/run/machine_fixture.hpp"
#include "foundation/secret.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

constexpr const char* key = "sk-ca\"na\\ry-123";

struct RunWithKey : MachineFixture {
  Redactor redactor;
  RunWithKey() {
    redactor.add(Secret(key));
    plan.redact = [this](std::string_view text) { return redactor(text); };
  }
};

bool holds_key(const std::string& text) { return text.find("na\\ry-123") != std::string::npos; }

}  // namespace

TEST_CASE("a call is executed with its arguments as they came, and recorded without the key in them") {
  RunWithKey run;
  RunMachine machine(run.plan);
  run.dispatch(machine);
  REQUIRE(machine.request(run.moment()).has_value());
  const std::string arguments = dump_json(Json{{"text", key}, {"city", "ollama town"}});
  const RunStep step = run.next(machine, proposes({{"c1", "post", arguments}}));
  CHECK(std::get<CallTool>(step.action).arguments == Json{{"text", key}, {"city", "ollama town"}});
  REQUIRE(step.facts.calls.size() == 1);
  CHECK(step.facts.calls[0].arguments == R"({"city":"ollama town","text":"[redacted]"})");
  for (const BodyFact& body : step.facts.bodies) CHECK_FALSE(holds_key(body.content));
  CHECK(parse_json(step.facts.bodies.at(1).content).has_value());  // JSON within JSON, and still JSON
}

TEST_CASE("an output, a tool's error and a reason of a run's end are recorded without a key") {
  RunWithKey run;
  RunMachine machine(run.plan);
  run.dispatch(machine);
  REQUIRE(machine.request(run.moment()).has_value());
  run.next(machine, proposes({{"c1", "post", "{}"}}));
  const RunStep failed = run.next(machine, tool(CallState::failed, "", std::string("HTTP 401: ") + key));
  CHECK(failed.facts.outcomes.at(0).error == "HTTP 401: [redacted]");
  REQUIRE(machine.request(run.moment()).has_value());
  const RunStep end = run.next(machine, answer(Stop::complete, std::string("my key is ") + key));
  CHECK(end_of(end).detail.ends_with("HTTP 401: [redacted]"));
  CHECK(end_of(end).trouble->detail == end_of(end).detail);
  for (const BodyFact& body : end.facts.bodies) CHECK_FALSE(holds_key(body.content));
}

TEST_CASE("an input with a key in it reaches a model without it, and the next tool as it came") {
  RunWithKey run;
  run.plan.job.inputs.resize(1);
  run.plan.job.inputs[0].name = "notes";
  run.plan.job.prompt = "{{inputs.notes}}";
  RunMachine machine(run.plan);
  run.dispatch(machine);
  InputRead read{tool(CallState::confirmed, "with [redacted]").outcome};
  read.outcome.unredacted = std::string("with ") + key;
  run.next(machine, read);
  CHECK(machine.inputs().at("notes") == "with [redacted]");
  CHECK(machine.inputs_for_tools().at("notes") == std::string("with ") + key);
  CHECK_FALSE(holds_key(machine.request(run.moment())->messages.at(0).text));
}

TEST_CASE("every text of the facts is cleaned, also in evidence and in what a provider says of its limits") {
  Facts facts;
  facts.sending.push_back({.seq = 1, .provider = "p", .model = "m", .cause = key});
  AnswerFact answered;
  answered.reply.detail = answered.reply.stop_raw = answered.reply.request_id = key;
  answered.model_as_of = key;
  answered.notes.limits = {{"quota", key}, {key, 1}};
  facts.answers.push_back(answered);
  GateFact gate;
  gate.evidence = {{"stated", key}};
  gate.objections.push_back({GateRule::lint, Response::flag, {Verdict::contradicted, key}});
  facts.gates.push_back(gate);
  EndFact end;
  end.findings.push_back({Verdict::late, key});
  DeliveryFact delivery;
  delivery.shown = key;
  end.deliveries.push_back(delivery);
  facts.end = end;
  Redactor redactor;
  redactor.add(Secret(key));
  redact_facts(facts, [&](std::string_view text) { return redactor(text); });
  CHECK(facts.sending[0].cause == "[redacted]");
  CHECK(facts.answers[0].reply.detail == "[redacted]");
  CHECK(facts.answers[0].model_as_of == "[redacted]");
  CHECK(facts.answers[0].notes.limits == Json{{"quota", "[redacted]"}, {"[redacted]", 1}});
  CHECK(facts.gates[0].evidence["stated"] == "[redacted]");
  CHECK(facts.gates[0].objections[0].finding.detail == "[redacted]");
  CHECK(facts.end->findings[0].detail == "[redacted]");
  CHECK(facts.end->deliveries[0].shown == "[redacted]");
}
