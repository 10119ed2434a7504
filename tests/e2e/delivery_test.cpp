// Outputs and alerts that leave a real daemon, to a receiver on loopback that is down, slow, busy or broken.
#include <atomic>
#include <csignal>
#include <fstream>

#include "e2e/daemon.hpp"
#include "support/catch.hpp"
#include "support/database/migrated.hpp"
#include "support/http_fixture.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

struct Delivering : MigratedDatabase, DaemonFixture {
  Delivering() : DaemonFixture(Database::conninfo(), Database::conninfo("nowd")) {
    configure(
        "listen: none\n"
        "providers:\n"
        "  demo: {api: script, script: [\"It is {{today}}, {{input}}\"]}\n"
        "  acts: {api: script, script: [{calls: [{name: touch, arguments: {nowd_as_of: \"{{today}}\"}}]}, Done]}\n"
        "  refused: {api: script, script: [{calls: [{name: ticket, arguments: {nowd_as_of: \"{{today}}\"}}]}, All is "
        "well]}\n"
        "  dead: {api: openai-chat, base_url: \"http://127.0.0.1:9\", model: x}\n"
        "tools:\n"
        "  touch: {exec: [touch, " +
        witness() +
        "], effect: irreversible}\n"
        "  ticket: {http: {method: POST, allow_private: true, url: \"" +
        receiver.url("/ticket") +
        "\"}, effect: irreversible}\n"
        "sinks:\n"
        "  hook: {webhook: {url: \"" +
        receiver.url("/hook") +
        "\", form: slack}}\n"
        "  ops: {webhook: {url: \"" +
        receiver.url("/ops") + "\"}}\n");
    receiver.handle([this](const SeenRequest& seen) {
      if (seen.path() == "/ticket") return Reply(403).piece(R"({"error":"token expired"})");
      return Reply(seen.path() == "/hook" ? hook_status.load() : 200);
    });
  }

  std::string witness() const { return (directory() / "touched").string(); }

  std::string job_text(const std::string& provider, const std::string& more = "") const {
    return "schedule: manual\nprovider: " + provider + "\nprompt: Speak.\n" + more;
  }

  /// What came to a path, in order.
  std::vector<SeenRequest> came_to(const std::string& path) const {
    std::vector<SeenRequest> out;
    for (SeenRequest& each : receiver.requests())
      if (each.path() == path) out.push_back(std::move(each));
    return out;
  }
  void wait_for_count(const std::string& path, std::size_t count) const {
    wait_for(std::to_string(count) + " requests to " + path, [&] { return came_to(path).size() >= count; });
  }
  void wait_for_state(const std::string& state) {
    wait_for("delivery " + state, [&] {
      return one("select state from nowd.delivery where purpose = 'output' order by 1 limit 1") == state;
    });
  }
  void hurry() { sql("update nowd.delivery set next_at = clock_timestamp() where state = 'pending'"); }

  std::atomic<int> hook_status{200};  ///< outlives the receiver
  HttpFixture receiver;
};

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE_METHOD(Delivering,
                 "an output goes out once its run has succeeded, with its key; a failure delivers nothing") {
  job("speak", job_text("demo", "deliver: hook\nheartbeat: \"" + receiver.url("/beat") + "\"\n"));
  job("fail", job_text("demo", "deliver: hook\noutput: {min_chars: 1000}\n"));
  start();
  CHECK(run("fail") == "failed");
  CHECK(run("speak") == "succeeded");
  wait_for_state("delivered");
  wait_for_count("/beat", 1);
  const auto sent = came_to("/hook");
  REQUIRE(sent.size() == 1);
  CHECK(holds(sent[0].body, "\"text\":\"*speak*, 2"));
  CHECK(holds(sent[0].body, "\\nIt is "));
  CHECK(sent[0].header("idempotency-key") == one("select key from nowd.delivery where purpose = 'output'"));
  CHECK(one("select c.effect_at = a.started_at from nowd.run_clocks c join nowd.delivery d using (run)"
            " join nowd.delivery_attempt a using (delivery) where d.purpose = 'output'") == "t");
}

TEST_CASE_METHOD(Delivering, "a receiver that is busy gets the same message again, under the same key") {
  receiver.reply("/hook", Reply(500));
  receiver.reply("/hook", Reply(429).header("Retry-After", "1"));
  receiver.reply("/hook", Reply(200));
  job("speak", job_text("demo", "deliver: hook\n"));
  start();
  CHECK(run("speak") == "succeeded");
  for (std::size_t attempt = 1; attempt < 3; ++attempt) {
    wait_for_count("/hook", attempt);
    wait_for_state("pending");
    hurry();
  }
  wait_for_state("delivered");
  const auto sent = came_to("/hook");
  REQUIRE(sent.size() == 3);
  CHECK(sent[0].header("idempotency-key") == sent[2].header("idempotency-key"));
  CHECK(sent[0].body == sent[2].body);
  CHECK(one("select attempts from nowd.delivery") == "3");
}

TEST_CASE_METHOD(Delivering, "kill -9 while a message is being sent: it is sent again, and the run is not run again") {
  Latch never;
  receiver.reply("/hook", Reply(200).wait(never));
  receiver.reply("/hook", Reply(200));
  job("speak", job_text("demo", "deliver: hook\n"));
  start();
  CHECK(run("speak") == "succeeded");
  wait_for_count("/hook", 1);
  process().signal(SIGKILL);
  process().wait();
  start();
  wait_for_state("delivered");
  const auto sent = came_to("/hook");
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].header("idempotency-key") == sent[1].header("idempotency-key"));
  CHECK(one("select count(*) from nowd.run") == "1");
  CHECK(one("select string_agg(coalesce(outcome, ''), ' ' order by attempt) from nowd.delivery_attempt") ==
        "lost delivered");
}

TEST_CASE_METHOD(Delivering, "what is past its validity while its sink is down expires, and somebody is told once") {
  hook_status = 503;
  job("speak", job_text("demo", "deliver: hook\non_failure: ops\nclocks: {valid_for: 10s}\n"));
  start();
  CHECK(run("speak") == "succeeded");
  wait_for_count("/hook", 1);
  wait_for_state("expired");
  wait_for_count("/ops", 1);
  const auto told = came_to("/ops");
  CHECK(holds(told.at(0).body, "sink hook does not take messages"));
  CHECK(holds(told.at(0).body, "nowctl deliveries --sink hook"));
  hook_status = 200;
  CHECK(run("speak") == "succeeded");
  wait_for_count("/ops", 2);
  CHECK(holds(came_to("/ops").at(1).body, "sink hook takes messages again"));
}

TEST_CASE_METHOD(Delivering, "thirty jobs on a dead provider make one message") {
  for (int k = 1; k <= 30; ++k) job("dead-" + std::to_string(k), job_text("dead", "on_failure: ops\n"));
  start();
  one("select count(nowd.run(job)) from nowd.job");
  // Those that were held back before they asked again are put aside, and served when somebody has looked.
  wait_for("them to be failed or put aside", [&] {
    return one("select count(distinct job) from nowd.run where state in ('failed', 'suspended')") == "30";
  });
  wait_for_count("/ops", 1);
  CHECK(one("select count(*) || ' ' || bool_and(count >= 30 and cardinality(jobs) = 30) from nowd.alert") == "1 true");
  const auto told = came_to("/ops");
  REQUIRE(told.size() == 1);
  CHECK(holds(told[0].body, "provider dead fails ("));
  CHECK(holds(told[0].body, "nowctl clocks "));
}

TEST_CASE_METHOD(Delivering, "a broken file is told of, and so is that it is whole again") {
  const std::string more = "defaults: {on_failure: ops}\n";
  std::ofstream(directory() / "nowd.yaml", std::ios::app) << more;
  job("speak", job_text("demo"));
  start();
  job("broken", "schedule: nonsense\n");
  process().signal(SIGHUP);
  wait_for("an alert", [&] { return one("select count(*) from nowd.alert where kind = 'held'") == "1"; });
  sql("update nowd.alert set notify_at = clock_timestamp()");
  wait_for_count("/ops", 1);
  CHECK(holds(came_to("/ops").at(0).body, "broken.yaml:"));
  CHECK(holds(came_to("/ops").at(0).body, "\"subject\":\"a job file is broken\""));
  CHECK(one("select jobs::text from nowd.alert") == "{broken}");
  remove_job("broken");
  process().signal(SIGHUP);
  wait_for_count("/ops", 2);
  CHECK(holds(came_to("/ops").at(1).body, "job files are good again"));
}

TEST_CASE_METHOD(Delivering, "a dry run reads, and shows what it would do and send without doing it") {
  job("do", job_text("acts", "tools: [touch]\ndeliver: hook\n"));
  start();
  sql("select nowd.run('do', dry_run => true)");
  wait_for("the dry run", [&] { return one("select state from nowd.run") == "succeeded"; });
  CHECK(one("select state || ' ' || arguments from nowd.tool_call") == "shown {}");
  CHECK(holds(one("select text from nowd.delivery where state = 'shown'"), "\"text\":\"*do*, 2"));
  CHECK(holds(one("select text from nowd.delivery where state = 'shown'"), "\\nDone\"}"));
  CHECK_FALSE(std::filesystem::exists(witness()));
  CHECK(run("do") == "succeeded");  // the real one
  wait_for_count("/hook", 1);
  CHECK(came_to("/hook").size() == 1);
  CHECK(std::filesystem::exists(witness()));
}

TEST_CASE_METHOD(Delivering, "when there is nothing to do no model is asked; a success starts what comes after it") {
  job("first", job_text("demo", "when: {sql: \"select count(*) from nowd.run where state = 'failed'\"}\n"));
  job("second", "after: first\nprovider: demo\nprompt: \"It said {{after.output}}\"\n");
  job("fail", job_text("demo", "output: {min_chars: 1000}\n"));
  start();
  CHECK(run("first") == "cancelled");
  CHECK(one("select reason || ' ' || model_calls from nowd.run") == "nothing_to_do 0");
  CHECK(run("fail") == "failed");
  sql("select nowd.run('first', input => '{\"who\": \"you\"}')");
  wait_for("the run after it",
           [&] { return one("select count(*) from nowd.run where kind = 'after' and state = 'succeeded'") == "1"; });
  CHECK(holds(one("select content from nowd.body b join nowd.run r using (run) where r.kind = 'after' and"
                  " b.part = 'request'"),
              R"(It said It is )"));
  CHECK(one("select a.window_start = f.window_start and a.as_of = f.as_of from nowd.run a join nowd.request q"
            " using (request) join nowd.run f on f.run = q.after_run") == "t");
}

TEST_CASE_METHOD(
    Delivering,
    "a refused effect fails its run: no output leaves, no heartbeat, no job follows, and the alert has the "
    "other side's words") {
  job("act", job_text("refused", "tools: [ticket]\ndeliver: hook\non_failure: ops\nheartbeat: \"" +
                                     receiver.url("/beat") + "\"\n"));
  job("next", "after: act\nprovider: demo\nprompt: Speak.\n");
  start();
  CHECK(run("act") == "failed");
  CHECK(one("select reason from nowd.run") == "effect_failed");
  CHECK(holds(one("select detail from nowd.run"), "ticket (call 1): HTTP 403: {\"error\":\"token expired\"}"));
  CHECK(holds(one("select error from nowd.tool_call"), "token expired"));
  sql("update nowd.alert set notify_at = clock_timestamp()");
  wait_for_count("/ops", 1);
  CHECK(holds(came_to("/ops")[0].body, "token expired"));
  CHECK(came_to("/hook").empty());
  CHECK(came_to("/beat").empty());
  CHECK(one("select count(*) from nowd.run where job = 'next'") == "0");
}
