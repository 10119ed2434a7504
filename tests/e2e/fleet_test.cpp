// Two daemons on one database: one that stops in its tracks, a database that goes away, files that differ.
#include <csignal>
#include <fstream>
#include <thread>

#include "e2e/witness.hpp"
#include "support/catch.hpp"
#include "support/database/migrated.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

/// Two hosts, each with its own files and state.
struct Pair {
  Pair(const std::string& superuser, const std::string& daemon) : first(superuser, daemon), second(superuser, daemon) {}

  std::filesystem::path witness() const { return first.directory() / "witness"; }
  void under_load() {
    for (DaemonFixture* each : {&first, &second}) {
      each->configure(witness_config(witness(), "200ms", "0.2"));
      every_second_jobs(*each, 8);
      each->start();
      if (each == &first)
        sessions_of_first = first.one(
            "select array_agg(pid)::text from pg_stat_activity where application_name = 'nowd'"
            " and datname = current_database()");
    }
    for (const char* host : {"one", "the other"})
      wait_for(std::string("runs of ") + host, [&] { return busy_nodes() == "2"; });
  }
  std::string busy_nodes() { return first.one("select count(distinct node) from nowd.run where state = 'succeeded'"); }
  int succeeded() { return std::stoi(first.one("select count(*) from nowd.run where state = 'succeeded'")); }
  void more_runs(int count) {
    const int before = succeeded();
    wait_for("more runs", [&] { return succeeded() >= before + count; });
  }
  void stop() {
    for (DaemonFixture* each : {&first, &second}) each->process().signal(SIGTERM);
    for (DaemonFixture* each : {&first, &second}) CHECK(each->process().wait() == 0);
  }
  static bool says(DaemonFixture& host, const std::string& text) {
    return host.process().output().find(text) != std::string::npos;
  }

  /// Stops the first one at a moment when it has runs under way and holds locks in the database.
  void stand_still() {
    const auto is_caught = [&] {
      return first.one(
                 "select exists (select from nowd.run where ended_at is null and node ="
                 " (select node from nowd.node order by started_at limit 1)) and exists (select from"
                 " pg_stat_activity where state = 'idle in transaction' and pid = any ('" +
                 sessions_of_first + "'))") == "t";
    };
    wait_for("the first to be caught inside a transaction", [&] {
      first.process().signal(SIGSTOP);
      if (is_caught()) {
        std::this_thread::sleep_for(std::chrono::milliseconds{2500});  // it may have sent its COMMIT just before
        if (is_caught()) return true;
      }
      first.process().signal(SIGCONT);
      return false;
    });
  }

  DaemonFixture first, second;
  std::string sessions_of_first;
};

struct OnDatabase : MigratedDatabase, Pair {
  OnDatabase() : Pair(Database::conninfo(), Database::conninfo("nowd")) {}
};

std::vector<std::string> lines(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<std::string> all;
  for (std::string line; std::getline(file, line);) all.push_back(line);
  return all;
}

}  // namespace

TEST_CASE_METHOD(OnDatabase,
                 "a daemon that stands still under load loses its runs to the other, and acts no more on them") {
  under_load();
  stand_still();
  // Its locks go first, after 10 s: until then the other waits. Then the time to live of 15 s.
  wait_for("the other to notice", [&] { return says(second, "declared a daemon dead"); }, std::chrono::seconds{60});
  wait_for("its runs to be ended", [&] {
    return first.one("select count(*) > 0 from nowd.run where reason in ('node_died', 'effect_in_doubt')") == "t";
  });
  more_runs(24);
  first.process().signal(SIGCONT);
  wait_for("it to come back", [&] {
    return says(first, "registering anew") && first.one("select count(*) from nowd.node where state = 'alive'") == "2";
  });
  const std::string back = first.one(
      "select node::text from nowd.node where state = 'alive' order by started_at desc"
      " limit 1");
  wait_for("its runs", [&] {
    return first.one("select count(*) > 3 from nowd.run where state = 'succeeded' and node = '" + back + "'") == "t";
  });
  stop();
  check_ledger(first, witness());
}

TEST_CASE("a database that is away longer than the time to live makes no daemon look dead") {
  char name[] = "/tmp/nowd-pg-XXXXXX";
  REQUIRE(mkdtemp(name) != nullptr);
  const PrivatePostgres::Options options{name, false};
  auto server = PrivatePostgres::start(options);
  REQUIRE(server.has_value());
  {
    Pair pair(server->conninfo(), server->conninfo("nowd"));
    pair.under_load();
    server->stop();
    const auto gone = std::chrono::steady_clock::now();
    wait_for("a time to live to pass", [&] { return std::chrono::steady_clock::now() - gone > seconds{18}; });
    auto again = PrivatePostgres::start(options);
    REQUIRE(again.has_value());
    *server = std::move(*again);
    pair.more_runs(40);
    CHECK(pair.first.one("select count(*) from nowd.node where state = 'dead'") == "0");
    CHECK(pair.first.one("select count(*) from nowd.node") == "2");
    pair.stop();
    check_ledger(pair.first, pair.witness());
  }
  server->stop();
  std::filesystem::remove_all(name);
}

TEST_CASE("a command that ignores SIGTERM makes way for the next occurrence: it is gone before that one starts") {
  MigratedDatabase database;
  DaemonFixture f(database.conninfo(), database.conninfo("nowd"));
  f.configure("listen: none\n");
  const std::string here = f.directory().string();
  f.job("stubborn",
        "schedule: {every: 2s, overlap: cancel_running, missed: latest}\nprompt: x\ncommand:\n"
        "  argv:\n    - sh\n    - -c\n    - |\n"
        "      trap '' TERM\n"
        "      cd " +
            here +
            "\n"
            "      for old in $(cat pids 2>/dev/null); do\n"
            "        case $(cut -d' ' -f3 /proc/$old/stat 2>/dev/null) in [ZX]|'') ;; *) echo $old >> still-there;; "
            "esac\n"
            "      done\n"
            "      sleep 60 &\n"
            "      echo $! $$ > pids\n"
            "      echo $$ >> started\n"
            "      wait\n");
  f.start();
  wait_for("the third start", [&] { return lines(f.directory() / "started").size() >= 3; });
  f.remove_job("stubborn");
  f.process().signal(SIGTERM);
  wait_for("the stop", [&] { return f.process().output().find("SIGTERM: stopping") != std::string::npos; });
  f.process().signal(SIGTERM);  // the last one would sleep for a minute
  CHECK(f.process().wait() == 0);
  CHECK(lines(f.directory() / "still-there").empty());
  CHECK(f.one("select count(*) from nowd.run a join nowd.run b on a.run < b.run where b.claimed_at < a.ended_at") ==
        "0");
  CHECK(f.one("select count(*) >= 2 from nowd.run where cancel_by = 'nowd' and ended_at is not null") == "t");
}

TEST_CASE_METHOD(OnDatabase, "of two daemons with different files each runs its own, and the newer revision is run") {
  const auto manual = [](const std::string& text) { return "schedule: manual\nprompt: " + text + "\n"; };
  for (DaemonFixture* each : {&first, &second})
    each->configure("listen: none\nproviders: {s: {api: script, script: [{text: done}]}}\n");
  first.job("shared", manual("old"));
  second.job("shared", manual("old"));
  first.job("mine", manual("x"));
  second.job("yours", manual("x"));
  first.start();
  second.start();
  CHECK(first.one("select count(*) from nowd.jobs where state = 'active'") == "3");

  first.job("shared", manual("new"));
  first.process().signal(SIGHUP);
  wait_for("the one behind to say so", [&] { return says(second, "newer revision"); });
  second.process().signal(SIGHUP);
  wait_for("its reload", [&] { return says(second, "reload: 2 jobs"); });
  for (const char* job : {"shared", "mine", "yours"}) CHECK(first.run(job) == "succeeded");
  CHECK(first.one("select count(distinct node) from nowd.run where job in ('shared', 'mine')") == "1");
  CHECK(first.one("select v.spec ->> 'prompt' from nowd.run r join nowd.job_revision v using (job, revision)"
                  " where r.job = 'shared'") == "new");

  first.job("shared", manual("old"));  // and back, on purpose
  first.process().signal(SIGHUP);
  wait_for("the old one to be in force", [&] {
    return first.one(
               "select spec ->> 'prompt' from nowd.job join nowd.job_revision using (job, revision)"
               " where job = 'shared'") == "old";
  });
  CHECK(first.one("select count(*) from nowd.jobs where state = 'active'") == "3");
  stop();
}
