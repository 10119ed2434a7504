#include "domain/run/command_rule.hpp"

namespace nowd {

std::optional<std::string> command_refusal(const RunPlan& plan, bool synchronised) {
  if (!plan.job.command || plan.job.command->repeat == CommandAgent::Repeat::pure) return std::nullopt;
  const std::string name = program_name(*plan.job.command);
  if (!plan.effects)
    return name +
           " may have effects, and this run may only read: it is for a moment that was given (run --as-of without "
           "--effects); a command that changes nothing says repeat: pure";
  if (plan.require_synchronised_clock && !synchronised)
    return name + " may have effects, and this host's clock is not synchronised (require_synchronised_clock)";
  return std::nullopt;
}

}  // namespace nowd
