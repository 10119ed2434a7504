// The state directory's lock: one daemon at a time, and who held it before.
#pragma once

#include <optional>
#include <string>

#include "foundation/error.hpp"
#include "foundation/ids.hpp"
#include "ledger/records.hpp"

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

// How far this host has seen the ledger come, in its state directory: it outlives the ledger's disk, and its backups.

/// DIR/ledger.mark: "LEDGER MARK", one line. Nothing if it is not there; with a line in the log if it is not one.
std::optional<LedgerMark> read_ledger_mark(const std::string& directory);

/// Replaces the file as a whole; false if it could not. No fsync: after a power cut it may be the one before, and is
/// never half of one on file systems that put a file's data before its new name (ext4, xfs, btrfs). It is logged when
/// writing begins to fail and when it works again: `worked` is what the call before gave.
bool write_ledger_mark(const std::string& directory, const LedgerMark& mark, bool worked = true);

}  // namespace nowd
