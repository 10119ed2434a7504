// People act on time: a real daemon, nowctl, tools that are real processes.
#include <csignal>
#include <fstream>

#include "e2e/daemon.hpp"
#include "support/catch.hpp"
#include "support/database/migrated.hpp"
#include "support/model_server.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

std::vector<std::string> lines(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<std::string> all;
  for (std::string line; std::getline(file, line);) all.push_back(line);
  return all;
}

bool is_gone(const std::string& pid) {
  const auto status = lines("/proc/" + pid + "/stat");
  return status.empty() || status[0].find(") Z ") != std::string::npos;
}

struct Acting : MigratedDatabase, DaemonFixture {
  Acting() : DaemonFixture(Database::conninfo(), Database::conninfo("nowd")) {}

  int nowctl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), built("daemon/ctl/nowctl"));
    arguments.insert(arguments.end(), {"--database", Database::conninfo()});
    Process process(arguments, directory() / "ctl");
    const int code = process.wait();
    said = process.output();
    return code;
  }
  /// A tool that a model calls, which writes its processes' numbers and sleeps.
  void with_sleeper(const ModelServer& model, const std::string& effect) {
    configure("listen: none\ndefaults: {clocks: observe}\nproviders:\n  primary: {api: openai-chat, base_url: \"" +
              model.base_url() + "\", model: m}\ntools:\n  rest:\n    exec: [sh, -c, 'sleep 60 & echo $! $$ >> " +
              pids().string() + "; wait']\n    input: {type: object}\n    timeout: 90s\n    effect: " + effect + "\n" +
              more);
  }
  std::filesystem::path pids() const { return directory() / "pids"; }
  /// Cancels the only run; gives how long it took to end.
  std::chrono::milliseconds cancel() {
    const auto asked = std::chrono::steady_clock::now();
    CHECK(nowctl({"cancel", "1", "--reason", "wrong figures"}) == 0);
    wait_for("the run to end", [&] { return one("select ended_at is not null from nowd.run") == "t"; });
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - asked);
  }
  std::string ending() { return one("select state || ' ' || reason from nowd.run"); }

  std::string said;
  std::string more;
};

constexpr std::chrono::milliseconds soon{25'000};  // 60 s are slept; this host may be busy

}  // namespace

TEST_CASE_METHOD(Acting,
                 "a run whose tool sleeps for a minute ends soon after nowctl cancel, and its processes are gone") {
  ModelServer model;
  model.turn(calls("rest", "{}"));
  with_sleeper(model, "read");
  job("a", "schedule: manual\ntools: [rest]\nprompt: x\n");
  job("report", "schedule: manual\nafter: a\nprompt: x\n");
  start();
  one("select nowd.run('a')");
  wait_for("the tool to start", [&] { return !lines(pids()).empty(); });
  CHECK(cancel() < soon);
  INFO(said);
  CHECK(ending() == "cancelled cancelled");
  CHECK(one("select detail from nowd.run") == "by postgres: wrong figures");
  CHECK(one("select state from nowd.tool_call") == "failed");
  CHECK(one("select state from nowd.request") == "done");
  CHECK(one("select count(*) from nowd.request") == "1");  // nothing follows
  CHECK(one("select count(*) from nowd.alert") == "0");
  std::istringstream both(lines(pids()).at(0));
  for (std::string pid; both >> pid;) CHECK(is_gone(pid));
  CHECK(nowctl({"cancel", "1"}) == 2);
  CHECK(said.find("run 1: it has ended (cancelled)") != std::string::npos);
}

TEST_CASE_METHOD(Acting,
                 "an effect that is cut is in doubt, and never called cancelled; its process is gone all the same") {
  ModelServer model;
  model.turn(calls("rest", "{}"));
  with_sleeper(model, "irreversible");
  job("a", "schedule: manual\ntools: [rest]\nprompt: x\n");
  start();
  one("select nowd.run('a')");
  wait_for("the tool to start", [&] { return !lines(pids()).empty(); });
  CHECK(cancel() < soon);
  CHECK(ending() == "interrupted effect_in_doubt");
  CHECK(one("select state from nowd.tool_call") == "unknown");
  std::istringstream both(lines(pids()).at(0));
  for (std::string pid; both >> pid;) CHECK(is_gone(pid));
}

TEST_CASE_METHOD(Acting, "a run that made an effect and is stopped while the model thinks is aborted_partial") {
  ModelServer model;
  const Latch gate;
  ModelTurn slow = says("never");
  slow.hold = gate;
  model.turn(calls("note", "{}"));
  model.turn(slow);
  more = "  note: {exec: [\"true\"], input: {type: object}, effect: reversible}\n";
  with_sleeper(model, "read");
  job("a", "schedule: manual\ntools: [note]\nprompt: x\n");
  start();
  one("select nowd.run('a')");
  wait_for("the model to be asked again", [&] { return model.requests().size() == 2; });
  CHECK(cancel() < soon);
  CHECK(ending() == "aborted_partial effects_made");
  CHECK(one("select detail from nowd.run") ==
        "stopped by postgres: wrong figures; made before that, and standing: note (call 1)");
  CHECK(one("select string_agg(state, ' ' order by seq) from nowd.inference") == "answered lost");
}

TEST_CASE_METHOD(Acting, "cancelling one run leaves the others alone") {
  ModelServer model;
  Latch gate;
  ModelTurn slow = says("done");
  slow.hold = gate;
  model.turn(slow);
  with_sleeper(model, "read");
  job("other", "schedule: manual\nprompt: x\n");
  job("a", "schedule: manual\ncommand: {argv: [sleep, \"60\"], repeat: pure}\nprompt: x\n");
  start();
  one("select nowd.run('other')");
  wait_for("the model to be asked", [&] { return model.requests().size() == 1; });
  one("select nowd.run('a')");
  wait_for("the command's run", [&] { return one("select count(*) from nowd.inference") == "2"; });
  CHECK(nowctl({"cancel", "2"}) == 0);
  wait_for("the run to end", [&] { return one("select ended_at is not null from nowd.run where run = 2") == "t"; });
  CHECK(one("select state || ' ' || detail from nowd.run where run = 2") == "cancelled by postgres: no reason given");
  CHECK(one("select state from nowd.run where run = 1") == "running");
  gate.open();
  wait_for("the other", [&] { return one("select state from nowd.run where run = 1") == "succeeded"; });
}

TEST_CASE_METHOD(Acting,
                 "a pause survives a restart and a SIGHUP with an edited file; resuming fires nothing for the pause") {
  const auto file = [](const std::string& prompt) { return "schedule: every 1s\nprompt: " + prompt + "\n"; };
  configure("listen: none\nproviders: {s: {api: script, script: [{text: hi}]}}\n");
  job("a", file("x"));
  start();
  wait_for("a run", [&] { return one("select count(*) > 0 from nowd.run where ended_at is not null") == "t"; });
  REQUIRE(nowctl({"pause", "a", "--reason", "moving house"}) == 0);
  wait_for("a claim that knows of the pause",
           [&] { return one("select count(*) > 0 from nowd.occurrence where reason = 'paused'") == "t"; });
  wait_for("the last run to end", [&] { return one("select count(*) from nowd.run where ended_at is null") == "0"; });
  const std::string runs = one("select count(*) from nowd.run"), last = one("select max(run) from nowd.run");
  const auto pass = [&](const std::string& what) {
    const std::string now = one("select clock_timestamp()");
    wait_for(what, [&] {
      return one("select count(*) >= 2 from nowd.occurrence where due_at > '" + now +
                 "' and due_at < clock_timestamp()") == "t";
    });
  };
  pass("two more moments");
  process().signal(SIGTERM);
  REQUIRE(process().wait() == 0);
  start();
  job("a", file("y"));
  process().signal(SIGHUP);
  wait_for("the new revision", [&] { return one("select count(*) from nowd.job_revision") == "2"; });
  pass("two moments more");
  CHECK(one("select count(*) from nowd.run") == runs);
  CHECK(one("select paused_by || ': ' || paused_reason from nowd.job") == "postgres: moving house");
  CHECK(nowctl({"jobs"}) == 0);
  CHECK(said.find("moving house") != std::string::npos);
  CHECK(said.find("postgres") != std::string::npos);

  REQUIRE(nowctl({"resume", "a"}) == 0);
  wait_for("a run after the pause", [&] { return one("select count(*) > " + runs + " from nowd.run") == "t"; });
  CHECK(one("select count(*) from nowd.run r, nowd.job j where r.due_at <= j.resumed_at and r.run > " + last) == "0");
}

TEST_CASE_METHOD(Acting, "skip-next: that one moment passes without a run, and why tells who wanted it") {
  configure("listen: none\nproviders: {s: {api: script, script: [{text: hi}]}}\n");
  job("a", "schedule: every 2s\nprompt: x\n");
  job("yearly", "schedule: 0 9 1 1 * Europe/Berlin\nprompt: x\n");
  start();
  REQUIRE(nowctl({"skip-next", "a", "--reason", "public holiday"}) == 0);
  const std::string skipped = "(select scheduled_at from nowd.occurrence where reason = 'asked')";
  wait_for("the next run",
           [&] { return one("select count(*) > 0 from nowd.run where scheduled_at > " + skipped) == "t"; });
  CHECK(one("select count(*) from nowd.run where scheduled_at = " + skipped) == "0");
  REQUIRE(nowctl({"skip-next", "yearly"}) == 0);
  CHECK(said.find("yearly skips ") == 0);
  CHECK(said.find("-01-01 09:00:00 +01:00") != std::string::npos);
  CHECK(nowctl({"skip-next", "yeraly"}) == 2);
  CHECK(said.find("did you mean 'yearly'?") != std::string::npos);
  const std::string at =
      one("select to_json(scheduled_at at time zone 'UTC')#>>'{}' || 'Z' from nowd.occurrence where job = 'yearly' and "
          "state = 'skipped'");
  REQUIRE(nowctl({"why", "yearly", at}) == 0);
  INFO(said);
  CHECK(said.find("skipped, a person asked for that") != std::string::npos);
}

TEST_CASE_METHOD(Acting, "a backfill said twice runs each occurrence once, and not those that ran before") {
  configure("listen: none\nproviders: {s: {api: script, script: [{text: hi}]}}\n");
  job("a", "schedule: 0 9 * * * Europe/Berlin\nprompt: x\n");
  start();
  const std::vector<std::string> stretch{
      "backfill", "a", "--from", "2026-06-01T09:00", "--until", "2026-06-05T09:00", "--timezone", "Europe/Berlin"};
  auto dry = stretch;
  dry.push_back("--dry-run");
  REQUIRE(nowctl(dry) == 0);
  CHECK(said.find("would run 5 (0 of them were missed or skipped before), 0 left alone") != std::string::npos);
  CHECK(one("select count(*) from nowd.occurrence where kind = 'backfill'") == "0");
  for (int i = 0; i < 2; ++i) {
    REQUIRE(nowctl(stretch) == 0);
    wait_for("the runs", [&] {
      return one("select count(*) = 5 from nowd.occurrence where kind = 'backfill' and state = 'done'") == "t";
    });
  }
  CHECK(said.find("will run 0 (0 of them were missed or skipped before), 5 left alone") != std::string::npos);
  CHECK(one("select count(*) || ' ' || count(distinct scheduled_at) || ' ' || bool_or(effects) from nowd.run where "
            "kind = "
            "'backfill' and state = 'succeeded'") == "5 5 false");
  CHECK(one("select min(window_start)::text from nowd.run") == "2026-05-31 07:00:00+00");
}
