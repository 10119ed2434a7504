// An input that is a file.
#pragma once

#include "tools/calls/http_call.hpp"
#include "tools/tool.hpp"

namespace nowd {

/// Reads a regular file, at most as much as the rules allow. A path with values in it may not climb: the template must
/// begin with "/", and values may bring no "..". Directories, devices and pipes are refused. Blocks for as long as the
/// file system does: call it on a thread of its own.
ToolOutcome read_file_input(const FileAction& action, const CallEnvironment& environment, const CallRules& rules,
                            const Clock& clock);

}  // namespace nowd
