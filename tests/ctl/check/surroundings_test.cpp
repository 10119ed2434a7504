#include "ctl/check/uses.hpp"

#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::ctl;

namespace {

Finding finding(Status status) {
  return {"program", status, "standup when", "not there", "install it", "a.yaml:7", false};
}

}  // namespace

TEST_CASE("a bad finding is an error online and a warning offline, at its place in the file") {
  const auto online = diagnostic_of(finding(Status::bad), true);
  REQUIRE(online);
  CHECK(*online == Diagnostic{Diagnostic::Severity::error, "a.yaml", 7, 1, "standup when: not there; install it"});
  CHECK(diagnostic_of(finding(Status::bad), false)->severity == Diagnostic::Severity::warning);
  CHECK(diagnostic_of(finding(Status::warn), true)->severity == Diagnostic::Severity::warning);
  CHECK(!diagnostic_of(finding(Status::ok), true));
}

TEST_CASE("a place without a line is the file as a whole") {
  Finding one = finding(Status::warn);
  one.source = "/etc/nowd:x/nowd.yaml";
  const auto diagnostic = diagnostic_of(one, true);
  REQUIRE(diagnostic);
  CHECK(diagnostic->file == "/etc/nowd:x/nowd.yaml");
  CHECK(diagnostic->line == 0);
}

TEST_CASE("offline, programs and secret files that are not there are warnings; credentials and users are the unit's") {
  Uses uses;
  uses.programs.push_back({"nowd-no-such-program", "", "", "tools.a", "nowd.yaml"});
  uses.programs.push_back({"sh", "", "", "tools.b", "nowd.yaml"});
  uses.secrets.push_back({{SecretSource::Kind::file, "/nonexistent/key"}, "providers.a", "nowd.yaml"});
  uses.secrets.push_back({{SecretSource::Kind::credential, "openai"}, "providers.b", "nowd.yaml"});
  uses.users.push_back({"nowd-no-such-user", "agent", "a.yaml:1"});
  uses.providers.push_back({.name = "p", .api = "openai-chat", .base_url = "http://127.0.0.1:1/v1"});
  const auto found = surroundings_of(uses, {}, false);
  REQUIRE(found.size() == 2);
  CHECK(found[0].message.starts_with("tools.a: 'nowd-no-such-program' is in none of "));
  CHECK(found[1].message.starts_with("secret file /nonexistent/key (providers.a): "));
  for (const Diagnostic& each : found) CHECK(each.severity == Diagnostic::Severity::warning);
}
