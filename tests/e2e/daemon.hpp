// A real nowd process on a real database, with its configuration and jobs in a directory of its own.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "postgres/private_postgres.hpp"
#include "support/database/sql_session.hpp"

namespace nowd::test {

/// Waits for something that another process does: looks every 10 ms, throws after `at_most`, saying for what.
void wait_for(const std::string& what, const std::function<bool()>& happened,
              std::chrono::seconds at_most = std::chrono::seconds{30});

/// A child process with its output in a file. Killed when it is forgotten.
class Process {
 public:
  Process(std::vector<std::string> argv, std::filesystem::path output);
  ~Process();
  Process(const Process&) = delete;

  void signal(int number) const;
  int wait();  ///< exit code, or 128 + signal (and 128 more with a core dump)
  bool ended();
  std::string output() const;

 private:
  pid_t pid_;
  std::filesystem::path output_;
  int status_ = -1;
};

class DaemonFixture {
 public:
  /// Migrates the database of `conninfo` (as superuser) and writes no job yet.
  explicit DaemonFixture(const std::string& superuser, const std::string& daemon);
  ~DaemonFixture();

  std::filesystem::path directory() const { return directory_; }
  /// Text of nowd.yaml after the lines for database, state, listen and jobs.
  void configure(const std::string& yaml);
  void job(const std::string& name, const std::string& yaml);
  void remove_job(const std::string& name);

  /// Starts it through another program: {"/usr/bin/env", "A=1"}.
  void through(std::vector<std::string> program) { through_ = std::move(program); }
  /// Nobody is connected to the database until the next statement: it can be copied.
  void disconnect() { session_->disconnect(); }
  /// Another database from here on: configure() again.
  void move_to(const std::string& superuser, const std::string& daemon);

  Process& start();  ///< and waits until it serves
  Process& start_only();
  Process& process() { return *process_; }

  /// "200 ok" of a path, over `listen: unix:DIRECTORY/http.sock`; empty when nobody listens.
  std::string get(const std::string& path) const;
  pg::Table sql(const std::string& text) { return session_->run(text); }
  std::string one(const std::string& text);
  /// Asks for a run and waits for its end; gives its state.
  std::string run(const std::string& job);

 private:
  std::string daemon_;
  std::filesystem::path directory_;
  std::vector<std::string> through_;
  std::unique_ptr<SqlSession> session_;
  std::unique_ptr<Process> process_;
  int started_ = 0;
};

/// A path of this build: "daemon/app/nowd".
std::string built(const std::string& relative);

}  // namespace nowd::test
