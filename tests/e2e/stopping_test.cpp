// A daemon that is asked to stop, or to read its files again, while its database is away or does not answer.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "e2e/daemon.hpp"
#include "support/catch.hpp"
#include "support/database/postgres.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

/// A daemon on a server of its own, which can be taken away.
struct Away {
  std::filesystem::path directory;
  std::optional<PrivatePostgres> server;
  std::unique_ptr<DaemonFixture> daemon;

  Away() {
    char name[] = "/tmp/nowd-pg-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    directory = name;
    auto started = PrivatePostgres::start({directory, false});
    REQUIRE(started.has_value());
    server.emplace(std::move(*started));
    daemon = std::make_unique<DaemonFixture>(server->conninfo(), server->conninfo("nowd"));
    daemon->configure(
        "listen: none\nproviders:\n  s:\n    api: script\n    script:\n      - text: done\n        delay: 2s\n");
    daemon->job("slow", "schedule: manual\nprompt: x\n");
  }
  ~Away() {
    daemon.reset();
    server->stop();
    std::filesystem::remove_all(directory);
  }
  void logs(const std::string& text) {
    wait_for("'" + text + "'", [&] { return process().output().find(text) != std::string::npos; });
  }
  void take_away() {
    server->stop();
    logs("not reachable, waiting");
  }
  Process& process() { return daemon->process(); }
};

}  // namespace

TEST_CASE_METHOD(Away, "SIGTERM ends a daemon whose database is away, also behind a reload that waits for it") {
  daemon->start();
  take_away();
  SECTION("nothing else") {}
  SECTION("a reload") { process().signal(SIGHUP); }
  SECTION("many reloads") {
    for (int k = 0; k < 200; ++k) process().signal(SIGHUP);
  }
  process().signal(SIGTERM);
  CHECK(process().wait() == 0);
  CHECK(process().output().find("SIGTERM: stopping") != std::string::npos);
}

TEST_CASE_METHOD(Away, "a run that cannot be recorded is waited for, until a second signal cuts it") {
  daemon->start();
  daemon->one("select nowd.run('slow')");
  wait_for("the run",
           [&] { return daemon->one("select count(*) from nowd.run where dispatched_at is not null") == "1"; });
  take_away();
  process().signal(SIGTERM);
  logs("waiting for 1 runs to end");
  CHECK(!process().ended());
  process().signal(SIGTERM);
  CHECK(process().wait() == 0);
}

TEST_CASE_METHOD(Away, "many reloads at once are one or two, and SIGTERM does not wait for each") {
  daemon->start();
  for (int k = 0; k < 500; ++k) process().signal(SIGHUP);
  logs("reload: 1 jobs");
  process().signal(SIGTERM);
  CHECK(process().wait() == 0);
  std::size_t reloads = 0;
  const std::string log = process().output();
  for (std::size_t at = 0; (at = log.find("reload: 1 jobs", at)) != std::string::npos; ++at) ++reloads;
  CHECK(reloads <= 5);
}

TEST_CASE_METHOD(Away, "a reload takes over the log's level, and tells loudly of a directory that became empty") {
  daemon->start();
  daemon->configure(
      "listen: none\nlog: {level: debug}\nproviders:\n  s:\n    api: script\n    script:\n      - text: done\n");
  daemon->remove_job("slow");
  process().signal(SIGHUP);
  logs("there is no job file left: all 1 jobs are retired");
  logs("reload: 0 jobs");
  CHECK(daemon->one("select name || ' ' || reason from nowd.alert where state = 'open'") == "job files empty");
  daemon->job("slow", "schedule: manual\nprompt: x\n");
  process().signal(SIGHUP);
  logs("reload: 1 jobs");
  CHECK(daemon->one("select count(*) from nowd.alert where state = 'open'") == "0");
  process().signal(SIGTERM);
  CHECK(process().wait() == 0);
}

TEST_CASE_METHOD(
    Away,
    "a server that accepts and never answers is waited for, and SIGTERM ends the daemon, in both forms of `database`") {
  const auto silent = directory / "silent";
  std::filesystem::create_directory(silent);
  const int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = (silent / ".s.PGSQL.5432").string();
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(listen(listening, 16) == 0);
  const std::string host = silent.string();
  const auto database = GENERATE_COPY("host=" + host + " port=5432 dbname=nowd user=nowd",
                                      "postgresql:///nowd?host=" + host + "&port=5432&user=nowd");
  std::ofstream(daemon->directory() / "nowd.yaml")
      << "database: \"" << database << "\"\nlisten: none\nstate: " << (daemon->directory() / "state").string() << "\n";
  daemon->start_only();
  logs("not reachable, waiting");
  process().signal(SIGTERM);
  CHECK(process().wait() == 0);
  close(listening);
}

TEST_CASE_METHOD(Away, "too few file descriptors are no fault of the configuration") {
  daemon->through({"/bin/sh", "-c", "ulimit -n 16; exec \"$0\" \"$@\""});
  Process& started = daemon->start_only();
  CHECK(started.wait() == 1);
  CHECK(started.output().find("only 16 files may be open") != std::string::npos);
}
