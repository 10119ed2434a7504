// Child processes of the private Postgres: their account, their end, and the server behind a postmaster.pid.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "foundation/error.hpp"
#include "foundation/fd.hpp"

namespace nowd::private_postgres {

/// The account that runs the server. Postgres refuses root, so root needs another account.
struct Account {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name;
  bool other = false;  ///< not us: children switch to it, files are given to it
};
/// Us; for root, the owner of `cluster` if there is one, else `postgres`, else `nobody`.
Result<Account> server_account(const std::filesystem::path& cluster);
/// The first directory on the way to `path`, itself included, that `account` may not enter.
std::optional<std::filesystem::path> closed_to(const Account& account, const std::filesystem::path& path);

/// A process known by its pidfd: a signal never reaches a stranger that was given the same number later.
class Process {
 public:
  static std::optional<Process> open(pid_t pid);

  pid_t pid() const { return pid_; }
  /// True once it has ended, waiting for that as long as `patience`; reaps it if it is our child.
  bool ended(std::chrono::milliseconds patience);
  void signal(int number) const;
  int exit_status() const { return status_; }  ///< as from wait(2), after ended() of a child

 private:
  Process(pid_t pid, FileDescriptor descriptor) : pid_(pid), descriptor_(std::move(descriptor)) {}
  pid_t pid_;
  FileDescriptor descriptor_;
  int status_ = 0;
  bool ended_ = false;
};

/// Starts argv as `account`, in a session of its own (Ctrl-C is for us, not for it), with `output` as stdout and
/// stderr, an empty stdin, no other descriptor, and an environment of the few names it needs: ours holds API keys.
Result<Process> spawn(const std::vector<std::string>& argv, const Account& account, int output);

/// The content of postmaster.pid, written by a server. Invariant: a claim, not a fact, until is_server_of() agrees.
struct Postmaster {
  pid_t pid = 0;
  bool ready = false;
};
std::optional<Postmaster> read_postmaster(const std::filesystem::path& cluster);
/// Whether `pid` is a live `postgres` that works in exactly this cluster's directory.
bool is_server_of(pid_t pid, const std::filesystem::path& cluster);
bool has_command_line(pid_t pid, const std::vector<std::string>& argv);
/// Makes a postmaster.pid harmless, without removing it, if its pid is now another program's: our child's server takes
/// its parent's pid for a stale one, and still refuses while backends of the dead server hold its shared memory.
void disown(const std::filesystem::path& cluster);

}  // namespace nowd::private_postgres
