// Whether a run may start its job's command.
#pragma once

#include <optional>
#include <string>

#include "domain/run/run_machine.hpp"

namespace nowd {

/// Why not, or nothing. What a command does is beyond nowd, so one that may run only `once` counts as an effect as a
/// whole. `synchronised`: the host's clock at dispatch.
std::optional<std::string> command_refusal(const RunPlan& plan, bool synchronised);

}  // namespace nowd
