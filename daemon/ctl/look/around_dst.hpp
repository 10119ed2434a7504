// next --around-dst: what jobs do where the clocks change.
#pragma once

#include "ctl/cli/command_line.hpp"
#include "foundation/time/time.hpp"

namespace nowd::ctl {

/// Prints the clock changes of the two years after `now` and what each job, or the expression, does there; gives the
/// exit code.
int tell_clock_changes(const Globals& globals, const Next& command, Instant now);

}  // namespace nowd::ctl
