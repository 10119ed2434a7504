// What breaks around a daemon: kills, a database that goes away, a bad start.
#include <csignal>
#include <fstream>

#include "e2e/witness.hpp"
#include "support/catch.hpp"
#include "support/database/migrated.hpp"

using namespace nowd;
using namespace nowd::test;

TEST_CASE("jobs of every second survive kill -9 without a lost, double or unexplained occurrence") {
  MigratedDatabase database;
  DaemonFixture f(database.conninfo(), database.conninfo("nowd"));
  const auto witness = f.directory() / "witness";
  f.configure(witness_config(witness));
  every_second_jobs(f, 20);
  for (int kills = 0; kills < 3; ++kills) {
    f.start();
    const int before = std::stoi(f.one("select count(*) from nowd.run"));
    wait_for("runs", [&] { return std::stoi(f.one("select count(*) from nowd.run")) >= before + 40; });
    f.process().signal(SIGKILL);
    f.process().wait();
  }
  f.start();
  const int before = std::stoi(f.one("select count(*) from nowd.run where state = 'succeeded'"));
  wait_for("runs",
           [&] { return std::stoi(f.one("select count(*) from nowd.run where state = 'succeeded'")) >= before + 40; });
  f.process().signal(SIGTERM);
  CHECK(f.process().wait() == 0);
  check_ledger(f, witness);
}

TEST_CASE(
    "a database that goes away under load is waited for: nothing lost, nothing double, and the log says it once") {
  char name[] = "/tmp/nowd-pg-XXXXXX";
  REQUIRE(mkdtemp(name) != nullptr);
  const PrivatePostgres::Options options{name, false};
  auto server = PrivatePostgres::start(options);
  REQUIRE(server.has_value());
  {
    DaemonFixture f(server->conninfo(), server->conninfo("nowd"));
    const auto witness = f.directory() / "witness";
    f.configure(witness_config(witness));
    every_second_jobs(f, 10);
    f.start();
    wait_for("runs", [&] { return std::stoi(f.one("select count(*) from nowd.run")) >= 20; });
    server->stop();
    wait_for("the log", [&] { return f.process().output().find("not reachable, waiting") != std::string::npos; });
    CHECK(!f.process().ended());
    auto again = PrivatePostgres::start(options);
    REQUIRE(again.has_value());
    *server = std::move(*again);
    const int before = std::stoi(f.one("select count(*) from nowd.run where state = 'succeeded'"));
    wait_for("runs", [&] {
      return std::stoi(f.one("select count(*) from nowd.run where state = 'succeeded'")) >= before + 20;
    });
    f.process().signal(SIGTERM);
    CHECK(f.process().wait() == 0);
    CHECK(f.process().output().find("connected again") != std::string::npos);
    check_ledger(f, witness);
  }
  server->stop();
  std::filesystem::remove_all(name);
}

TEST_CASE("a database that is down at the start is waited for, and /readyz says no until it is there") {
  char name[] = "/tmp/nowd-pg-XXXXXX";
  REQUIRE(mkdtemp(name) != nullptr);
  const PrivatePostgres::Options options{name, false};
  auto server = PrivatePostgres::start(options);
  REQUIRE(server.has_value());
  {
    DaemonFixture f(server->conninfo(), server->conninfo("nowd"));
    server->stop();
    f.configure("listen: unix:" + (f.directory() / "http.sock").string() + "\n");
    f.start_only();
    wait_for("an answer", [&] { return f.get("/healthz") == "200 ok\n"; });
    CHECK(f.get("/readyz") == "503 no: the database is not reachable\n");
    auto again = PrivatePostgres::start(options);
    REQUIRE(again.has_value());
    *server = std::move(*again);
    wait_for("readiness", [&] { return f.get("/readyz") == "200 ok\n"; });
    f.process().signal(SIGTERM);
    CHECK(f.process().wait() == 0);
  }
  server->stop();
  std::filesystem::remove_all(name);
}

TEST_CASE("a bad start ends with its exit code and one clear line") {
  MigratedDatabase database;
  DaemonFixture f(database.conninfo(), database.conninfo("nobody-known"));
  f.configure("listen: none\n");
  const auto ends_with = [&](int code, const std::string& text) {
    Process& process = f.start_only();
    CHECK(process.wait() == code);
    INFO(process.output());
    CHECK(process.output().find(text) != std::string::npos);
  };
  SECTION("an unknown role") { ends_with(3, "role \"nobody-known\" does not exist"); }
  SECTION("bad YAML") {
    f.configure("listen: none\nconcurency: 3\n");
    ends_with(2, "nowd.yaml:5:1: unknown key 'concurency'");
  }
  SECTION("no configuration") {
    std::filesystem::remove(f.directory() / "nowd.yaml");
    ends_with(2, "nowd.yaml");
  }
}

TEST_CASE("a port in use, a state directory in use and a database without a schema are named with the remedy") {
  MigratedDatabase database;
  DaemonFixture first(database.conninfo(), database.conninfo("nowd"));
  first.configure("listen: 127.0.0.1:0\n");
  first.start();
  const std::string log = first.process().output();
  const std::string address =
      log.substr(log.find("listening on ") + 13, log.substr(log.find("listening on ") + 13).find('\n'));

  DaemonFixture second(database.conninfo(), database.conninfo("nowd"));
  second.configure("listen: " + address + "\n");
  CHECK(second.start_only().wait() == 2);
  CHECK(second.process().output().find("address already in use") != std::string::npos);

  Database empty;
  std::ofstream(second.directory() / "nowd.yaml")
      << "database: \"" << empty.conninfo() << "\"\nlisten: none\nstate: " << (second.directory() / "state").string()
      << "\n";
  CHECK(second.start_only().wait() == 3);
  CHECK(second.process().output().find("nowctl migrate") != std::string::npos);

  std::ofstream(second.directory() / "nowd.yaml")
      << "listen: none\nstate: " << (first.directory() / "state").string() << "\n";
  CHECK(second.start_only().wait() == 2);
  CHECK(second.process().output().find("another nowd uses it") != std::string::npos);
}
