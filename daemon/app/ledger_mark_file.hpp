// How far this host has seen the ledger come, in its state directory: it outlives the ledger's disk, and its backups.
#pragma once

#include <optional>
#include <string>

#include "ledger/clock_record.hpp"

namespace nowd {

/// DIR/ledger.mark: "LEDGER MARK", one line. Nothing if it is not there; with a line in the log if it is not one.
std::optional<LedgerMark> read_ledger_mark(const std::string& directory);

/// Replaces the file as a whole. No fsync: after a power cut it may be the one before, and is never half of one on file
/// systems that put a file's data before its new name (ext4, xfs, btrfs). A failure is logged.
void write_ledger_mark(const std::string& directory, const LedgerMark& mark);

}  // namespace nowd
