#include "e2e/ctl_fixture.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

struct Rehearsing : SeededCtl {
  std::string config = file("nowd.yaml",
                            "database: \"host=/nonexistent\"\njobs: [jobs]\n"
                            "providers: {p: {api: script, script: [{text: hi}]}}\n"
                            "defaults: {provider: p}\n");
  std::string jobs = file("jobs/a.yaml",
                          "name: quarterly\nschedule: every 15m\nprompt: x\n---\n"
                          "name: standup\nschedule: 0 9 * * mon-fri Europe/Berlin\nprompt: x\n");
  Answer rehearse(std::vector<std::string> more) const {
    more.insert(more.begin(), {"rehearse", "--config", config, "--from", "2026-06-01T06:50:00Z"});
    return nowctl(more);
  }
};

}  // namespace

TEST_CASE_METHOD(Rehearsing, "rehearse works without a database, says so, and tells each occurrence once") {
  const Answer answer = rehearse({"--until", "2026-06-01T07:30:00Z", "--format", "json"});
  INFO(answer.err);
  CHECK(answer.code == 0);
  CHECK(holds(answer.err, "without a ledger"));
  CHECK(holds(answer.err, "every run lasts 30 s"));
  CHECK(!holds(answer.err, "Is the server running"));
  const std::vector<Json> rows = answer.rows();
  REQUIRE(rows.size() == 4 + 2);
  CHECK(rows[0]["scheduled_at"] == "2026-06-01T07:00:00Z");
  CHECK(rows[0]["job"] == "quarterly");
  CHECK(rows[0]["what"] == "runs");
  CHECK(rows[0]["ended_at"] == "2026-06-01T07:00:30Z");
  CHECK(rows[1]["job"] == "standup");
  CHECK(rows[4]["totals"]["runs"] == 3);
}

TEST_CASE_METHOD(Rehearsing, "rehearse shows what an outage does, of the jobs that are named, and counts the rest") {
  const Answer answer = rehearse({"quarterly", "--until", "2026-06-01T09:00:00Z", "--down",
                                  "2026-06-01T07:20:00Z..2026-06-01T08:10:00Z", "--count", "3", "--run-length", "1m"});
  INFO(answer.out + answer.err);
  CHECK(answer.code == 0);
  CHECK(holds(answer.out, "quarterly  coalesced  served by that of Mon 2026-06-01 08:00:00"));
  CHECK(holds(answer.out, "OCCURRENCES  runs  late  coalesced"));
  CHECK(!holds(answer.out, "standup"));
  CHECK(holds(answer.err, "6 lines more are only counted"));
}

TEST_CASE_METHOD(Rehearsing, "rehearse with a ledger knows who is paused, and how long runs last") {
  pg::Connection connection(conninfo(), "test");
  pg::Transaction transaction(connection);
  transaction.run_script("update nowd.run set duration = interval '42 s' where job = 'standup'");
  transaction.commit();
  file("jobs/a.yaml",
       "name: digest\nschedule: every 15m\nprompt: x\n---\n"
       "name: standup\nschedule: 0 9 * * mon-fri Europe/Berlin\nprompt: x\n");
  const Answer answer = rehearse({"--until", "2026-06-01T07:10:00Z", "--format", "json", "--database", conninfo()});
  INFO(answer.out + answer.err);
  CHECK(answer.code == 0);
  REQUIRE(answer.rows().size() == 4);
  CHECK(answer.rows()[0]["what"] == "skipped");
  CHECK(answer.rows()[0]["reason"] == "paused");
  CHECK(answer.rows()[1]["ended_at"] == "2026-06-01T07:00:42Z");
}

TEST_CASE_METHOD(Rehearsing, "what cannot be rehearsed is one line with the remedy") {
  const Answer name = rehearse({"standip"});
  CHECK(name.code == 2);
  CHECK(is_one_line(name.err));
  CHECK(holds(name.err, "did you mean 'standup'?"));
  CHECK(holds(rehearse({"--until", "2026-05-01T00:00:00Z"}).err, "is not after --from"));
  CHECK(holds(rehearse({"--down", "2026-06-01T07:00:00Z"}).err, "write FROM..UNTIL"));
  CHECK(holds(rehearse({"--down", "2026-06-01T07:00:00Z..2027-06-01T07:00:00Z"}).err, "does not lie within"));
  CHECK(rehearse({"--run-length", "x"}).code == 2);
}

TEST_CASE_METHOD(SeededCtl, "why says what would become of an occurrence that is still to come") {
  CHECK(holds(ask({"why", "standup", "2100-06-01T09:00", "--timezone", "Europe/Berlin"}).out,
              "if all goes as usual, it runs on time"));
  const Answer paused = ask({"why", "digest", "2100-06-01T09:00:00Z"});
  CHECK(holds(paused.out, "if all goes as usual, it is skipped: the job was paused"));
  CHECK(!holds(ask({"why", "standup", "2100-06-05T09:00:00Z"}).out, "if all goes"));  // not an occurrence
  CHECK(!holds(ask({"why", "standup", "2026-06-01T07:00:00Z"}).out, "if all goes"));
  CHECK(ask({"why", "standup", "2100-06-01T07:00:00Z", "--format", "json"}).rows().at(0)["expected"]["what"] == "runs");
}
