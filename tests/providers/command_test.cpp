// A command as the agent: real processes, and what becomes of how they end.
#include "providers/local/command.hpp"

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "call_bench.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

struct Stage {
  Stage() {
    run.run = {1234};
    run.job = "standup";
    run.as_of = run.scheduled_at = run.window_end = *parse_rfc3339("2026-06-01T07:00:00Z");
    run.window_start = *parse_rfc3339("2026-05-29T07:00:00Z");
    run.wall_limit = minutes{10};
    request.system = "Be brief.";
    request.messages = {{Message::Role::user, "Summarise.\n\n<clock seq=\"1\">", {}, {}, {}}};
    context.values.run = &run;
    context.deadline = minutes{10};
    context.idempotency_key = "key";
  }
  void script(const std::string& text) { agent.argv = {"/bin/sh", "-c", text}; }
  ModelOutcome call() {
    const auto read = [this](const SecretSource&) { return secret; };
    CommandProvider provider(agent, clock, read, io.get_executor());
    return run_call(io, provider.call(request, context));
  }

  boost::asio::io_context io;
  SystemClock clock;
  RunTime run;
  CommandAgent agent;
  ModelRequest request;
  CallContext context;
  Result<Secret> secret = Secret("sk-canary-123");
};

CommandResult ended(CommandResult::End end, int code, std::string output, std::string errors = "") {
  CommandResult result;
  result.end = end;
  result.code = code;
  result.output = std::move(output);
  result.errors = std::move(errors);
  return result;
}

struct Place {
  Place() {
    char name[] = "/tmp/nowd-command-XXXXXX";
    if (mkdtemp(name) == nullptr) throw std::runtime_error("mkdtemp");
    path = name;
  }
  ~Place() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("a command gets system text, prompt and clock block on stdin, and its stdout is the answer") {
  Stage stage;
  stage.agent.argv = {"cat"};
  const ModelOutcome outcome = stage.call();
  CHECK(outcome.reply.stop == Stop::complete);
  CHECK(outcome.reply.stop_raw == "exit 0");
  CHECK(outcome.reply.text == "Be brief.\n\nSummarise.\n\n<clock seq=\"1\">");
  CHECK(outcome.request_body == "Be brief.\n\nSummarise.\n\n<clock seq=\"1\">\n");
}

TEST_CASE("what nowd cannot see of a command stays empty") {
  Stage stage;
  stage.script("echo done");
  const ModelOutcome outcome = stage.call();
  REQUIRE((outcome.times.sent && outcome.times.ended));
  CHECK(outcome.times.sent->boot < outcome.times.ended->boot);
  CHECK_FALSE(outcome.times.headers.has_value());
  CHECK_FALSE(outcome.times.first_token.has_value());
  CHECK_FALSE(outcome.times.remote_date.has_value());
  CHECK_FALSE(outcome.reply.usage.has_value());
  CHECK(outcome.remote.empty());
  CHECK(outcome.http_status == 0);
}

TEST_CASE("a command has the run's dates and its own variables in its environment, and nothing of the daemon's") {
  Stage stage;
  ::setenv("NOWD_TEST_SECRET", "leak", 1);
  stage.agent.argv = {"env"};
  stage.agent.environment = {{"HOME", "/nowhere"}, {"MODE", "careful"}};
  const std::string text = "\n" + stage.call().reply.text + "\n";
  ::unsetenv("NOWD_TEST_SECRET");
  for (const std::string line :
       {"NOWD_AS_OF=2026-06-01T07:00:00", "NOWD_WINDOW_START=2026-05-29T07:00:00", "NOWD_JOB=standup\n",
        "NOWD_RUN=1234\n", "NOWD_IDEMPOTENCY_KEY=key\n", "HOME=/nowhere\n", "MODE=careful\n", "PATH=/", "USER="}) {
    INFO(line);
    CHECK(text.find("\n" + line) != std::string::npos);
  }
  CHECK(text.find("leak") == std::string::npos);
}

TEST_CASE("a command starts in its directory") {
  Stage stage;
  stage.agent.argv = {"pwd"};
  stage.agent.directory = "/usr";
  CHECK(stage.call().reply.text == "/usr");
  stage.agent.directory = "/no/such/place";
  const ModelReply reply = stage.call().reply;
  CHECK(reply.stop == Stop::provider_error);
  CHECK(reply.detail.find("directory /no/such/place") != std::string::npos);
}

TEST_CASE("arguments are filled in, and what comes from an input cannot become an option") {
  Stage stage;
  stage.context.values.inputs["notes"] = "Ann";
  stage.agent.argv = {"echo", "{{today}}:", "{{inputs.notes}}"};
  CHECK(stage.call().reply.text == "2026-06-01: Ann");
  stage.context.values.inputs["notes"] = "--dangerously";
  const ModelReply reply = stage.call().reply;
  CHECK(reply.stop == Stop::provider_error);
  CHECK(reply.detail.find("became an option: '--dangerously'") != std::string::npos);
}

TEST_CASE("a command that fails says its exit code and the last lines of its errors") {
  Stage stage;
  stage.script("echo half; echo first >&2; echo 'no credit left' >&2; exit 3");
  const ModelOutcome outcome = stage.call();
  CHECK(outcome.reply.stop == Stop::provider_error);
  CHECK(outcome.reply.stop_raw == "exit 3");
  CHECK(outcome.reply.detail == "first; no credit left");
  CHECK(outcome.reply.text == "half");
  CHECK(outcome.response_body == "first\nno credit left\n");
  stage.script("echo 'Invalid API key'; exit 1");  // many say so on stdout
  CHECK(stage.call().reply.detail == "Invalid API key");
}

TEST_CASE("a command that is not there is an error with the remedy, and was never started") {
  Stage stage;
  stage.agent.argv = {"no-such-agent", "-p"};
  const ModelOutcome outcome = stage.call();
  CHECK(outcome.reply.stop == Stop::provider_error);
  CHECK(outcome.reply.detail.starts_with("cannot start no-such-agent: not found in "));
  CHECK_FALSE(outcome.times.sent.has_value());
}

TEST_CASE("an exit of 0 without a word is no answer") {
  Stage stage;
  stage.script("echo");
  CHECK(stage.call().reply.stop == Stop::malformed);
}

TEST_CASE("an output over the limit is kept up to it, and never presented as whole") {
  Stage stage;
  stage.agent.max_bytes = 1000;
  stage.script("head -c 50000000 /dev/zero | tr '\\0' x");
  const ModelReply reply = stage.call().reply;
  CHECK(reply.stop == Stop::truncated_output);
  CHECK(reply.text == std::string(1000, 'x'));
  CHECK(reply.detail.find("more than 1000 bytes") != std::string::npos);
  stage.script("printf '%01000d' 7");
  CHECK(stage.call().reply.stop == Stop::complete);
  stage.script("printf '%01001d' 7");
  CHECK(stage.call().reply.stop == Stop::truncated_output);
}

TEST_CASE("when the run's time is spent a command is told to end, and ended if it does not listen") {
  Stage stage;
  stage.context.deadline = milliseconds{50};
  stage.script("trap '' TERM; echo working; while :; do sleep 60; done");
  const ModelReply reply = stage.call().reply;
  CHECK(reply.stop == Stop::cancelled);
  CHECK(reply.detail.find("limits.wall") != std::string::npos);
  stage.context.deadline = milliseconds{0};
  CHECK(stage.call().reply.stop == Stop::budget_exceeded);
}

TEST_CASE("children that a command leaves behind do not survive it") {
  Stage stage;
  const Place place;
  const std::string pid = (place.path / "pid").string();
  stage.script("sleep 600 & echo $! > " + pid + "; echo started");
  CHECK(stage.call().reply.text == "started");
  const int child = std::stoi(content(pid));
  // Killed with the group: it dies as soon as the kernel gets to it, and what is left until init looks is a zombie.
  const auto gone = [&] {
    const std::string state = content("/proc/" + std::to_string(child) + "/stat");
    return state.empty() || state.find(") Z ") != std::string::npos || state.find("(sleep)") == std::string::npos;
  };
  for (int look = 0; look < 1000 && !gone(); ++look) std::this_thread::sleep_for(milliseconds{10});
  CHECK(gone());
}

TEST_CASE("death by a signal is told as such") {
  const ModelReply reply = command_reply({}, ended(CommandResult::End::signalled, 9, "half", ""), Redactor());
  CHECK(reply.stop == Stop::provider_error);
  CHECK(reply.stop_raw == "signal 9");
}

TEST_CASE("output that is no UTF-8 is cleaned") {
  Stage stage;
  stage.script("printf 'a\\377b\\000c\\n'");
  CHECK(stage.call().reply.text ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD"
        "c");
}

TEST_CASE("a secret goes in, and comes out neither in the output nor in the errors") {
  Stage stage;
  stage.agent.environment = {{"KEY", "Bearer ${credential:openai}"}};
  stage.script("[ \"$KEY\" = 'Bearer sk-canary-123' ] && echo \"got $KEY\"; echo \"$KEY\" >&2; exit 4");
  const ModelOutcome outcome = stage.call();
  CHECK(outcome.reply.text == "got Bearer [redacted]");
  CHECK(outcome.reply.detail == "Bearer [redacted]");
  CHECK(outcome.response_body == "Bearer [redacted]\n");
  stage.secret = unavailable("credential openai: no such file");
  const ModelReply reply = stage.call().reply;
  CHECK(reply.stop == Stop::provider_error);
  CHECK(reply.detail == "command.environment.KEY: credential openai: no such file");
}

TEST_CASE("the last lines of long errors are told, whole ones, and little of one without end") {
  std::string many;
  for (int i = 1; i <= 50; ++i) many += "line " + std::to_string(i) + "\n";
  CHECK(command_reply({}, ended(CommandResult::End::exited, 1, "", many), Redactor()).detail ==
        "line 46; line 47; line 48; line 49; line 50");
  const std::string endless(100'000, 'x');
  CHECK(command_reply({}, ended(CommandResult::End::exited, 1, "", endless), Redactor()).detail ==
        std::string(1000, 'x'));
}

TEST_CASE("what was read of an endless output ends in no half of a secret, in the detail neither") {
  Redactor redact;
  redact.add(Secret("s3cret-value"));
  CommandResult cut = ended(CommandResult::End::exited, 1, std::string(command_slack, 'x') + "s3cret");
  cut.output_cut = true;
  const ModelReply reply = command_reply({}, cut, redact);
  CHECK(reply.detail.find('s') == std::string::npos);
  CHECK(reply.text.find('s') == std::string::npos);
}

TEST_CASE("another user is taken only by root; an unknown one is named") {
  Stage stage;
  stage.agent.argv = {"sh", "-c", "id -un; echo $HOME; id -G"};
  stage.agent.user = "nobody-known";
  CHECK(stage.call().reply.detail.find("this host has no user 'nobody-known'") != std::string::npos);
  stage.agent.user = "daemon";
  const ModelReply reply = stage.call().reply;
  if (::geteuid() == 0) {
    CHECK(reply.stop == Stop::complete);
    CHECK(reply.text.starts_with("daemon\n/"));
  } else {
    CHECK(reply.detail.find("and may not become 'daemon'") != std::string::npos);
  }
}
