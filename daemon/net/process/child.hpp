// The life of a child between vfork() and execve(): all memory made before, only system calls after.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "foundation/error.hpp"

namespace nowd {

struct Command;

/// Why a child did not become the command.
struct ChildFailure {
  enum class Step { none, group, pipes, limits, identity, directory, execute };
  Step step = Step::none;
  int error = 0;
};

/// What the child needs, in the shape that execve() wants. Requires: the command outlives it.
struct ChildPlan {
  explicit ChildPlan(const Command& command);

  std::vector<std::string> paths;  ///< the files to try, in order
  std::vector<std::string> variables;
  std::vector<char*> argv;
  std::vector<char*> envp;
  std::string directory;
  std::optional<unsigned> uid, gid;
};

/// The child's ends, and where it reports to.
struct ChildPipes {
  int input, output, errors, report;
};

/// In the child: becomes the command, or reports why not and exits.
[[noreturn]] void become(const ChildPlan& plan, const ChildPipes& pipes, pid_t parent);

/// For people: names the program, the fault and the remedy.
Error explain(const Command& command, const ChildFailure& failure);

}  // namespace nowd
