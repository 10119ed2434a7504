// One function for each command of nowctl; each gives the exit code (report.hpp).
#pragma once

#include "ctl/cli/command_line.hpp"

namespace nowd::ctl {

int run_command(const Globals& globals, const Validate& command);
int run_command(const Globals& globals, const Next& command);
int run_command(const Globals& globals, const Rehearse& command);
int run_command(const Globals& globals, const Migrate& command);
int run_command(const Globals& globals, const Completion& command);
int run_command(const Globals& globals, const Complete& command);
int run_command(const Globals& globals, const Explain& command);
int run_command(const Globals& globals, const Jobs& command);
int run_command(const Globals& globals, const Run& command);
int run_command(const Globals& globals, const Requests& command);
int run_command(const Globals& globals, const Pause& command);
int run_command(const Globals& globals, const Resume& command);
int run_command(const Globals& globals, const SkipNext& command);
int run_command(const Globals& globals, const Cancel& command);
int run_command(const Globals& globals, const Backfill& command);
int run_command(const Globals& globals, const Accept& command);
int run_command(const Globals& globals, const Runs& command);
int run_command(const Globals& globals, const Show& command);
int run_command(const Globals& globals, const Clocks& command);
int run_command(const Globals& globals, const Deliveries& command);
int run_command(const Globals& globals, const Why& command);
int run_command(const Globals& globals, const Doctor& command);
int run_command(const Globals& globals, const Prune& command);
int run_command(const Globals& globals, const Verify& command);
int run_command(const Globals& globals, const Spend& command);
int run_command(const Globals& globals, const Stops& command);
int run_command(const Globals& globals, const Tell& command);

}  // namespace nowd::ctl
