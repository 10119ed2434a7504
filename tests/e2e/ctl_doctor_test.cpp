// nowctl doctor: without a database, on a ledger with troubles, beside a daemon that lives and one that ended.
#include <csignal>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "e2e/ctl_fixture.hpp"
#include "support/catch.hpp"
#include "support/database/migrated.hpp"

using namespace nowd;
using namespace nowd::test;

TEST_CASE_METHOD(Ctl, "doctor without a database says so, and checks the rest") {
  const std::string config = file(
      "nowd.yaml", "jobs: [jobs]\nproviders:\n  p: {api: openai-chat, base_url: \"http://127.0.0.1:1\", model: m}\n");
  file("jobs/backup.yaml",
       "name: backup\nschedule: 0 9 * * * UTC\nprompt: Hello.\ninputs:\n  notes: {exec: [nowd-no-such-program]}\n");
  const Answer answer = nowctl({"doctor", "--config", config, "--database", "host=/nonexistent"});
  INFO(answer.out << answer.err);
  CHECK(answer.code == 1);
  CHECK(answer.err.empty());
  CHECK(holds(answer.out, "ok   configuration " + config + ": 1 good job in 2 files, 0 errors, 0 warnings\n"));
  CHECK(holds(answer.out, "bad  database: "));
  CHECK(holds(answer.out, "bad  provider p: "));
  CHECK(holds(answer.out, "bad  backup inputs.notes: 'nowd-no-such-program' is in none of "));
  CHECK(holds(answer.out, "\n4 bad, ") != holds(answer.out, "\n5 bad, "));  // a full disk is none of this case's
}

TEST_CASE_METHOD(
    Ctl, "validate warns of a program that is not there; with --online, that and a provider that is away are errors") {
  const std::string config = file("nowd.yaml",
                                  "database: dbname=x\njobs: [jobs]\nproviders:\n  p: {api: openai-chat, base_url: "
                                  "\"http://127.0.0.1:1\", model: m}\n");
  const std::string job =
      file("jobs/backup.yaml",
           "name: backup\nschedule: 0 9 * * * UTC\nprompt: Hello.\ninputs:\n  notes: {exec: [nowd-no-such-program]}\n");
  const Answer offline = nowctl({"validate", job, "--config", config, "--format", "json"});
  INFO(offline.out << offline.err);
  CHECK(offline.code == 0);
  REQUIRE(offline.rows().size() == 1);
  CHECK(offline.rows()[0]["file"] == job);
  CHECK(offline.rows()[0]["line"] == 1);
  CHECK(offline.rows()[0]["severity"] == "warning");
  const Answer online = nowctl({"validate", "--online", job, "--config", config, "--format", "json"});
  CHECK(online.code == 1);
  REQUIRE(online.rows().size() == 2);
  CHECK(online.rows()[0]["severity"] == "error");
  CHECK(holds(online.rows()[1]["message"].get<std::string>(), "provider p: "));
}

TEST_CASE_METHOD(SeededCtl, "doctor names what is overdue, in doubt, not sent and alerted, to one who may only look") {
  {
    pg::Connection connection(conninfo(), "test");
    pg::Transaction transaction(connection);
    transaction.run_script(
        "drop role if exists doctor_onlooker; create role doctor_onlooker login in role nowd_reader;"
        "insert into nowd.alert (cause, kind, name, reason, first_at, last_at)"
        " values ('delivery slack failed', 'delivery', 'slack', 'failed', now(), now());"
        "insert into nowd.delivery (run, job, purpose, sink, key, subject, state, expires_at, created_at, settled_at)"
        " values (3, 'standup', 'output', 'slack', 'k', 's', 'failed', now(), now(), now());"
        "set local session_replication_role = replica;"
        "update nowd.tool_call set state = 'unknown', intent_at = now() where run = 3 and effect <> 'read'");
    transaction.commit();
  }
  const std::string config = file("nowd.yaml", "database: dbname=x\njobs: []\n");
  const Answer answer = nowctl({"doctor", "--config", config, "--database", conninfo("doctor_onlooker")});
  INFO(answer.out << answer.err);
  CHECK(answer.code == 1);
  CHECK(holds(answer.out, "ok   rights of doctor_onlooker: nowd_reader: may look"));
  CHECK(holds(answer.out, "bad  daemon: none is alive; the last word of berlin-1 (pid 4711) came "));
  CHECK(holds(answer.out, "bad  next runs in the past: standup (2026-06-02T07:00:00Z)"));
  CHECK(!holds(answer.out, "digest"));  // paused
  CHECK(holds(answer.out, "warn alert delivery slack: failed since "));
  CHECK(holds(answer.out, "(run 3); they may have happened, and are not repeated: nowctl show 3\n"));
  CHECK(holds(answer.out,
              "warn deliveries to slack: 1 failed within a day; nowctl deliveries --sink slack --state failed\n"));
}

TEST_CASE("doctor against a real daemon: nothing is bad while it lives, and its end is") {
  struct Both : Ctl, MigratedDatabase, DaemonFixture {
    Both() : DaemonFixture(Database::conninfo(), Database::conninfo("nowd")) {}
  } both;
  both.configure("listen: none\nproviders:\n  demo:\n    api: script\n    script:\n      - {text: \"Hello.\"}\n");
  both.job("speak", "schedule: 0 9 * * * Europe/Berlin\nprompt: Say the date.\n");
  both.start();
  const std::vector<std::string> doctor{"doctor",
                                        "--config",
                                        (both.DaemonFixture::directory() / "nowd.yaml").string(),
                                        "--database",
                                        both.Database::conninfo(),
                                        "--format",
                                        "json"};
  const auto of = [](const Answer& answer, const std::string& check) {
    for (const Json& row : answer.rows())
      if (row["check"] == check) return row;
    return Json{{"status", "not there"}};
  };
  const Answer good = both.nowctl(doctor);
  INFO(good.out << good.err << both.process().output());
  CHECK(good.code == 0);
  for (const char* check : {"configuration", "database", "rights", "schema", "daemon", "schedule", "alert", "effect",
                            "delivery", "revision", "provider"}) {
    INFO(check);
    CHECK(of(good, check)["status"] == "ok");
  }
  CHECK(of(good, "pooler")["status"] == "not there");

  both.job("later", "schedule: manual\nprompt: Hello.\n");
  CHECK(of(both.nowctl(doctor), "revision")["status"] == "warn");
  both.sql("create role doctor_stranger login");
  std::vector<std::string> stranger = doctor;
  stranger[4] = both.Database::conninfo("doctor_stranger");
  const Answer refused = both.nowctl(stranger);
  CHECK(refused.code == 1);
  CHECK(of(refused, "rights")["status"] == "bad");

  both.process().signal(SIGTERM);
  CHECK(both.process().wait() == 0);
  const Answer gone = both.nowctl(doctor);
  CHECK(gone.code == 1);
  CHECK(of(gone, "daemon")["status"] == "bad");
  CHECK(of(gone, "database")["status"] == "ok");
}
