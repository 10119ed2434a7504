// Whole runs: a real daemon, a real database, a model server on loopback, tools that are real processes.
#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>

#include "e2e/daemon.hpp"
#include "support/catch.hpp"
#include "support/database/migrated.hpp"
#include "support/model_server.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

struct E2e : MigratedDatabase, DaemonFixture {
  E2e() : DaemonFixture(Database::conninfo(), Database::conninfo("nowd")) {}
};

std::string with_model(const ModelServer& model) {
  return "listen: none\ndefaults: {clocks: observe}\nproviders:\n  primary:\n    api: openai-chat\n    base_url: " +
         model.base_url() +
         "\n    model: test-model\ntools:\n  note:\n    exec: [tee, -a, WITNESS]\n    input: {type: object, "
         "properties: {text: "
         "{type: string}}, required: [text]}\n    effect: reversible\n";
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

std::vector<std::string> lines(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<std::string> all;
  for (std::string line; std::getline(file, line);) all.push_back(line);
  return all;
}

}  // namespace

TEST_CASE_METHOD(
    E2e,
    "a model whose server's clock is minutes off: the run is recorded with all four clocks, and what it was told") {
  ModelServer model;
  ModelTurn first = calls("note", R"({"text":"hello"})");
  first.date = http_date(std::chrono::minutes{-7});
  model.turn(first);
  model.turn(says("Noted."));
  configure(replaced(with_model(model), "WITNESS", (directory() / "witness").string()));
  job("digest",
      "schedule: 0 9 * * mon-fri Europe/Berlin\ntools: [note]\ninputs:\n  notes: {exec: [printf, '{\"at\":\"%s\"}', "
      "\"{{window.start}}\"], data_time: /at}\n"
      "prompt: |\n  Notes for {{today}}: {{inputs.notes}}\n");
  start();
  CHECK(run("digest") == "succeeded");

  CHECK(lines(directory() / "witness") == std::vector<std::string>{R"({"text":"hello"})"});
  CHECK(one("select scheduled_at <= dispatched_at and dispatched_at <= inferred_at and inferred_at <= effect_at from "
            "nowd.run_clocks") == "t");
  CHECK(one("select data_oldest = data_newest and data_newest is not null from nowd.run_clocks") == "t");
  CHECK(one("select offset_high < interval '-6 minutes' and offset_low > interval '-8 minutes' from nowd.inference "
            "where seq = 1") == "t");
  CHECK(one("select count(distinct clock) from nowd.clock_reading") == "5");
  CHECK(one("select count(*) from nowd.tool_call where source = 'input' and state = 'confirmed'") == "1");
  CHECK(one("select input_tokens > 0 from nowd.run") == "t");

  const std::vector<Json> requests = model.requests();
  REQUIRE(requests.size() == 2);
  const auto text = [&](std::size_t request, std::size_t message) {
    return requests[request]["messages"].at(message)["content"].get<std::string>();
  };
  CHECK(text(0, 0).find("clock") != std::string::npos);  // the constant rule
  CHECK(text(0, 1).find("<clock seq=\"1\" run=\"1\" job=\"digest\">") != std::string::npos);
  CHECK(text(0, 1).find("run: manual, attempt 1") != std::string::npos);
  CHECK(text(1, 1) == text(0, 1));                                  // never edited
  CHECK(text(1, 3).find("<clock seq=\"2\"") != std::string::npos);  // inside the last tool result
}

TEST_CASE_METHOD(E2e, "a stream that is cut makes no run succeed, and no tool run") {
  ModelServer model;
  ModelTurn cut = calls("note", R"({"text":"hello"})");
  cut.cut_after = 150;
  model.turn(cut);
  configure(replaced(with_model(model), "WITNESS", (directory() / "witness").string()));
  job("a", "schedule: manual\ntools: [note]\nprompt: x\n");
  start();
  CHECK(run("a") == "failed");
  CHECK(one("select reason from nowd.run") == "stream_cut");
  CHECK(!std::filesystem::exists(directory() / "witness"));
}

TEST_CASE_METHOD(E2e, "kill -9 while an effect is under way: unknown, interrupted, not repeated by the next daemon") {
  ModelServer model;
  model.turn(calls("note", R"({"text":"hello"})"));
  const auto started = directory() / "started";
  configure(replaced(with_model(model), "exec: [tee, -a, WITNESS]",
                     "exec: [sh, -c, 'echo x >> " + started.string() + "; sleep 60']"));
  job("a", "schedule: manual\ntools: [note]\nprompt: x\n");
  start();
  one("select nowd.run('a')");
  wait_for("the effect to start", [&] { return lines(started).size() == 1; });
  process().signal(SIGKILL);
  process().wait();
  start();
  CHECK(one("select state || ' ' || reason from nowd.run") == "interrupted effect_in_doubt");
  CHECK(one("select state from nowd.tool_call") == "unknown");
  CHECK(one("select count(*) from nowd.request where state = 'planned'") == "0");
  CHECK(lines(started).size() == 1);
}

TEST_CASE_METHOD(E2e, "kill -9 while the model thinks: no effect was made, so the run is served again and succeeds") {
  ModelServer model;
  const Latch gate;
  ModelTurn slow = says("never");
  slow.hold = gate;
  model.turn(slow);
  model.turn(says("done"));
  configure(with_model(model));
  job("a", "schedule: manual\nprompt: x\n");
  start();
  one("select nowd.run('a')");
  wait_for("the model to be asked", [&] { return model.requests().size() == 1; });
  process().signal(SIGKILL);
  process().wait();
  start();
  wait_for("the second attempt", [&] { return one("select count(*) from nowd.run where state = 'succeeded'") == "1"; });
  CHECK(one("select string_agg(state || ' ' || attempt, ', ' order by run) from nowd.run") ==
        "orphaned 1, succeeded 2");
  CHECK(one("select state from nowd.inference order by run limit 1") == "lost");
}

namespace {

/// A job whose agent is this shell script, a block of its file.
std::string scripted(const std::string& script, const std::string& more = "") {
  return "schedule: manual\nprompt: Pack the logs of {{today}}.\nlimits: {wall: 1m}\ncommand:\n  argv:\n    - /bin/sh\n"
         "    - -c\n    - |\n      " +
         replaced(script, "\n", "\n      ") + "\n" + more;
}

}  // namespace

TEST_CASE_METHOD(E2e,
                 "any command is an agent: it gets prompt, clock block and NOWD_*, and nowd claims only what it saw") {
  configure("listen: none\n");
  job("pack", scripted("cat > stdin.txt\nenv > env.txt\necho \"packed, as of $NOWD_AS_OF\"",
                       "  directory: " + directory().string() + "\n"));
  start();
  CHECK(run("pack") == "succeeded");

  std::string told;
  for (const std::string& line : lines(directory() / "stdin.txt")) told += line + "\n";
  CHECK(told.find("Pack the logs of 20") != std::string::npos);
  CHECK(told.find("<clock seq=\"1\" run=\"1\" job=\"pack\">\nas_of: ") != std::string::npos);
  const auto variables = lines(directory() / "env.txt");
  CHECK(std::count(variables.begin(), variables.end(), "NOWD_RUN=1") == 1);

  const std::string output = one("select content from nowd.body where part = 'output'");
  CHECK(output.starts_with("packed, as of 20"));
  CHECK(one("select verdicts::text from nowd.run").find("own clock and effects are not visible") != std::string::npos);
  CHECK(one("select verdict in ('unobserved', 'unsynchronised') from nowd.run") == "t");
  CHECK(one("select provider || ' ' || model || ' ' || stop || ' ' || stop_raw || ' ' || opaque from nowd.inference") ==
        "command sh complete exit 0 true");
  CHECK(one("select headers_at is null and first_token_at is null and provider_date is null and input_tokens is null"
            " and sent_at is not null and injected_now is not null from nowd.inference") == "t");
  CHECK(one("select effect_at is null and inferred_at is not null from nowd.run_clocks") == "t");
}

TEST_CASE_METHOD(E2e, "kill -9 while a command works: it dies too, its run is interrupted, and it is not run again") {
  configure("listen: none\n");
  job("a", scripted("echo $$ >> pids.txt\nexec sleep 600", "  directory: " + directory().string() + "\n"));
  start();
  one("select nowd.run('a')");
  const auto pids = directory() / "pids.txt";
  wait_for("the command to start", [&] { return !lines(pids).empty(); });
  process().signal(SIGKILL);
  process().wait();
  const auto stat = "/proc/" + lines(pids).at(0) + "/stat";
  wait_for("the command to die with nowd", [&] {
    const auto status = lines(stat);
    return status.empty() || status[0].find(") Z ") != std::string::npos;
  });
  start();
  CHECK(one("select state || ' ' || reason from nowd.run") == "interrupted command_in_doubt");
  CHECK(one("select count(*) from nowd.request where state = 'planned'") == "0");
  CHECK(lines(pids).size() == 1);
}

TEST_CASE_METHOD(E2e, "a command as a user that cannot be is warned of at the start, and its run says why it failed") {
  configure("listen: none\n");
  job("a", scripted("echo x", "  user: nobody-known\n"));
  start();
  CHECK(process().output().find("command.user: this host has no user 'nobody-known'") != std::string::npos);
  CHECK(run("a") == "failed");
  CHECK(one("select detail from nowd.run").find("this host has no user 'nobody-known'") != std::string::npos);
}

TEST_CASE_METHOD(E2e, "SIGTERM lets a run under way end, and then stops with 0") {
  ModelServer model;
  Latch gate;
  ModelTurn slow = says("done");
  slow.hold = gate;
  model.turn(slow);
  configure(with_model(model));
  job("a", "schedule: manual\nprompt: x\n");
  start();
  one("select nowd.run('a')");
  wait_for("the model to be asked", [&] { return model.requests().size() == 1; });
  process().signal(SIGTERM);
  wait_for("the stop to begin", [&] { return process().output().find("waiting for 1 run") != std::string::npos; });
  gate.open();
  CHECK(process().wait() == 0);
  CHECK(one("select state from nowd.run") == "succeeded");
  CHECK(one("select state from nowd.node") == "stopped");
}

TEST_CASE_METHOD(
    E2e, "SIGHUP takes new jobs up; a broken file changes nothing, and at a start its job runs on its last revision") {
  const std::string script = "listen: none\nproviders: {s: {api: script, script: [{text: hi}]}}\n";
  configure(script);
  job("a", "schedule: manual\nprompt: x\n");
  start();
  job("b", "schedule: manual\nprompt: x\n");
  process().signal(SIGHUP);
  wait_for("job b", [&] { return one("select count(*) from nowd.job") == "2"; });
  CHECK(run("b") == "succeeded");

  job("b", "schedule: 61 * * * * UTC\nprompt: x\n");
  remove_job("a");
  process().signal(SIGHUP);
  wait_for("the refusal", [&] { return process().output().find("nothing was changed") != std::string::npos; });
  CHECK(process().output().find("minute '61' is not in 0-59") != std::string::npos);
  CHECK(one("select count(*) from nowd.job where state = 'active'") == "2");

  process().signal(SIGTERM);
  process().wait();
  start();
  CHECK(process().output().find("last accepted revision") != std::string::npos);
  CHECK(run("b") == "succeeded");
  CHECK(one("select state from nowd.job where job = 'a'") == "active");  // it might stand in the broken file

  job("b", "schedule: manual\nprompt: y\n");
  process().signal(SIGHUP);
  wait_for("the retirement", [&] { return one("select state from nowd.job where job = 'a'") == "retired"; });
}
