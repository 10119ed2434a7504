// A ledger that is put back from a backup, under a state directory that has seen more of it.
#include <csignal>

#include "e2e/daemon.hpp"
#include "support/catch.hpp"
#include "support/postgres.hpp"

using namespace nowd;
using namespace nowd::test;

TEST_CASE("a restored ledger is held with one clear line, until somebody accepts it") {
  Database ledger;
  DaemonFixture f(ledger.conninfo(), ledger.conninfo("nowd"));
  const auto configure = [&] {
    f.configure("listen: unix:" + (f.directory() / "http.sock").string() +
                "\nproviders:\n  s:\n    api: script\n    script:\n      - text: done\n");
  };
  const auto stop = [&] {
    f.process().signal(SIGTERM);
    CHECK(f.process().wait() == 0);
  };
  const auto nowctl = [&](std::vector<std::string> arguments, const Database& database) {
    arguments.insert(arguments.begin(), built("daemon/ctl/nowctl"));
    arguments.insert(arguments.end(), {"--database", database.conninfo()});
    return Process(arguments, f.directory() / "ctl").wait();
  };
  configure();
  f.job("now", "schedule: manual\nprompt: x\n");
  f.start();
  CHECK(f.run("now") == "succeeded");
  stop();
  const Database backup(ledger.name());

  f.start();
  const std::string mark = f.one("select mark from nowd.ledger_mark");
  CHECK(f.run("now") == "succeeded");
  wait_for("the mark", [&] { return std::stoi(f.one("select mark from nowd.ledger_mark")) > std::stoi(mark); });
  stop();

  f.move_to(backup.conninfo(), backup.conninfo("nowd"));
  configure();
  f.start();
  const std::string line = "a backup was restored, and the runs since then would be repeated";
  wait_for("the line", [&] { return f.process().output().find(line) != std::string::npos; });
  CHECK(f.process().output().find(line) == f.process().output().rfind(line));
  CHECK(f.get("/readyz").starts_with("503 no: held: the ledger is older than this daemon knows it"));
  f.one("select nowd.run('now')");
  stop();  // it is held over restarts
  f.start();
  wait_for("the line", [&] { return f.process().output().find(line) != std::string::npos; });
  CHECK(f.one("select count(*) from nowd.run") == "1");

  CHECK(nowctl({"ledger", "accept", "--reason", "the disk died"}, backup) == 0);
  wait_for("the run", [&] { return f.one("select count(*) from nowd.run where state = 'succeeded'") == "2"; });
  wait_for("readiness", [&] { return f.get("/readyz") == "200 ok\n"; });
  wait_for("the mark", [&] { return std::stoi(f.one("select mark from nowd.ledger_mark")) > std::stoi(mark) + 1; });
  stop();
  f.start();
  wait_for("readiness", [&] { return f.get("/readyz") == "200 ok\n"; });
}
