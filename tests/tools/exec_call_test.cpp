#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "tools/call_fixture.hpp"
#include "tools/calls/exec_call.hpp"

using namespace nowd;
using namespace nowd::test;

TEST_CASE("a command gets its arguments as one JSON object on stdin, and its stdout is the result") {
  Caller caller;
  const ToolOutcome outcome = caller.call(exec_tool({"cat"}), Json{{"b", 1}, {"a", "x\ny"}});
  CHECK(outcome.state == CallState::confirmed);
  CHECK(outcome.result == "{\"a\":\"x\\ny\",\"b\":1}\n");
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.error.empty());
  CHECK_FALSE(outcome.cut);
  REQUIRE(outcome.started.has_value());
  REQUIRE(outcome.ended.has_value());
  CHECK(outcome.started->boot <= outcome.ended->boot);
}

TEST_CASE("a tool's argv is never a template or a shell string") {
  Caller caller;
  const auto outcome = caller.call(exec_tool({"printf", "%s|", "{{today}}", "$HOME", "; id"}), Json::object());
  CHECK(outcome.result == "{{today}}|$HOME|; id|");
}

TEST_CASE("a child inherits nothing, and is told the run's times") {
  ::setenv("NOWD_TEST_LEAK", "secret", 1);
  Caller caller;
  caller.environment.idempotency_key = "k-1";
  const std::string all = caller.call(exec_tool({"env"}), Json::object()).result;
  CHECK(all.find("NOWD_TEST_LEAK") == std::string::npos);
  CHECK(all.find("PATH=/usr/local/sbin:") != std::string::npos);
  CHECK(all.find("HOME=/\n") != std::string::npos);
  CHECK(all.find("LANG=C.UTF-8\n") != std::string::npos);
  CHECK(all.find("NOWD_AS_OF=2026-06-01T09:00:00+02:00\n") != std::string::npos);
  CHECK(all.find("NOWD_IDEMPOTENCY_KEY=k-1\n") != std::string::npos);
  CHECK(std::count(all.begin(), all.end(), '\n') == 15);
}

TEST_CASE("an exit code is a failure with the last lines of stderr, and what stdout said") {
  Caller caller;
  const auto outcome = caller.call(
      shell(
          "for i in $(seq 1 30); do echo line $i >&2; done; echo 'no such customer' >&2; echo '{\"code\":4}'; exit 3"),
      Json::object());
  CHECK(outcome.state == CallState::failed);
  CHECK(outcome.exit_code == 3);
  CHECK(outcome.error == "exit code 3: line 27; line 28; line 29; line 30; no such customer");
  CHECK(outcome.result.find("exit code 3\nline 12\n") == 0);
  CHECK(outcome.result.find("line 11\n") == std::string::npos);
  CHECK(outcome.result.find("\nno such customer\noutput:\n{\"code\":4}\n") != std::string::npos);
}

TEST_CASE("a timeout is unknown: the command may have done its work") {
  Caller caller;
  Tool tool = shell("echo started; exec sleep 60");
  tool.timeout = milliseconds{150};
  const auto outcome = caller.call(tool, Json::object());
  CHECK(outcome.state == CallState::unknown);
  CHECK_FALSE(outcome.exit_code.has_value());
  CHECK(outcome.error.find("not known") != std::string::npos);
  CHECK(outcome.result.find("started") != std::string::npos);
}

TEST_CASE("the run's deadline is shorter than the tool's patience") {
  Caller caller;
  caller.environment.deadline = milliseconds{150};
  CHECK(caller.call(exec_tool({"sleep", "60"}), Json::object()).state == CallState::unknown);
  caller.environment.deadline = milliseconds{0};
  const auto outcome = caller.call(exec_tool({"sleep", "60"}), Json::object());
  CHECK(outcome.state == CallState::refused);
  CHECK_FALSE(outcome.started.has_value());
}

TEST_CASE("a command killed by a signal is unknown, not failed") {
  Caller caller;
  CHECK(caller.call(shell("kill -9 $$"), Json::object()).state == CallState::unknown);
}

TEST_CASE("a command that cannot be started is refused: nothing happened") {
  Caller caller;
  const auto outcome = caller.call(exec_tool({"/nonexistent/tool"}), Json::object());
  CHECK(outcome.state == CallState::refused);
  CHECK(outcome.error.find("/nonexistent/tool") != std::string::npos);
  CHECK(outcome.result == outcome.error);
  CHECK(caller.call(exec_tool({}), Json::object()).state == CallState::refused);
}

TEST_CASE("a result is bounded, says that it was cut, and is UTF-8 without NUL") {
  Caller caller;
  Tool tool = shell("head -c 200000 /dev/zero | tr '\\0' 'x'");
  tool.max_bytes = 1000;
  const auto outcome = caller.call(tool, Json::object());
  CHECK(outcome.state == CallState::confirmed);
  CHECK(outcome.cut);
  CHECK(outcome.result.size() <= 1000);
  CHECK(outcome.result.find("[cut: only the first ") != std::string::npos);
  CHECK(caller.call(shell("printf 'a\\377b\\000c'"), Json::object()).result ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD"
        "c");
}

TEST_CASE("the data time of a JSON result is read where it is declared") {
  Caller caller;
  Tool tool = shell(R"(echo '{"notes":[{"at":"2026-05-31"},{"at":"2026-05-30T10:00:00Z"},{"at":"x"}]}')");
  CHECK_FALSE(caller.call(tool, Json::object()).data.has_value());
  tool.data_time = "/notes/*/at";
  const auto data = caller.call(tool, Json::object()).data;
  REQUIRE(data.has_value());
  CHECK(data->oldest == parse_rfc3339("2026-05-30T10:00:00Z").value());
  CHECK(data->newest == parse_rfc3339("2026-05-30T22:00:00Z").value());
  CHECK(data->count == 2);
  CHECK(data->unreadable == 1);
  tool = shell("true");
  tool.data_time = "/notes/*/at";
  CHECK(caller.call(tool, Json::object()).data == DataTimes{});
  tool = shell("echo no json");
  tool.data_time = "/notes/*/at";
  CHECK(caller.call(tool, Json::object()).data->unreadable == 1);
}

TEST_CASE("an input's argv is made of templates and gets no stdin") {
  Caller caller;
  Input input;
  input.name = "notes";
  input.action =
      ExecAction{{"sh", "-c", "printf '%s\\n' \"$@\"; cat", "sh", "{{window.start}}", "{{inputs.who}}", "--fixed"}};
  caller.environment.inputs = {{"who", "Ann; rm -rf /"}};
  const auto outcome = caller.fetch(input);
  CHECK(outcome.state == CallState::confirmed);
  CHECK(outcome.result == "2026-05-31T09:00:00+02:00\nAnn; rm -rf /\n--fixed\n");
}

TEST_CASE("what an input returned becomes neither an option nor a program") {
  Caller caller;
  Input input;
  caller.environment.inputs = {{"evil", "--output=/etc/passwd"}, {"prog", "sh"}, {"nul", std::string("a\0b", 3)}};
  const auto refused = [&](std::vector<std::string> argv) {
    input.action = ExecAction{std::move(argv)};
    return caller.fetch(input).state == CallState::refused;
  };
  CHECK(refused({"echo", "{{inputs.evil}}"}));
  CHECK(refused({"{{inputs.prog}}", "-c", "true"}));
  CHECK(refused({"echo", "{{inputs.nul}}"}));
  CHECK(refused({"echo", "{{inputs.none}}"}));
  CHECK_FALSE(refused({"echo", "--", "x{{inputs.evil}}"}));
  CHECK_FALSE(refused({"echo", "--since={{today}}"}));
}

TEST_CASE("what a command prints is cleaned of every known secret before it is cut") {
  CallRules rules;
  rules.max_bytes = 400;
  rules.redact.add(Secret("s3cret-value"));
  const Zone zone = Zone::find("Europe/Berlin").value();
  CommandResult ended;
  for (std::size_t before = 340; before < 400; ++before) {
    ended.output = std::string(before, 'x') + "s3cret-value" + std::string(500, 'y');
    if (exec_outcome(ended, rules, zone).result.find("xs") != std::string::npos) FAIL_CHECK("cut at " << before);
  }
  ended.code = 3;
  ended.errors = std::string(295, 'x') + "s3cret-value";
  CHECK(exec_outcome(ended, rules, zone).error.find("xs") == std::string::npos);
  CHECK(exec_outcome(ended, rules, zone).result.find("xs") == std::string::npos);
}

TEST_CASE("a call knows the secrets that were read for others") {
  Caller caller;
  caller.secrets = {{"crm", "s3cret-value"}};
  Tool reads = http_tool("GET", "http://127.0.0.1:1/x");
  http_of(reads).headers = {{"Authorization", "Bearer ${credential:crm}"}};
  caller.call(reads, Json::object());
  Tool prints = shell("printf '%0350d' 0 | tr 0 x; printf 's3cret-value'; printf '%0500d' 0");
  prints.max_bytes = 400;
  CHECK(caller.call(prints, Json::object()).result.find("xs") == std::string::npos);
}

TEST_CASE("a command that fails is told of in its own last words: of its errors, or else of its output") {
  Caller caller;
  const auto error = [&](const std::string& script) { return caller.call(shell(script), Json::object()).error; };
  CHECK(error("echo 'tee: /x: Permission denied' >&2; exit 1") == "exit code 1: tee: /x: Permission denied");
  CHECK(error("for i in 1 2 3 4 5 6 7; do echo line $i >&2; done; echo >&2; exit 2") ==
        "exit code 2: line 3; line 4; line 5; line 6; line 7");
  CHECK(error("echo only here; exit 3") == "exit code 3: only here");
  CHECK(error("exit 4") == "exit code 4");
  CHECK(error("printf 'a\\033[2Jb\\n' >&2; exit 5") == "exit code 5: a [2Jb");
  CHECK(error("printf '%05000d' 0 >&2; exit 6").size() < 700);
}

TEST_CASE("a result with a secret in it reaches a model without it, and is kept as it came for other tools") {
  Caller caller;
  caller.secrets = {{"crm", "s3cret-value"}};
  Tool reads = http_tool("GET", "http://127.0.0.1:1/x");
  http_of(reads).headers = {{"Authorization", "Bearer ${credential:crm}"}};
  caller.call(reads, Json::object());
  Input input;
  input.action = ExecAction{{"printf", "key s3cret-value\\n"}};
  const ToolOutcome outcome = caller.fetch(input);
  CHECK(outcome.result == "key [redacted]\n");
  CHECK(outcome.unredacted == "key s3cret-value\n");
  input.action = ExecAction{{"echo", "nothing"}};
  CHECK_FALSE(caller.fetch(input).unredacted);
}

TEST_CASE("a word that stands in place of a key is ordinary text for a tool") {
  Caller caller;
  caller.secrets = {{"crm", "ollama"}};
  Tool reads = http_tool("GET", "http://127.0.0.1:1/x");
  http_of(reads).headers = {{"Authorization", "Bearer ${credential:crm}"}};
  caller.call(reads, Json::object());
  CHECK(caller.call(shell("cat"), Json{{"city", "ollama town"}}).result == "{\"city\":\"ollama town\"}\n");
}
