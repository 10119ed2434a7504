// `nowd up` on a clock that is not this host's: faketime shifts the wall clock of the processes it is loaded into, and
// leaves boot and monotonic clock alone, as when somebody sets a host's clock.
#pragma once

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "e2e/daemon.hpp"
#include "support/catch.hpp"

namespace nowd::test {

inline constexpr const char* faketime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/// faketime looks up the real clock_gettime on its first call, and AddressSanitizer's allocator makes that call from
/// within malloc: a sanitized process that it is loaded into never starts.
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool can_be_faked = false;
#else
inline constexpr bool can_be_faked = true;
#endif

inline bool is_missing() {
  if (!can_be_faked) {
    WARN("skipped: faketime and sanitizers exclude each other");
    return true;
  }
  if (access(faketime, R_OK) == 0) return false;
  WARN("skipped: " << faketime << " is missing; apt-get install faketime");
  return true;
}

/// The file that says how far a process's clock is off, read at each look.
class Shift {
 public:
  Shift() {
    char name[] = "/tmp/nowd-shift-XXXXXX";
    if (mkdtemp(name) == nullptr) throw std::runtime_error("mkdtemp");
    directory_ = name;
    std::filesystem::permissions(directory_, std::filesystem::perms{0755});  // the database's account reads it too
    to(std::chrono::seconds{0});
  }
  ~Shift() { std::filesystem::remove_all(directory_); }

  void to(std::chrono::seconds offset) const {
    const auto fresh = directory_ / "new";
    std::ofstream(fresh) << (offset.count() < 0 ? "" : "+") << offset.count() << "\n";
    std::filesystem::rename(fresh, directory_ / "shift");
  }
  std::vector<std::string> program() const {
    return {"/usr/bin/env",
            std::string("LD_PRELOAD=") + faketime,
            "FAKETIME_TIMESTAMP_FILE=" + (directory_ / "shift").string(),
            "FAKETIME_NO_CACHE=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
            "NO_FAKE_STAT=1"};
  }

 private:
  std::filesystem::path directory_;
};

/// `nowd up` with its database on one clock.
class SharedClock {
 public:
  /// `yaml`: the rest of nowd.yaml; `jobs`: the text of each but its name; `off`: the clock at the start.
  SharedClock(const std::string& yaml, const std::map<std::string, std::string>& jobs,
              std::chrono::seconds off = std::chrono::seconds{0}) {
    shift.to(off);
    char name[] = "/tmp/nowd-up-XXXXXX";
    if (mkdtemp(name) == nullptr) throw std::runtime_error("mkdtemp");
    directory_ = name;
    std::filesystem::permissions(directory_, std::filesystem::perms{0755});
    std::filesystem::create_directory(directory_ / "jobs");
    std::ofstream(directory_ / "nowd.yaml") << "listen: unix:" << (directory_ / "http.sock").string() << "\n" << yaml;
    for (const auto& [job, text] : jobs)
      std::ofstream(directory_ / "jobs" / (job + ".yaml")) << "name: " << job << "\n" << text;
    std::vector<std::string> words = shift.program();
    words.insert(words.end(), {built("daemon/app/nowd"), "up", "--dir", (directory_ / "up").string(), "--config",
                               (directory_ / "nowd.yaml").string(), "--jobs", (directory_ / "jobs").string()});
    process_ = std::make_unique<Process>(words, directory_ / "log");
  }
  ~SharedClock() {
    process_->signal(SIGTERM);
    process_->wait();
    process_.reset();
    std::filesystem::remove_all(directory_);
  }

  std::filesystem::path directory() const { return directory_; }
  std::string output() const { return process_->output(); }
  std::string one(const std::string& text) {
    pg::Connection connection("host=" + (directory_ / "up" / "socket").string() + " user=postgres dbname=nowd", "test");
    pg::Transaction transaction(connection);
    const std::string name = "s" + std::to_string(++statements_);
    const pg::Table table = transaction.run({name.c_str(), text.c_str()});
    return table.empty() ? "nothing" : table.rows[0][0].value_or("null");
  }
  void accept() {
    pg::Connection connection("host=" + (directory_ / "up" / "socket").string() + " user=postgres dbname=nowd", "test");
    pg::Transaction transaction(connection);
    transaction.run({"accept", "select nowd.accept_clock('so it is')"});
    transaction.commit();
  }
  void wait_for_line(const std::string& text) {
    wait_for(text, [&] { return output().find(text) != std::string::npos; });
  }
  void wait_until(const std::string& what, const std::string& query,
                  std::chrono::seconds at_most = std::chrono::seconds{30}) {
    wait_for(what, [&] { return one(query) == "t"; }, at_most);
  }

  Shift shift;

 private:
  std::filesystem::path directory_;
  std::unique_ptr<Process> process_;
  int statements_ = 0;
};

}  // namespace nowd::test
