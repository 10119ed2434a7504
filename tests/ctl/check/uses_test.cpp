#include "ctl/check/uses.hpp"

#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::ctl;

namespace {

using Kind = SecretSource::Kind;

Config sample() {
  Config config;
  config.source = "nowd.yaml";
  config.providers["primary"] = {.name = "primary", .api = "openai-chat", .key = {Kind::credential, "openai"}};
  config.providers["spare"] = {.name = "spare", .api = "script"};
  Tool note;
  note.name = "crm.note";
  note.action = HttpAction{.url = "https://crm.internal/customers/{id}",
                           .headers = {{"Authorization", "Bearer ${credential:crm}"}},
                           .hosts = {"crm-2.internal"}};
  config.tools["crm.note"] = note;
  Tool get;
  get.name = "crm.get";
  get.action = ExecAction{{"crm-get"}};
  config.tools["crm.get"] = get;
  Sink slack;
  slack.name = "slack";
  slack.target = WebhookSink{.url = "${env:SLACK_URL}", .headers = {{"X-Key", "${credential:crm}"}}};
  config.sinks["slack"] = slack;
  Sink wall;
  wall.name = "wall";
  wall.target = ExecSink{{"wall"}};
  config.sinks["wall"] = wall;
  return config;
}

Job standup() {
  Job job;
  job.name = "standup";
  job.source = "standup.yaml:1";
  job.provider = "primary";
  job.tools = {{"crm.get", {}}};
  job.deliver = {"slack"};
  Input notes;
  notes.name = "notes";
  notes.action = ExecAction{{"get-notes", "{{window.start}}"}};
  job.inputs.push_back(notes);
  notes.action = ExecAction{{"{{inputs.notes}}"}};
  job.inputs.push_back(notes);
  job.when = When{ExecAction{{"is-it-time"}}, seconds{1}};
  return job;
}

std::vector<std::string> programs(const Uses& uses) {
  std::vector<std::string> names;
  for (const ProgramUse& use : uses.programs) names.push_back(use.where + ": " + use.program);
  return names;
}

}  // namespace

TEST_CASE("jobs use what they name, and no more of the configuration") {
  const Uses uses = uses_of(sample(), {standup()}, Scope::jobs);
  CHECK(programs(uses) == std::vector<std::string>{"tools.crm.get: crm-get", "standup inputs.notes: get-notes",
                                                   "standup when: is-it-time"});
  REQUIRE(uses.secrets.size() == 3);
  CHECK(uses.secrets[0] == SecretUse{{Kind::credential, "openai"}, "providers.primary", "nowd.yaml"});
  CHECK(uses.secrets[1].secret == SecretSource{Kind::env, "SLACK_URL"});
  CHECK(uses.secrets[2].secret == SecretSource{Kind::credential, "crm"});
  REQUIRE(uses.providers.size() == 1);
  REQUIRE(uses.sinks.size() == 1);
  CHECK(uses.hosts.empty());
}

TEST_CASE("everything that is configured: each secret once, hosts without slots, sinks that are programs as programs") {
  const Uses uses = uses_of(sample(), {}, Scope::all);
  CHECK(programs(uses) == std::vector<std::string>{"tools.crm.get: crm-get", "sinks.wall: wall"});
  CHECK(uses.secrets.size() == 3);
  CHECK(uses.sinks.size() == 1);
  REQUIRE(uses.hosts.size() == 2);
  CHECK(uses.hosts[0].host == "crm-2.internal");
  CHECK(uses.hosts[1].host == "crm.internal");
}

TEST_CASE("a command is looked for where it will be: in its own PATH, from its own directory") {
  Job job;
  job.name = "agent";
  job.command = CommandAgent{.argv = {"claude", "-p"},
                             .directory = "/srv/agent",
                             .user = "bob",
                             .environment = {{"PATH", "/opt/bin"}, {"KEY", "${credential:claude}"}}};
  const Uses uses = uses_of({}, {job}, Scope::jobs);
  REQUIRE(uses.programs.size() == 1);
  CHECK(uses.programs[0].path == "/opt/bin");
  CHECK(uses.programs[0].directory == "/srv/agent");
  REQUIRE(uses.users.size() == 1);
  CHECK(uses.users[0].user == "bob");
  REQUIRE(uses.secrets.size() == 1);
  CHECK(uses.secrets[0].where == "agent command");
}
