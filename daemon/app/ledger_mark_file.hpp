// How far this host has seen the ledger come, in its state directory: it outlives the ledger's disk, and its backups.
#pragma once

#include <optional>
#include <string>

#include "ledger/clock_record.hpp"

namespace nowd {

/// DIR/ledger.mark: "LEDGER MARK", one line. Nothing if it is not there; with a line in the log if it is not one.
std::optional<LedgerMark> read_ledger_mark(const std::string& directory);

/// Replaces the file as a whole; false if it could not. No fsync: after a power cut it may be the one before, and is
/// never half of one on file systems that put a file's data before its new name (ext4, xfs, btrfs). It is logged when
/// writing begins to fail and when it works again: `worked` is what the call before gave.
bool write_ledger_mark(const std::string& directory, const LedgerMark& mark, bool worked = true);

}  // namespace nowd
