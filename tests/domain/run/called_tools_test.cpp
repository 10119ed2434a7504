#include "domain/run/effects.hpp"

#include "domain/run/machine_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

using End = CalledTool::End;

struct Row {
  const char* what;
  std::vector<CalledTool> calls;
  std::vector<std::string> must_call;
  std::string reason;  ///< empty: the run may succeed
};

}  // namespace

TEST_CASE("a run may succeed only where the last call of each effect was done, and each demanded tool was called") {
  const CalledTool failed{"post", 1, false, End::failed, "HTTP 403"};
  const CalledTool done{"post", 2, false, End::confirmed, ""};
  const CalledTool later{"post", 3, false, End::failed, "exit code 1"};
  const CalledTool shown{"post", 4, false, End::withheld, ""};
  const CalledTool other{"mail", 5, false, End::confirmed, ""};
  const CalledTool tolerated{"post", 6, true, End::failed, "HTTP 404"};
  const std::vector<Row> rows{
      {"nothing was called", {}, {}, ""},
      {"it was done", {done}, {}, ""},
      {"it failed", {failed}, {}, "effect_failed"},
      {"it failed and was made good", {failed, done}, {}, ""},
      {"it was done, and the next one failed", {done, later}, {}, "effect_failed"},
      {"another tool makes nothing good", {failed, other}, {}, "effect_failed"},
      {"it failed, and was then shown by a dry run", {failed, shown}, {}, ""},
      {"its failures are the model's business", {tolerated}, {}, ""},
      {"demanded and done", {done}, {"post"}, ""},
      {"demanded, done, and the model dealt with a later failure", {done, tolerated}, {"post"}, ""},
      {"demanded and not called", {other}, {"post"}, "effect_missing"},
      {"demanded and tolerated failure only", {tolerated}, {"post"}, "effect_missing"},
      {"demanded and shown by a dry run", {shown}, {"post"}, ""},
      {"one of two is missing", {done}, {"post", "mail"}, "effect_missing"},
      {"the failure is said before what is missing", {failed}, {"post", "mail"}, "effect_failed"},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    const auto fault = fault_in_calls(row.calls, row.must_call);
    CHECK((fault ? std::string(to_string(fault->reason)) : "") == row.reason);
  }
}

TEST_CASE("the detail names each tool, its call and the tool's own words, cut") {
  const auto fault = fault_in_calls({{"post", 3, false, End::failed, R"(HTTP 403: {"error":"token expired"})"},
                                     {"mail", 4, false, End::failed, std::string(5000, 'x')}},
                                    {});
  REQUIRE(fault);
  CHECK(fault->detail.find(R"(post (call 3): HTTP 403: {"error":"token expired"})") != std::string::npos);
  CHECK(fault->detail.find("mail (call 4): xxx") != std::string::npos);
  CHECK(fault->detail.size() < 1000);
}

namespace {

/// Asks, and has the model propose `calls`.
RunStep proposed(MachineFixture& run, RunMachine& machine, std::vector<ProposedCall> calls) {
  REQUIRE(machine.request(run.moment()).has_value());
  return run.next(machine, proposes(std::move(calls)));
}

RunStep says_it_is_done(MachineFixture& run, RunMachine& machine) {
  REQUIRE(machine.request(run.moment()).has_value());
  return run.next(machine, answer(Stop::complete, "Done, all is well."));
}

ToolAnswered refused_by_server() {
  ToolAnswered event = tool(CallState::failed, "HTTP 403\ntoken expired", "HTTP 403: token expired");
  event.outcome.exit_code = 403;
  return event;
}

}  // namespace

TEST_CASE("an effect that the other side refused fails its run, which delivers nothing and tells of it") {
  MachineFixture run;
  run.plan.job.deliver = {"slack"};
  run.plan.job.heartbeat = "https://hc.example.com";
  run.plan.followers = {"next"};
  RunMachine machine(run.plan);
  run.dispatch(machine);
  proposed(run, machine, {{"c1", "post", "{}"}});
  run.next(machine, refused_by_server());
  const RunStep step = says_it_is_done(run, machine);
  const EndFact& end = end_of(step);
  CHECK(end.state == RunState::failed);
  CHECK(end.reason == RunReason::effect_failed);
  CHECK(end.detail.find("post (call 1): HTTP 403: token expired") != std::string::npos);
  CHECK(end.deliveries.empty());
  CHECK(end.followers.empty());
  CHECK_FALSE(end.closes_alerts_of);
  REQUIRE(end.trouble);
  CHECK(end.trouble->cause() == "run standup effect_failed");
  CHECK(end.trouble->detail == end.detail);
  for (const BodyFact& body : step.facts.bodies) CHECK(body.part != BodyPart::output);
}

TEST_CASE("a failed effect that the model repeats with success is made good") {
  MachineFixture run;
  RunMachine machine(run.plan);
  run.dispatch(machine);
  proposed(run, machine, {{"c1", "post", "{}"}});
  run.next(machine, refused_by_server());
  proposed(run, machine, {{"c2", "post", R"({"again":true})"}});
  run.next(machine, tool(CallState::confirmed, "ok"));
  CHECK(end_of(says_it_is_done(run, machine)).state == RunState::succeeded);
}

TEST_CASE("an effect that was refused before it started was not made either") {
  MachineFixture run;
  SECTION("its arguments do not fit") {
    run.plan.arguments = [](const std::string&, const std::string&, Now) -> Result<Json> {
      return invalid("argument 'title' is missing");
    };
  }
  SECTION("the command does not exist") {}
  SECTION("the host's clock is not synchronised") {
    run.plan.require_synchronised_clock = true;
    run.now.source = "unsynchronised";
  }
  RunMachine machine(run.plan);
  run.dispatch(machine);
  const RunStep step = proposed(run, machine, {{"c1", "post", "{}"}});
  if (std::holds_alternative<CallTool>(step.action)) run.next(machine, tool(CallState::refused, "", "no such file"));
  CHECK(end_of(says_it_is_done(run, machine)).reason == RunReason::effect_failed);
}

TEST_CASE("a run that may only read was asked for as such: an effect that it holds back is no failure") {
  MachineFixture run;
  run.plan.effects = false;
  run.plan.job.output.must_call = {"post"};
  RunMachine machine(run.plan);
  run.dispatch(machine);
  proposed(run, machine, {{"c1", "post", "{}"}});
  CHECK(end_of(says_it_is_done(run, machine)).state == RunState::succeeded);
}

TEST_CASE("failures that are the model's business: a read, a tool with on_error: tell, a tool that does not exist") {
  MachineFixture run;
  std::string name = "post";
  SECTION("a read") { name = "look"; }
  SECTION("on_error: tell") { run.plan.tools.at(1).on_error = OnError::tell; }
  SECTION("no such tool") { name = "erase"; }
  RunMachine machine(run.plan);
  run.dispatch(machine);
  const RunStep step = proposed(run, machine, {{"c1", name, "{}"}});
  if (std::holds_alternative<CallTool>(step.action)) run.next(machine, refused_by_server());
  CHECK(end_of(says_it_is_done(run, machine)).state == RunState::succeeded);
}

TEST_CASE("a demanded call that was not made fails the run; a dry run that shows it would have made it") {
  MachineFixture run;
  run.plan.job.output.must_call = {"post"};
  SECTION("not called") {
    RunMachine machine(run.plan);
    run.dispatch(machine);
    const RunStep step = says_it_is_done(run, machine);
    CHECK(end_of(step).state == RunState::failed);
    CHECK(end_of(step).reason == RunReason::effect_missing);
    CHECK(end_of(step).detail == "output.must_call: post was not called");
  }
  SECTION("a dry run") {
    run.plan.dry_run = true;
    RunMachine machine(run.plan);
    run.dispatch(machine);
    proposed(run, machine, {{"c1", "post", "{}"}});
    CHECK(end_of(says_it_is_done(run, machine)).state == RunState::succeeded);
  }
}
