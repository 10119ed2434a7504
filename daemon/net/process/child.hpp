// What is kept of a stream that may be endless: its first bytes, or its last ones.
#pragma once

#include <sys/types.h>
#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/error.hpp"

namespace nowd {

class KeptOutput {
 public:
  enum class Part { first, last };
  KeptOutput(Part part, std::size_t limit) : part_(part), limit_(limit) {}

  void add(std::string_view piece) {
    cut_ = cut_ || bytes_.size() + piece.size() > limit_;
    if (part_ == Part::first) piece = piece.substr(0, limit_ - std::min(limit_, bytes_.size()));
    bytes_ += piece;
    if (bytes_.size() > 2 * limit_) trim();  // not at every piece: each byte is moved about once
  }

  /// Something was dropped, or will be when it is taken.
  bool cut() const { return cut_; }

  std::string take() {
    trim();
    if (part_ == Part::last && cut_) drop_half_line();
    return std::move(bytes_);
  }

 private:
  /// The first line has lost its beginning. With it goes what may be the end of a secret, which nobody would know as
  /// one.
  void drop_half_line() {
    const std::size_t most = std::min(max_dropped, limit_ / 2);
    bytes_.erase(0, std::min(bytes_.find('\n'), most - std::min<std::size_t>(most, 1)) + 1);
  }

  void trim() {
    if (bytes_.size() > limit_) bytes_.erase(0, bytes_.size() - limit_);
  }

  static constexpr std::size_t max_dropped = 4 * 1024;

  Part part_;
  std::size_t limit_;
  bool cut_ = false;
  std::string bytes_;
};

// The life of a child between vfork() and execve(): all memory made before, only system calls after.

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
