#include "postgres/private_postgres.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <pqxx/pqxx>
#include <string>

#include "ledger/private_postgres_fixture.hpp"
#include "support/catch.hpp"
#include "support/database/postgres.hpp"

using namespace nowd::private_postgres_test;
using nowd::PrivatePostgres;

TEST_CASE("a first start creates a cluster that answers in the database nowd") {
  const Directory directory;
  fs::permissions(directory.path, fs::perms(0711));
  const auto before = ::umask(0077);  // the daemon's own
  auto server = must_start(directory.path / "new" / "state", true);
  ::umask(before);
  CHECK(server.origin() == PrivatePostgres::Origin::created);
  CHECK(ask(server, "select current_database()") == "nowd");
  CHECK(ask(server,
            "select pg_encoding_to_char(encoding) || ' ' || datcollate from pg_database where datname = 'nowd'") ==
        "UTF8 C.UTF-8");
  CHECK(ask(server, "show data_checksums") == "on");
  CHECK(ask(server, "show fsync") == "on");
  CHECK(ask(server, "show synchronous_commit") == "on");
  CHECK(ask(server, "show timezone") == "UTC");
}

TEST_CASE("nobody else reaches the server: no TCP, and a socket behind 0700") {
  const Directory directory;
  auto server = must_start(directory.path);
  CHECK(ask(server, "show listen_addresses") == "");
  struct stat status{};
  for (const char* name : {"socket", "socket/.s.PGSQL.5432", "postgres"}) {
    REQUIRE(::stat((directory.path / name).c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0700);
    CHECK(status.st_uid != 0);
  }
}

TEST_CASE("the server's environment holds none of our secrets") {
  const auto& directory = used_directory();
  ::setenv("OPENAI_API_KEY", "sk-secret", 1);
  auto server = must_start(directory);
  ::unsetenv("OPENAI_API_KEY");
  std::ifstream file("/proc/" + std::to_string(server.pid()) + "/environ");
  const std::string environment{std::istreambuf_iterator<char>(file), {}};
  CHECK(environment.find("LC_ALL=C.UTF-8") != std::string::npos);
  CHECK(environment.find("sk-secret") == std::string::npos);
}

TEST_CASE("the pasted psql line works") {
  const auto& directory = used_directory();
  auto server = must_start(directory);
  const auto line = server.psql_command() + " -Atc 'select 6 * 7' > " + (directory / "answer").string();
  REQUIRE(::system(line.c_str()) == 0);
  std::string answer;
  std::ifstream(directory / "answer") >> answer;
  CHECK(answer == "42");
}

TEST_CASE("a second start keeps the data and creates nothing") {
  const auto& directory = used_directory();
  {
    auto server = must_start(directory, true);
    tell(server, "create table kept as select 7 as n");
  }
  auto server = must_start(directory, true);
  CHECK(server.origin() == PrivatePostgres::Origin::started);
  CHECK(ask(server, "select n from kept") == "7");
}

TEST_CASE("stop leaves no process, no pid file and no claim on the directory") {
  const auto& directory = used_directory();
  auto server = must_start(directory);
  const pid_t pid = server.pid();
  server.stop();
  server.stop();
  CHECK_FALSE(lives(pid));
  CHECK_FALSE(fs::exists(directory / "postgres/postmaster.pid"));
  auto next = must_start(directory);
  CHECK(next.pid() != pid);
}

TEST_CASE("a server whose owner was killed is adopted, with its sessions") {
  const auto& directory = used_directory();
  const pid_t left = start_and_be_killed(directory);
  REQUIRE(lives(left));
  {
    auto server = must_start(directory);
    CHECK(server.origin() == PrivatePostgres::Origin::adopted);
    CHECK(server.pid() == left);
    CHECK(ask(server, "select 1") == "1");
  }
  CHECK_FALSE(lives(left));
}

TEST_CASE("a server left behind with other settings is not adopted but replaced") {
  const auto& directory = used_directory();
  const pid_t left = start_and_be_killed(directory);
  auto server = must_start(directory, true);
  CHECK(server.origin() == PrivatePostgres::Origin::started);
  CHECK(server.pid() != left);
  CHECK_FALSE(lives(left));
  CHECK(ask(server, "show fsync") == "on");
}

TEST_CASE("a server killed together with its owner recovers what was committed") {
  const auto& directory = used_directory();
  {
    auto server = must_start(directory);
    tell(server, "create table committed as select 7 as n");
  }
  const pid_t left = start_and_be_killed(directory);
  kill_and_wait(left);
  auto server = must_start(directory);
  CHECK(server.origin() == PrivatePostgres::Origin::started);
  CHECK(server.pid() != left);
  CHECK(ask(server, "select n from committed") == "7");
}

TEST_CASE("a stale pid file that names a living stranger stops neither us nor the stranger") {
  const auto& directory = used_directory();
  const auto file = directory / "postgres/postmaster.pid";
  struct stat owner{};
  {
    auto server = must_start(directory);
    REQUIRE(::stat(file.c_str(), &owner) == 0);
    fs::copy_file(file, directory / "saved");
  }
  // The stranger runs as the server's account: as any other, the server itself would see that it is none of its own.
  const Stranger stranger(owner.st_uid);
  std::ifstream saved(directory / "saved");
  std::string line;
  std::getline(saved, line);
  std::ofstream(file) << stranger.pid << "\n" << saved.rdbuf();
  REQUIRE(::chown(file.c_str(), owner.st_uid, owner.st_gid) == 0);

  auto server = must_start(directory);
  CHECK(server.origin() == PrivatePostgres::Origin::started);
  CHECK(server.pid() != stranger.pid);
  CHECK(::waitpid(stranger.pid, nullptr, WNOHANG) == 0);
}

TEST_CASE("a directory name too long for a socket gets a short private directory for it") {
  const Directory directory;
  fs::permissions(directory.path, fs::perms(0711));
  const auto deep = directory.path / std::string(60, 'a') / std::string(60, 'b');
  auto server = must_start(deep);
  CHECK(ask(server, "select 1") == "1");
  const auto socket = ask(server, "show unix_socket_directories");
  CHECK(socket.size() < 93);
  struct stat status{};
  REQUIRE(::stat(socket.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
  server.stop();
  fs::remove_all(socket);
}

TEST_CASE("a directory name with a comma or a space works, as libpq and the shell would split it") {
  const Directory directory;
  fs::permissions(directory.path, fs::perms(0711));
  auto server = must_start(directory.path / "one, two's");
  const auto socket = ask(server, "show unix_socket_directories");
  CHECK(socket.find(',') == std::string::npos);
  server.stop();
  fs::remove_all(socket);
}

TEST_CASE("a second owner is refused and told who is first") {
  const auto& directory = used_directory();
  auto server = must_start(directory);
  auto second = start(directory);
  REQUIRE(second.has_error());
  CHECK(second.error().kind == nowd::ErrorKind::refused);
  CHECK(second.error().message.find("pid " + std::to_string(::getpid())) != std::string::npos);
  CHECK(second.error().message.find("--dir") != std::string::npos);
  CHECK(ask(server, "select 1") == "1");
}

TEST_CASE("a cluster of another major version is refused with both versions and left alone") {
  const auto& directory = used_directory();
  const Damage damage(directory / "postgres/PG_VERSION", "9\n");
  auto server = start(directory);
  REQUIRE(server.has_error());
  CHECK(server.error().kind == nowd::ErrorKind::refused);
  CHECK(server.error().message.find("made by Postgres 9, installed is ") != std::string::npos);
  CHECK(server.error().message.find("postgresql-9") != std::string::npos);
  CHECK(fs::exists(directory / "postgres/base"));
}

TEST_CASE("a server that cannot start says why, in its own words") {
  const auto& directory = used_directory();
  const Damage damage(directory / "postgres/postgresql.conf", "max_wal_size = nonsense\n");
  auto server = start(directory);
  REQUIRE(server.has_error());
  CHECK(server.error().kind == nowd::ErrorKind::unavailable);
  CHECK(server.error().message.find("postgres.log") != std::string::npos);
  CHECK(server.error().message.find("FATAL") != std::string::npos);
}

TEST_CASE("an interrupted creation leaves nothing that is taken for a cluster") {
  const Directory directory;
  fs::create_directories(directory.path / "postgres.new.1/base");
  std::ofstream(directory.path / "postgres.new.1/PG_VERSION") << "15\n";
  auto server = must_start(directory.path);
  CHECK(server.origin() == PrivatePostgres::Origin::created);
  CHECK_FALSE(fs::exists(directory.path / "postgres.new.1"));
}

TEST_CASE("as root, a closed directory above is not opened but named with a remedy") {
  if (::geteuid() != 0) return;
  const Directory directory;
  auto server = start(directory.path / "inside");
  REQUIRE(server.has_error());
  CHECK(server.error().kind == nowd::ErrorKind::refused);
  CHECK(server.error().message.find("may not enter " + directory.path.string() + ":") != std::string::npos);
  struct stat status{};
  REQUIRE(::stat(directory.path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
}

TEST_CASE("each database of the fixture is empty and goes with its object") {
  std::string name;
  {
    const nowd::test::Database one;
    name = one.name();
    pqxx::connection connection(one.conninfo());
    pqxx::nontransaction(connection).exec("create table t (n int)");
    const nowd::test::Database two;
    CHECK(two.name() != name);
    pqxx::connection other(two.conninfo());
    CHECK(pqxx::nontransaction(other).exec("select from pg_tables where tablename = 't'").empty());
  }
  CHECK_THROWS(pqxx::connection(nowd::test::postgres().conninfo("postgres", name)));
}

TEST_CASE("a copy of a database has its tables") {
  const nowd::test::Database source;
  {
    pqxx::connection connection(source.conninfo());
    pqxx::nontransaction(connection).exec("create table t as select 5 as n");
  }
  const nowd::test::Database copy(source.name());
  pqxx::connection connection(copy.conninfo());
  CHECK(pqxx::nontransaction(connection).exec("select n from t")[0][0].as<int>() == 5);
}
