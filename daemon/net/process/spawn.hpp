// Starts one process: its own group, three pipes, nothing inherited. The blocking, careful half of run_command().
#pragma once

#include <sys/types.h>

#include <utility>

#include "foundation/error.hpp"
#include "foundation/fd.hpp"

namespace nowd {

struct Command;

/// A process that runs, and this side's ends of its pipes (non-blocking, never 0, 1 or 2). Kills it and its group and
/// waits for its end, unless it was released.
struct Spawned {
  Spawned() = default;
  Spawned(Spawned&& other) noexcept
      : pid(std::exchange(other.pid, -1)),
        pidfd(std::move(other.pidfd)),
        input(std::move(other.input)),
        output(std::move(other.output)),
        errors(std::move(other.errors)) {}
  ~Spawned();

  /// To somebody who ends it and waits for it.
  void release() { pid = -1; }

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
