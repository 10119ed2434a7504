// nowctl as people and scripts meet it: the binary, its two outputs, its exit code.
#include <csignal>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "e2e/ctl_fixture.hpp"
#include "support/catch.hpp"
#include "support/database/migrated.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

constexpr const char* good_job = "name: backup\nschedule: 30 2 * * * Europe/Berlin\nprompt: Hello.\n";

}  // namespace

TEST_CASE_METHOD(Ctl, "next --cron needs neither a configuration nor a database, and notes what the clocks do") {
  const Answer gap = nowctl({"next", "--cron", "30 2 * * *", "--timezone", "Europe/Berlin", "--from",
                             "2026-03-28T12:00:00Z", "--count", "2", "--format", "json"});
  CHECK(gap.code == 0);
  CHECK(gap.err.empty());
  REQUIRE(gap.rows().size() == 2);
  CHECK(gap.rows()[0]["at"] == "2026-03-29T01:00:00Z");  // 03:00 +02:00
  CHECK(gap.rows()[0]["local"] == "2026-03-29T03:00:00");
  CHECK(gap.rows()[0]["offset"] == "+02:00");
  CHECK(holds(gap.rows()[0]["note"].get<std::string>(), "gap"));
  CHECK(gap.rows()[1]["note"] == "");

  const Answer skip = nowctl({"next", "--cron", "30 2 * * *", "--timezone", "Europe/Berlin", "--gap", "skip", "--from",
                              "2026-03-28T12:00:00Z", "--count", "1", "--format", "json"});
  REQUIRE(skip.rows().size() == 1);
  CHECK(skip.rows()[0]["at"] == "2026-03-30T00:30:00Z");
  CHECK(holds(skip.rows()[0]["note"].get<std::string>(), "2026-03-29T02:30:00 does not exist"));

  const Answer range = nowctl({"next", "--cron", "0 9 * * *", "--timezone", "UTC", "--from", "2026-06-01T09:00:00Z",
                               "--until", "2026-06-30T09:00:00Z", "--format", "json"});
  CHECK(range.rows().size() == 29);  // from is exclusive, until inclusive
}

TEST_CASE_METHOD(Ctl, "next JOB reads the configuration, and names the nearest job when it is misspelt") {
  const std::string config = file("nowd.yaml",
                                  "database: dbname=x\njobs: [jobs]\nproviders:\n  p: {api: openai-chat, base_url: "
                                  "\"http://127.0.0.1:1\", model: m}\n");
  file("jobs/backup.yaml", good_job);
  const Answer next = nowctl({"--config", config, "next", "backup", "--from", "2026-10-25T00:00:00Z", "--count", "1"});
  INFO(next.err);
  CHECK(next.code == 0);
  CHECK(holds(next.out, "2026-10-25T00:30:00Z  Sun 2026-10-25T02:30:00  +02:00  fold"));
  const Answer unknown = nowctl({"--config", config, "next", "bakcup"});
  CHECK(unknown.code == 2);
  CHECK(is_one_line(unknown.err));
  CHECK(holds(unknown.err, "did you mean 'backup'?"));
}

TEST_CASE_METHOD(Ctl, "validate FILE needs no configuration, and says file, line and column") {
  const std::string good = file("good.yaml", good_job);
  const Answer fine = nowctl({"validate", good});
  INFO(fine.out << fine.err);
  CHECK(fine.code == 0);
  const std::string wrong = file("wrong.yaml", "name: backup\nschedule: 61 2 * * * Europe/Berlin\nprompt: Hello.\n");
  const Answer fault = nowctl({"validate", good, wrong});
  CHECK(fault.code == 1);
  CHECK(holds(fault.out, wrong + ":2:"));
  CHECK(holds(fault.out, "'61'"));
  const Answer json = nowctl({"validate", wrong, "--format", "json"});
  CHECK(json.code == 1);
  REQUIRE(!json.rows().empty());
  CHECK(json.rows()[0]["line"] == 2);
  CHECK(json.rows()[0]["severity"] == "error");
  const Answer missing = nowctl({"validate", (directory / "absent.yaml").string()});
  CHECK(missing.code == 2);
  CHECK(is_one_line(missing.err));
}

TEST_CASE_METHOD(Ctl, "validate without files checks the configuration, its tools' schemas and all its jobs") {
  const std::string config = file("nowd.yaml",
                                  "database: dbname=x\njobs: [jobs]\nproviders:\n  p: {api: openai-chat, base_url: "
                                  "\"http://127.0.0.1:1\", model: m}\n"
                                  "tools:\n  post: {exec: [\"true\"], effect: reversible, input: {type: nonsense}}\n");
  file("jobs/backup.yaml", good_job);
  file("jobs/other.yaml", "name: other\nschedule: manual\nprmpt: Hello.\n");
  const Answer answer = nowctl({"validate", "--config", config});
  CHECK(answer.code == 1);
  CHECK(holds(answer.out, "tools.post.input"));
  CHECK(holds(answer.out, "other.yaml:3:1"));
  CHECK(holds(answer.out, "prompt"));
}

TEST_CASE_METHOD(Ctl, "errors are one line on stderr with the code that says what to do: 2 usage, 3 no database") {
  for (const auto& arguments : {std::vector<std::string>{"jobs", "--database", "host=/nonexistent"},
                                {"migrate", "--database", "host=/nonexistent"},
                                {"run", "x", "--database", "host=/nonexistent"}}) {
    const Answer answer = nowctl(arguments);
    INFO(answer.err);
    CHECK(answer.code == 3);
    CHECK(is_one_line(answer.err));
    CHECK(answer.out.empty());
  }
  const Answer usage = nowctl({"certify", "x"});
  CHECK(usage.code == 2);
  CHECK(is_one_line(usage.err));
  const Answer config = nowctl({"jobs", "--config", "/nonexistent.yaml"});
  CHECK(config.code == 2);
  CHECK(holds(config.err, "/nonexistent.yaml"));
}

TEST_CASE("migrate makes the schema, says so, and has nothing to do the second time") {
  Ctl ctl;
  Database database;
  const std::vector<std::string> dry{"migrate", "--dry-run", "--database", database.conninfo()};
  CHECK(holds(ctl.nowctl(dry).out, "would apply 0001_ledger\n"));
  const Answer first = ctl.nowctl({"migrate", "--database", database.conninfo()});
  CHECK(first.code == 0);
  CHECK(holds(first.out, "applied 0001_ledger\n"));
  const Answer second = ctl.nowctl({"migrate", "--database", database.conninfo()});
  CHECK(second.code == 0);
  CHECK(holds(second.out, "nothing to do: the schema is at migration "));
}

TEST_CASE_METHOD(SeededCtl, "the ledger's rows: jobs, runs, one run, its clocks") {
  const Answer jobs = ask({"jobs"});
  CHECK(jobs.code == 0);
  CHECK(holds(jobs.out,
              "standup  active  2026-06-02 09:00+02:00  succeeded  late    3    0 9 * * mon-fri Europe/Berlin"));
  CHECK(holds(jobs.out, "moving to another provider"));
  const Answer runs = ask({"runs", "--format", "json", "--job", "standup", "--state", "failed"});
  REQUIRE(runs.rows().size() == 1);
  CHECK(runs.rows()[0]["reason"] == "provider");
  CHECK(runs.rows()[0]["scheduled_at"] == "2026-05-30T08:00:00Z");
  CHECK(ask({"runs", "--since", "2026-06-01T00:00:00Z", "--format", "json"}).rows().size() == 1);
  CHECK(ask({"runs", "--job", "standpu"}).code == 2);

  const Answer show = ask({"show", "3"});
  CHECK(show.code == 0);
  CHECK(holds(show.out, "Three notes today."));
  CHECK(!holds(show.out, "\x1b["));  // not a terminal: no colours
  const Answer clocks = ask({"clocks", "3"});
  CHECK(clocks.code == 0);
  CHECK(holds(clocks.out, "late: dispatched 4m10s after it was due (grace 90 s)"));
  const Answer row = ask({"clocks", "3", "--format", "json"});
  REQUIRE(row.rows().size() == 1);
  CHECK(row.rows()[0]["dispatch_lag"] == 250.012);
  CHECK(row.rows()[0]["readings"].size() == 24);

  const Answer unknown = ask({"show", "99"});
  CHECK(unknown.code == 2);
  CHECK(is_one_line(unknown.err));
}

TEST_CASE_METHOD(SeededCtl, "clocks --job sums up how far a job's clocks lie apart; verify finds what cannot be") {
  const Answer table = ask({"clocks", "--job", "standup", "--since", "2026-05-01T00:00:00Z"});
  CHECK(table.code == 0);
  CHECK(holds(table.out, "standup: 2 scheduled runs since Fri 2026-05-01"));
  CHECK(holds(table.out, "scheduled to dispatch  2     2m05s"));
  const Answer json = ask({"clocks", "--job", "standup", "--since", "2026-05-01T00:00:00Z", "--format", "json"});
  REQUIRE(json.rows().size() == 1);
  CHECK(json.rows()[0]["gaps"][0]["worst"] == 250.012);
  CHECK(json.rows()[0]["verdicts"].size() == 2);
  CHECK(json.rows()[0]["model_beliefs"][0]["stated"] == 2);
  CHECK(ask({"clocks", "--job", "standpu"}).code == 2);

  const std::vector<std::string> verify{"verify", "--since", "2026-05-01T00:00:00Z"};
  const Answer good = ask(verify);
  INFO(good.out << good.err);
  CHECK(good.code == 0);
  CHECK(holds(good.out, "nothing was found in "));
  CHECK(good.err.empty());
  pg::Connection connection(conninfo(), "test");
  pg::Transaction transaction(connection);
  transaction.run_script("set session_replication_role = replica; update nowd.run set duration = '1 s' where run = 3");
  transaction.commit();
  const Answer bad = ask(verify);
  CHECK(bad.code == 1);
  CHECK(holds(bad.out, "wall_and_boot_agree  3    standup"));
  CHECK(ask({"verify", "--since", "1h"}).code == 0);
  pg::Transaction again(connection);
  again.run_script(
      "set session_replication_role = replica; update nowd.run set duration = '41.2 s' where run = 3;"
      " delete from nowd.occurrence where scheduled_at = '2026-05-28T07:00:00Z'");
  again.commit();
  const Answer gap = ask(verify);
  CHECK(gap.code == 1);
  CHECK(holds(gap.out, "expected_occurrence_has_its_row  standup  2026-05-28T07:00:00Z"));
  CHECK(ask({"verify", "--since", "yesterday"}).code == 2);
}

TEST_CASE_METHOD(SeededCtl, "prune deletes what it counted, once, and only where a job has a retention") {
  Answer answer = ask({"prune"});
  CHECK(answer.code == 0);
  CHECK(answer.out == "no job has a retention: everything is kept\n");
  {
    pg::Connection connection(conninfo(), "test");
    pg::Transaction transaction(connection);
    transaction.run_script(R"(update nowd.job_revision set spec = spec || '{"retention": {"runs_ms": 3600000}}')");
    transaction.commit();
  }
  const Answer counted = ask({"prune", "--job", "standup", "--dry-run", "--format", "json"});
  REQUIRE(counted.rows().size() == 1);
  CHECK(counted.rows()[0]["deleted_runs"] > 0);
  CHECK(counted.rows()[0]["bodies"].is_null());
  CHECK(holds(ask({"prune", "--job", "standup", "--dry-run"}).out, "RUNS TO DELETE"));
  const Answer done = ask({"prune", "--job", "standup", "--format", "json"});
  REQUIRE(done.rows().size() == 1);
  CHECK(done.rows()[0]["deleted_runs"] == counted.rows()[0]["deleted_runs"]);
  CHECK(ask({"prune", "--job", "standup", "--format", "json"}).rows().at(0)["deleted_runs"] == 0);
  CHECK(ask({"prune", "--job", "nosuch"}).code == 2);
}

TEST_CASE_METHOD(SeededCtl, "why answers for a run, a range, and a moment with no row") {
  CHECK(holds(ask({"why", "standup", "2026-06-01T09:00:00+02:00"}).out, "ran as run 3, succeeded, clocks late"));
  CHECK(holds(ask({"why", "standup", "2026-06-01T09:00", "--timezone", "Europe/Berlin"}).out, "ran as run 3"));
  CHECK(holds(ask({"why", "standup", "2026-05-27T07:00:00Z"}).out,
              "missed, it would have started later than missed.window allows"));
  CHECK(holds(ask({"why", "standup", "2026-05-28T07:00:00Z"}).out, "as run 1 (succeeded)"));
  CHECK(holds(ask({"why", "digest", "2026-05-30T00:15:00Z"}).out, "missed, nowd was not running"));
  CHECK(holds(ask({"why", "digest", "2026-05-30T00:20:00Z"}).out, "not an occurrence of every 15m"));
  CHECK(holds(ask({"why", "standup", "2100-06-01T09:00", "--timezone", "Europe/Berlin"}).out, "to come in "));
  CHECK(holds(ask({"why", "standup", "2026-06-06T07:00:00Z"}).out, "the one after:  Mon 2026-06-08 09:00:00"));
  const Answer unknown = ask({"why", "nosuch", "2026-05-30T00:15:00Z"});
  CHECK(unknown.code == 2);
  CHECK(ask({"why", "standup", "2026-06-01T09:00"}).out ==
        ask({"why", "standup", "2026-06-01T09:00", "--timezone", "Europe/Berlin"}).out);
}

TEST_CASE_METHOD(
    SeededCtl,
    "run leaves a request, and says at once when no daemon is alive; --wait gives up with a code that is not 0") {
  const Answer asked = ask({"run", "standup", "--as-of", "2026-05-28T07:00:00Z", "--format", "json"});
  CHECK(asked.code == 0);
  REQUIRE(asked.rows().size() == 1);
  CHECK(asked.rows()[0]["effects"] == false);
  CHECK(asked.rows()[0]["scheduled_at"] == "2026-05-28T07:00:00Z");
  CHECK(holds(asked.err, "no daemon is alive: request 2 stays in the ledger"));

  const Answer waited = ask({"run", "standup", "--wait"});
  CHECK(waited.code == 1);
  CHECK(is_one_line(waited.err));
  CHECK(holds(waited.err, "no daemon is alive: request 3"));
}

TEST_CASE("the configuration's database is used as oneself, not as the daemon") {
  SeededCtl ctl;
  const std::string config =
      ctl.file("nowd.yaml", "database: \"" + ctl.conninfo("no_such_login") + " password=secret\"\njobs: []\n");
  // libpq's own variable says who one is, as for psql.
  ::setenv("PGUSER", "postgres", 1);
  const Answer answer = ctl.nowctl({"jobs", "--config", config});
  ::unsetenv("PGUSER");
  INFO(answer.err);
  CHECK(answer.code == 0);
  CHECK(holds(answer.out, "standup"));
}

TEST_CASE("run --wait against a real daemon: 0 and the output when it succeeds, 1 when it fails") {
  struct Both : Ctl, MigratedDatabase, DaemonFixture {
    Both() : DaemonFixture(Database::conninfo(), Database::conninfo("nowd")) {}
  } both;
  both.configure(
      "listen: none\nproviders:\n  demo:\n    api: script\n    script:\n      - {text: \"It is {{today}}.\"}\n");
  both.job("speak", "schedule: manual\nprompt: Say the date.\n");
  both.job("starve", "schedule: manual\nprompt: Hello.\ninputs:\n  none: {exec: [\"false\"]}\n");
  both.start();
  const Answer good = both.nowctl(
      {"run", "speak", "--as-of", "2026-06-01T12:00:00Z", "--wait", "--database", both.Database::conninfo()});
  INFO(good.out << good.err << both.process().output());
  CHECK(good.code == 0);
  CHECK(holds(good.out, "run 1 of speak: succeeded in "));
  CHECK(holds(good.out, "It is 2026-06-01."));
  const Answer bad = both.nowctl({"run", "starve", "--wait", "--database", both.Database::conninfo()});
  INFO(bad.out << bad.err);
  CHECK(bad.code == 1);
  CHECK(holds(bad.out, "run 2 of starve: failed"));
}
