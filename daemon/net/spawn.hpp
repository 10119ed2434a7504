// Starts one process: its own group, three pipes, nothing inherited. The blocking, careful half of run_command().
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

#include "foundation/error.hpp"

namespace nowd {

struct Command;

/// A file descriptor that closes itself.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor() { reset(); }

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void reset();

 private:
  int fd_ = -1;
};

/// A process that runs, and this side's ends of its pipes (non-blocking, never 0, 1 or 2).
struct Spawned {
  pid_t pid = -1;  ///< also its group
  FileDescriptor pidfd;
  FileDescriptor input;
  FileDescriptor output;
  FileDescriptor errors;
};

/// Promises: when it returns an error nothing of the command ran and nothing is left of the attempt. The child starts
/// with default signals, no core dumps, no descriptor but 0 to 2, and dies with the thread that started it.
/// Errors: `invalid` for what the command says, `unavailable` where this host has no room for another process.
Result<Spawned> spawn(const Command& command);

}  // namespace nowd
