// The state directory's lock: one daemon at a time, and who held it before.
#pragma once

#include <optional>
#include <string>

#include "foundation/error.hpp"
#include "foundation/ids.hpp"

namespace nowd {

/// Holds DIR/node.lock, which names this daemon's node. Whoever gets the lock next knows that the node named in it is
/// dead: so a restart on the same host recovers at once instead of after the heartbeat's time to live.
class StateLock {
 public:
  /// Creates DIR (0700) if it is absent. Errors: `refused` when another daemon holds it; `invalid` when DIR cannot be
  /// used.
  static Result<StateLock> take(const std::string& directory);
  StateLock(StateLock&& other) noexcept;
  StateLock& operator=(StateLock&&) = delete;
  ~StateLock();

  const std::optional<Uuid>& predecessor() const { return predecessor_; }
  void name(const Uuid& node);

 private:
  StateLock(int fd, std::optional<Uuid> predecessor) : fd_(fd), predecessor_(std::move(predecessor)) {}
  int fd_;
  std::optional<Uuid> predecessor_;
};

}  // namespace nowd
