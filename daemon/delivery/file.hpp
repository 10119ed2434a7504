// Files: written whole or not at all, under a name made of the run's times.
#pragma once

#include <string>
#include <vector>

#include "domain/delivery/outbox.hpp"
#include "domain/delivery/sink.hpp"
#include "foundation/error.hpp"

namespace nowd {

/// Where the message goes. No value may be empty, hold a "/" or a NUL, or be made of dots: it can name no other folder.
/// Errors: `invalid` for a bad template, `refused` for such a value.
Result<std::string> file_path(const FileSink& sink, const Delivery& delivery, Now now);

/// Writes `path` through a new file in its folder: written, synced, renamed into place, the folder synced. Folders that
/// are missing are made. File and new folders get `mode` whatever the umask says, the folders with the right to enter
/// for all who may read: 0640 and 0750. What stood there before is replaced, or stays as it was.
/// `delivered`, or `again` with the cause: a full disk or a missing right can be mended. Blocks.
SendOutcome write_file(const std::string& path, unsigned mode, const Delivery& delivery, const Clock& clock);

/// Whether a file could be written below the part of the path that is fixed. Errors: `unavailable`, with the remedy.
Result<std::string> probe_file(const FileSink& sink);

}  // namespace nowd
