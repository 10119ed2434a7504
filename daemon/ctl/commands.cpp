#include "ctl/commands.hpp"

namespace nowd::ctl {

std::vector<Command> all_commands() {
  constexpr Command (*table[])() = {
      validate_command,   doctor_command,    next_command,    rehearse_command, completion_command, jobs_command,
      runs_command,       show_command,      explain_command, clocks_command,   verify_command,     why_command,
      deliveries_command, spend_command,     stops_command,   run_command,      requests_command,   pause_command,
      resume_command,     skip_next_command, cancel_command,  backfill_command, clock_command,      ledger_command,
      prune_command,      migrate_command,   complete_command};
  std::vector<Command> commands;
  for (const auto command : table) commands.push_back(command());
  return commands;
}

}  // namespace nowd::ctl
