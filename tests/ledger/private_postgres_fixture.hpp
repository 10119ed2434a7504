// What the tests of the private Postgres share: directories, servers whose owner is killed, strangers, damage.
#pragma once

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <pqxx/pqxx>
#include <string>
#include <utility>

#include "postgres/private_postgres.hpp"
#include "support/catch.hpp"

namespace nowd::private_postgres_test {
namespace fs = std::filesystem;

/// 0700 and ours, like anything of mktemp's.
struct Directory {
  fs::path path = [] {
    std::string pattern = (fs::temp_directory_path() / "nowd-private-XXXXXX").string();
    return fs::path(::mkdtemp(pattern.data()));
  }();
  Directory() = default;
  Directory(const Directory&) = delete;
  ~Directory() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

inline Result<PrivatePostgres> start(const fs::path& directory, bool durable = false) {
  return PrivatePostgres::start({.directory = directory, .durable = durable});
}

inline PrivatePostgres must_start(const fs::path& directory, bool durable = false) {
  auto server = start(directory, durable);
  if (!server) FAIL(server.error().message);
  return std::move(*server);
}

inline std::string ask(const PrivatePostgres& server, const std::string& query) {
  pqxx::connection connection(server.conninfo());
  return pqxx::nontransaction(connection).exec(query)[0][0].as<std::string>();
}

inline void tell(const PrivatePostgres& server, const std::string& statement) {
  pqxx::connection connection(server.conninfo());
  pqxx::nontransaction(connection).exec(statement);
}

/// A directory with a healthy, stopped cluster, for the cases that do not care how it came about and leave it as it
/// was.
inline const fs::path& used_directory() {
  static const Directory directory;
  if (!fs::exists(directory.path / "postgres")) must_start(directory.path).stop();
  return directory.path;
}

/// A zombie does not: its program is gone, and only its parent has not looked yet.
inline bool lives(pid_t pid) {
  std::error_code error;
  return !fs::read_symlink("/proc/" + std::to_string(pid) + "/exe", error).empty();
}

/// A process of `uid` that has nothing to do with Postgres.
struct Stranger {
  pid_t pid;
  explicit Stranger(uid_t uid) : pid(::fork()) {
    if (pid != 0) return;
    if (::geteuid() == 0 && ::setuid(uid) != 0) ::_exit(1);
    ::execl("/bin/sleep", "sleep", "600", nullptr);
    ::_exit(1);
  }
  Stranger(const Stranger&) = delete;
  ~Stranger() {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
};

/// Replaces a file's text, and puts the old one back.
struct Damage {
  fs::path path;
  std::string before;
  Damage(fs::path file, const std::string& text) : path(std::move(file)) {
    std::ifstream old(path, std::ios::binary);
    before.assign(std::istreambuf_iterator<char>(old), {});
    std::ofstream(path) << text;
  }
  Damage(const Damage&) = delete;
  ~Damage() { std::ofstream(path) << before; }
};

/// Starts a server in another process, and kills that process once it has said that the server is ready.
inline pid_t start_and_be_killed(const fs::path& directory) {
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  const pid_t owner = ::fork();
  if (owner == 0) {
    auto server = start(directory);
    const pid_t pid = server ? server->pid() : 0;
    if (::write(pipe[1], &pid, sizeof pid) == sizeof pid) ::pause();
    ::_exit(1);
  }
  pid_t server = 0;
  REQUIRE(::read(pipe[0], &server, sizeof server) == sizeof server);
  ::kill(owner, SIGKILL);
  ::waitpid(owner, nullptr, 0);
  ::close(pipe[0]);
  ::close(pipe[1]);
  REQUIRE(server > 0);
  return server;
}

/// Ends a server that is nobody's child here, without a chance to clean up.
inline void kill_and_wait(pid_t pid) {
  ::kill(pid, SIGKILL);
  while (lives(pid)) ::usleep(1000);
}

}  // namespace nowd::private_postgres_test
