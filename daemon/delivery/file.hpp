// Files as sinks: a file is written completely or not at all. Its path is a template with the run's times.
#pragma once

#include <string>
#include <vector>

#include "domain/delivery/outbox.hpp"
#include "domain/delivery/sink.hpp"
#include "foundation/error.hpp"

namespace nowd {

/// The path for a message. Values must not be empty or contain "/", NUL or "..", so that they cannot lead to another
/// folder. Errors: `invalid` for a bad template, `refused` for such a value.
Result<std::string> file_path(const FileSink& sink, const Delivery& delivery, Now now);

/// Writes a new file in the folder of `path`, syncs it, renames it to `path` and syncs the folder. Creates missing
/// folders. The file gets `mode`, independent of the umask; new folders get `mode` plus the right to enter for all
/// readers (0640 and 0750). The old file is replaced, or stays unchanged. `delivered`, or `again` with the cause: a
/// full disk and a missing right can be repaired. Blocks.
SendOutcome write_file(const std::string& path, unsigned mode, const Delivery& delivery, const Clock& clock);

/// Checks that the fixed folder of the path is writable, with a temporary file. Errors: `unavailable`, with the remedy.
Result<std::string> probe_file(const FileSink& sink);

}  // namespace nowd
