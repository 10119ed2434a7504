#include "support/database/postgres.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <pqxx/pqxx>
#include <stdexcept>

namespace nowd::test {
namespace fs = std::filesystem;
namespace {

/// The guard waits on a pipe that only this process can write to. "done": all is well. Its end: this process is gone
/// without a word, so the server is ended and the directory removed. It is nobody's child (the `&`), because a test
/// runner that gives up kills the whole family.
constexpr const char* guard_script = R"sh(
  (
    read -r word && exit 0
    file=$1/postgres/postmaster.pid
    kill -QUIT "$(head -n 1 "$file")"
    for i in 1 2 3 4 5 6 7 8 9 10; do
      [ ! -e "$file" ] || sleep 0.1
    done
    rm -rf "$1"
  ) <&3 &
)sh";

int start_guard(const fs::path& directory) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe for the guard");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  // Not our stdout: a test runner waits until nobody holds it.
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe[0], 3);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  std::string shell = "sh", option = "-c", script = guard_script, path = directory.string();
  std::array<char*, 6> argv = {shell.data(), option.data(), script.data(), shell.data(), path.data(), nullptr};
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, "/bin/sh", &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[0]);
  if (failed != 0) throw std::runtime_error("no guard");
  ::waitpid(child, nullptr, 0);
  return pipe[1];
}

fs::path fresh_directory() {
  std::string pattern = (fs::temp_directory_path() / "nowd-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot create " + pattern);
  return pattern;
}

/// The cluster that ctest had tests/support/database/cluster.cpp make, if ctest runs us: initdb takes longer than the copy.
void put_cluster(const fs::path& directory) {
  const char* made = ::getenv("NOWD_TEST_CLUSTER");
  if (made == nullptr) return;
  const std::string from = made, to = (directory / "postgres").string();
  const std::string copy = "flock --shared '" + from + ".lock' cp -a '" + from + "' '" + to + "'";
  if (std::system(copy.c_str()) != 0) throw std::runtime_error("failed: " + copy);
}

PrivatePostgres start_in(const fs::path& directory) {
  put_cluster(directory);
  auto server = PrivatePostgres::start({.directory = directory, .durable = false});
  if (!server) throw std::runtime_error(server.error().message);
  return std::move(*server);
}

struct Server {
  fs::path directory = fresh_directory();
  int guard = start_guard(directory);
  PrivatePostgres postgres = start_in(directory);
  int databases = 0;

  Server() = default;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    postgres.stop();
    std::error_code ignored;
    fs::remove_all(directory, ignored);
    const auto told = ::write(guard, "done\n", 5);
    static_cast<void>(told);
    ::close(guard);
  }
};

Server& server() {
  static Server instance;
  return instance;
}

void execute(const std::string& statement) {
  pqxx::connection connection(postgres().conninfo("postgres", "postgres"));
  pqxx::nontransaction(connection).exec(statement);
}

}  // namespace

bool has_migrated_database() {
  pqxx::connection connection(postgres().conninfo("postgres", "postgres"));
  return !pqxx::nontransaction(connection).exec("select from pg_database where datname = 'migrated'").empty();
}

PrivatePostgres& postgres() { return server().postgres; }

Database::Database(std::string_view source) : name_("test_" + std::to_string(++server().databases)) {
  // By its files: the other strategy writes each page to the log, and takes twice the time for a small database.
  execute("create database " + name_ + " template " + std::string(source) + " strategy file_copy");
}

Database::~Database() {
  try {
    execute("drop database if exists " + name_ + " with (force)");
  } catch (const std::exception&) {
    // A test that stopped the server has nothing to drop.
  }
}

}  // namespace nowd::test
