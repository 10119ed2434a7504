// The bytes of a file before the YAML parser gets them: bounded in size, UTF-8, and printable.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "config/yaml/report.hpp"
#include "foundation/error.hpp"

namespace nowd {

constexpr std::size_t max_source = 1024 * 1024;

/// Reads a regular file, at most one byte more than `max_source`. Errors: `invalid`, with the system's reason.
Result<std::string> read_source(const std::string& path);

/// Whether a path leads, through links too, into systemd's credentials ($CREDENTIALS_DIRECTORY, /run/credentials).
bool is_credential_file(const std::string& path);

/// Reports bytes that must not reach the YAML parser, and says whether the text may. The parser takes byte 0x04 for
/// the end of the file and reads on after a NUL, so a control character could hide the rest of a file.
bool check_source(std::string_view text, Report& report);

}  // namespace nowd
