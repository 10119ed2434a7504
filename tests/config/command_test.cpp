// command: a program in place of a provider.
#include "config/canonical/canonical.hpp"
#include "config/support.hpp"
#include "support/catch.hpp"
#include "support/places.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

std::vector<std::string> said_with(const std::string& lines) { return said_of_job(job_with(lines)); }

CommandAgent command_of(const std::string& lines) {
  const LoadedJobs loaded = load(job_with(lines));
  REQUIRE(said(loaded.diagnostics) == std::vector<std::string>{});
  return *loaded.jobs.at(0).command;
}

}  // namespace

TEST_CASE("a list is a command with the careful defaults, and needs no provider") {
  CommandAgent expected;
  expected.argv = {"claude", "-p"};
  CHECK(command_of("command: [claude, -p]\n") == expected);
  CHECK(expected.repeat == CommandAgent::Repeat::once);
  CHECK(expected.max_bytes == 1024 * 1024);
  const Config without_providers;
  const auto loaded =
      parse_jobs(job_with("command: [claude, -p]\n"), "job.yaml", {.config = &without_providers, .now = early_june()});
  REQUIRE(loaded.ok());
  CHECK(loaded.jobs.at(0).provider.empty());
}

TEST_CASE("a mapping says where, as whom, with what, how often and how much") {
  const CommandAgent command = command_of(
      "command: {argv: [./run, \"{{today}}\"], directory: /srv/x, user: bob, environment: {KEY: \"${env:K}\", N: 3}, "
      "repeat: pure, max_bytes: 2 KiB}\n");
  CHECK(command.argv == std::vector<std::string>{"./run", "{{today}}"});
  CHECK(command.directory == "/srv/x");
  CHECK(command.user == "bob");
  CHECK(command.environment == std::map<std::string, std::string>{{"KEY", "${env:K}"}, {"N", "3"}});
  CHECK(command.repeat == CommandAgent::Repeat::pure);
  CHECK(command.max_bytes == 2048);
}

TEST_CASE("what only a model of nowd's could obey is refused beside a command, each with its remedy") {
  CHECK(says(said_with("command: [x]\nprovider: demo\n"), {"5:", "provider: does not go with command", "remove one"}));
  CHECK(says(said_with("command: [x]\nparams: {temperature: 0}\n"), {"params: does not go with command", "argv"}));
  CHECK(says(said_with("command: [x]\nmax_output_tokens: 5\n"), {"max_output_tokens: does not", "command.max_bytes"}));
  CHECK(says(said_with("command: [x]\ntools: [mail]\n"), {"tools: does not go with command"}));
  CHECK(says(said_with("command: [x]\nlimits: {model_calls: 2}\n"), {"limits: model_calls does not", "limits.wall"}));
  CHECK(says(said_with("command: [x]\nlimits: {tool_calls: 2}\n"), {"limits: tool_calls does not"}));
}

TEST_CASE("what is no command is named with the remedy") {
  CHECK(says(said_with("command: claude -p\n"), {"4:", "command: is one text", "[command, argument, …]"}));
  CHECK(says(said_with("command: []\n"), {"command: names no command"}));
  CHECK(says(said_with("command: {}\n"), {"command: 'argv' is missing", "write argv:"}));
  CHECK(says(said_with("command: [\"{{job}}\"]\n"), {"templates are not filled in here", "name the program itself"}));
  CHECK(says(said_with("command: [x, \"{{nobody}}\"]\n"), {"nobody"}));
  CHECK(says(said_with("command: {argv: [x], directory: srv}\n"), {"'srv' is not absolute"}));
  CHECK(says(said_with("command: {argv: [x], repeat: twice}\n"), {"'twice' is not known"}));
  CHECK(says(said_with("command: {argv: [x], cwd: /}\n"), {"unknown key 'cwd'"}));
  CHECK(says(said_with("command: {argv: [x], environment: {NOWD_RUN: 1}}\n"), {"'NOWD_RUN' is nowd's own"}));
  CHECK(says(said_with("command: {argv: [x], environment: {1A: 1}}\n"), {"'1A' is not the name of a variable"}));
  CHECK(says(said_with("command: {argv: [x], environment: {A: \"${file:x}\"}}\n"), {"neither ${credential:NAME}"}));
  CHECK(says(said_with("command: {argv: [x], environment: {A: \"{{today}}\"}}\n"), {"NOWD_AS_OF"}));
  CHECK(says(said_with("command: {argv: [x], environment: {A_TOKEN: abc}}\n"), {"warning", "holds its secret"}));
}

TEST_CASE("a job without a command keeps the revision it had before there were commands") {
  const Job job = load(job_with("")).jobs.at(0);
  CHECK(job.canonical.find("command") == std::string::npos);
}

TEST_CASE("a job with a command comes back from the ledger although nowd.yaml has no provider") {
  const Config without_providers;
  const Job job = load(job_with("command: [claude, -p]\n")).jobs.at(0);
  const auto back = job_from_canonical(job.canonical, &without_providers);
  REQUIRE(back.has_value());
  CHECK(back->command == job.command);
  for (const char* broken : {R"({"argv":[]})", R"({"argv":"x"})", R"({"argv":["x"],"repeat":"often"})", "[]", "5"}) {
    INFO(broken);
    CHECK(job_from_canonical(R"({"name":"a","command":)" + std::string(broken) + "}", nullptr).has_error());
  }
}

TEST_CASE("the examples that come with nowd are without fault, also with an empty nowd.yaml") {
  const Config empty;
  const LoadedJobs loaded = load_jobs({test_data("../../examples")}, {.config = &empty, .now = early_june()});
  CHECK(said(loaded.diagnostics) == std::vector<std::string>{});
  CHECK(loaded.jobs.size() == 3);
  for (const Job& job : loaded.jobs) CHECK(job.command.has_value());
}
