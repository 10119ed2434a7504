// The page and the metrics of a real daemon, asked over its socket.
#include <csignal>

#include "e2e/daemon.hpp"
#include "support/catch.hpp"
#include "support/database/migrated.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

bool holds(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

/// A daemon with a scripted model that writes one note, and delivers what it says to a file.
void set_up(DaemonFixture& daemon) {
  const std::string directory = daemon.directory().string();
  daemon.configure("listen: unix:" + directory + R"(/http.sock
providers:
  primary:
    api: script
    script:
      - {calls: [{name: note, arguments: {text: hello, nowd_as_of: "{{today}}"}}]}
      - {text: "Secret <b>words</b>."}
tools:
  note:
    exec: [tee, -a, )" +
                   directory + R"(/witness]
    input: {type: object, properties: {text: {type: string}}, required: [text]}
    effect: reversible
sinks:
  paper: {file: {path: )" +
                   directory + R"(/paper}}
)");
  daemon.job("digest", "schedule: 0 9 1 1 * Europe/Berlin\ntools: [note]\nprompt: Private prompt.\ndeliver: paper\n");
}

struct Paged : MigratedDatabase, DaemonFixture {
  Paged() : DaemonFixture(Database::conninfo(), Database::conninfo("nowd")) { set_up(*this); }
};

}  // namespace

TEST_CASE_METHOD(Paged, "the pages show jobs, one job and one run, and none of its texts; what is not there is 404") {
  start();
  CHECK(holds(get("/"), "none yet"));
  CHECK(run("digest") == "succeeded");
  wait_for("the delivery", [&] { return one("select state from nowd.delivery") == "delivered"; });

  const std::string jobs = get("/");
  CHECK(jobs.starts_with("200 "));
  CHECK(holds(jobs, "<a href=\"/jobs/digest\">digest</a>"));
  CHECK(holds(jobs, "<a href=\"/runs/1\">run 1</a>"));
  CHECK(get("/jobs/digest").starts_with("200 "));
  const std::string page = get("/runs/1");
  CHECK(page.starts_with("200 "));
  CHECK(holds(page, "Run 1 of digest"));
  CHECK(holds(page, "effect, call 1"));
  CHECK(holds(page, "<svg role=\"img\""));
  CHECK(!holds(page, "Secret"));
  CHECK(!holds(page, "Private"));
  CHECK(get("/style.css").starts_with("200 :root"));

  CHECK(get("/runs/99").starts_with("404 "));
  CHECK(holds(get("/jobs/digset"), "digest"));  // names the nearest
  CHECK(get("/jobs/digset").starts_with("404 "));
  CHECK(get("/jobs/<script>").starts_with("404 "));
  CHECK(!holds(get("/<script>"), "<script>"));
}

TEST_CASE_METHOD(Paged, "the metrics of a run: its state, its verdict, its delivery; and verify finds nothing in it") {
  start();
  CHECK(holds(get("/metrics"), "nowd_outbox_messages{sink=\"paper\"} 0\n"));
  CHECK(run("digest") == "succeeded");
  wait_for("the delivery", [&] { return holds(get("/metrics"), "{sink=\"paper\",outcome=\"delivered\"} 1\n"); });
  const std::string metrics = get("/metrics");
  CHECK(metrics.starts_with("200 "));
  CHECK(holds(metrics, "nowd_runs_total{job_name=\"digest\",state=\"succeeded\"} 1\n"));
  CHECK(holds(metrics, "nowd_run_verdicts_total{job_name=\"digest\",verdict=\""));
  CHECK(holds(metrics, "nowd_ledger_reachable 1\n"));
  CHECK(holds(metrics, "nowd_runs_in_progress 0\n"));
  CHECK(holds(metrics, "nowd_due 0\n"));
  CHECK(one("select count(*) from nowd.verify(now() - interval '1 hour')") == "0");
}

TEST_CASE("while the database is away the pages say so, the process lives, and metrics go on without its numbers") {
  char name[] = "/tmp/nowd-pg-XXXXXX";
  REQUIRE(mkdtemp(name) != nullptr);
  auto server = PrivatePostgres::start({name, false});
  REQUIRE(server.has_value());
  {
    DaemonFixture daemon(server->conninfo(), server->conninfo("nowd"));
    set_up(daemon);
    daemon.start();
    CHECK(daemon.get("/").starts_with("200 "));
    server->stop();
    for (const char* path : {"/", "/jobs/digest", "/runs/1"}) {
      const std::string page = daemon.get(path);
      CHECK(page.starts_with("503 "));
      CHECK(holds(page, "The database is away"));
      CHECK(!holds(page, name));  // where it is stands in the log
    }
    CHECK(daemon.get("/healthz") == "200 ok\n");
    wait_for("the daemon to notice", [&] { return holds(daemon.get("/metrics"), "nowd_ledger_reachable 0\n"); });
    daemon.process().signal(SIGKILL);
    daemon.process().wait();
  }
  std::filesystem::remove_all(name);
}
