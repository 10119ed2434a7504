// What jobs use, as diagnostics of their files.
#pragma once

#include <optional>
#include <vector>

#include "config/load.hpp"
#include "ctl/doctor/finding.hpp"
#include "ctl/doctor/uses.hpp"

namespace nowd::ctl {

/// Nothing if all is well. Online a bad finding is an error. Offline it is a warning: the files may be meant for
/// another host; and what this user only may not see is none.
std::optional<Diagnostic> diagnostic_of(const Finding& finding, bool online);

/// Offline: programs that are not there, secret files and variables that are not there. Online: everything, asking
/// providers, sinks and name servers.
std::vector<Diagnostic> surroundings_of(const Uses& uses, const Config& config, bool online);

}  // namespace nowd::ctl
