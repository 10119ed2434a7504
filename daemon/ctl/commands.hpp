// The commands of nowctl. The file named beside a function holds all of that command: options, help, checks, output.
#pragma once

#include <vector>

#include "ctl/cli/command.hpp"

namespace nowd::ctl {

/// All commands in the order of the general help, each with options of its own to fill.
std::vector<Command> all_commands();

// check/
Command validate_command();
Command doctor_command();
// look/
Command next_command();
Command rehearse_command();
Command jobs_command();
Command runs_command();
Command requests_command();
Command deliveries_command();
Command show_command();
Command clocks_command();
Command why_command();
Command verify_command();
Command spend_command();
Command stops_command();
Command explain_command();
// act/
Command run_command();
Command pause_command();
Command resume_command();
Command skip_next_command();
Command cancel_command();
Command backfill_command();
Command clock_command();
Command ledger_command();
Command prune_command();
Command migrate_command();
// cli/completion.cpp
Command completion_command();
Command complete_command();

}  // namespace nowd::ctl
