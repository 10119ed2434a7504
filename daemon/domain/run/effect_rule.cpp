#include "domain/run/effect_rule.hpp"

#include <algorithm>

#include "domain/planning/judge.hpp"

namespace nowd {
namespace {

std::string no_such_tool(const RunPlan& plan, const std::string& name) {
  std::string known;
  for (const OfferedTool& each : plan.tools) known += (known.empty() ? "" : ", ") + each.offer.name;
  return "there is no tool " + name + "; the tools are: " + (known.empty() ? "none" : known);
}

}  // namespace

std::optional<std::string> call_refusal(const RunPlan& plan, const ProposedCall& call, const OfferedTool* tool,
                                        bool synchronised) {
  if (tool == nullptr) return no_such_tool(plan, call.tool);
  if (tool->effect == Effect::read) return std::nullopt;
  if (!plan.effects)
    return call.tool +
           " has effects, and this run may only read: it is for a moment that was given (run --as-of without "
           "--effects)";
  if (plan.require_synchronised_clock && !synchronised)
    return call.tool + " has effects, and this host's clock is not synchronised (require_synchronised_clock)";
  return std::nullopt;
}

std::optional<std::string> no_time_for(const OfferedTool& tool, milliseconds left, milliseconds wall) {
  const milliseconds needed = std::min(tool.timeout, wall / 10);
  if (tool.effect == Effect::read || left >= needed) return std::nullopt;
  return tool.offer.name + " may take " + human(tool.timeout) + ", and of the run's wall time only " + human(left) +
         " are left: cut short, it would be in doubt; end now, and say what was not done";
}

std::optional<std::string> command_refusal(const RunPlan& plan, bool synchronised) {
  if (!plan.job.command || plan.job.command->repeat == CommandAgent::Repeat::pure) return std::nullopt;
  const std::string name = program_name(*plan.job.command);
  if (plan.dry_run)
    return name +
           " may have effects that nowd cannot hold back, so a dry run does not start it; a command that changes "
           "nothing says repeat: pure";
  if (!plan.effects)
    return name +
           " may have effects, and this run may only read: it is for a moment that was given (run --as-of without "
           "--effects); a command that changes nothing says repeat: pure";
  if (plan.require_synchronised_clock && !synchronised)
    return name + " may have effects, and this host's clock is not synchronised (require_synchronised_clock)";
  return std::nullopt;
}

std::optional<std::string> too_late_to_start(const RunPlan& plan, Instant now) {
  const RunTime& time = plan.time;
  const bool by_schedule = time.kind == RunKind::scheduled || time.kind == RunKind::catch_up;
  if (!by_schedule || time.attempt > 1) return std::nullopt;
  return too_late(plan.job.missed, time.zone, scheduled_day(time), time.due_at, now);
}

}  // namespace nowd
