// The state directory: its lock, for one daemon at a time, and its mark of the ledger.
#pragma once

#include <optional>
#include <string>

#include "foundation/error.hpp"
#include "foundation/ids.hpp"
#include "ledger/records.hpp"

namespace nowd {

/// Locks DIR/node.lock, which contains this daemon's node id. The next daemon that gets the lock knows that this node
/// is dead, so a restart on the same host recovers at once instead of after 15 s.
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

/// Reads DIR/ledger.mark: one line "LEDGER MARK", the newest state of the ledger that this host has seen. It outlives
/// the ledger's disk and its backups. Nothing if the file is absent, or, with a line in the log, damaged.
std::optional<LedgerMark> read_ledger_mark(const std::string& directory);

/// Replaces the file as a whole; false if it could not. No fsync: after a power cut it may be the one before, and is
/// never half of one on file systems that put a file's data before its new name (ext4, xfs, btrfs). It is logged when
/// writing begins to fail and when it works again: `worked` is the result of the call before.
bool write_ledger_mark(const std::string& directory, const LedgerMark& mark, bool worked = true);

}  // namespace nowd
