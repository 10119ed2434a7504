// Starts one process in a new group with three pipes; the child inherits nothing. Blocks briefly.
#pragma once

#include <sys/types.h>

#include <utility>

#include "foundation/error.hpp"
#include "foundation/fd.hpp"

namespace nowd {

struct Command;

/// A running process and the parent's ends of its pipes (non-blocking, never 0, 1 or 2). The destructor kills the
/// process and its group and waits for its end, unless it was released.
struct Spawned {
  Spawned() = default;
  Spawned(Spawned&& other) noexcept
      : pid(std::exchange(other.pid, -1)),
        pidfd(std::move(other.pidfd)),
        input(std::move(other.input)),
        output(std::move(other.output)),
        errors(std::move(other.errors)) {}
  ~Spawned();

  /// Passes the duty to end the process to the caller.
  void release() { pid = -1; }

  pid_t pid = -1;  ///< also the number of its group
  FileDescriptor pidfd;
  FileDescriptor input;
  FileDescriptor output;
  FileDescriptor errors;
};

/// Promises: after an error, nothing of the command ran and no process is left. The child starts with default signals,
/// no core dumps and only the descriptors 0 to 2, and dies with the thread that started it. Errors: `invalid` for
/// faults of the command, `unavailable` if the host has no resources for another process.
Result<Spawned> spawn(const Command& command);

}  // namespace nowd
