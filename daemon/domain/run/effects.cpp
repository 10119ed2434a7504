#include "domain/run/effects.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "domain/planning/judge.hpp"
#include "domain/run/facts.hpp"
#include "foundation/text/utf8.hpp"

namespace nowd {
namespace {

constexpr std::size_t max_described = 600;

std::string described(const CalledTool& call) {
  return call.tool + " (call " + std::to_string(call.seq) +
         "): " + (call.words.empty() ? "it gave no reason" : clipped(call.words, max_described));
}

void add(std::string& list, const std::string& text) { list += (list.empty() ? "" : "; ") + text; }

using Last = std::map<std::string, const CalledTool*>;

std::optional<CallFault> failed_effects(const Last& last) {
  std::string all;
  for (const auto& [unused, call] : last)
    if (call->end == CalledTool::End::failed && !call->may_fail) add(all, described(*call));
  if (all.empty()) return std::nullopt;
  return CallFault{CallFaultReason::effect_failed, "not done, and not made good by a later call: " + all};
}

std::optional<CallFault> missing_effects(const std::vector<CalledTool>& calls, const Last& last,
                                         const std::vector<std::string>& must_call) {
  std::string all;
  for (const std::string& tool : must_call) {
    const bool done = std::any_of(calls.begin(), calls.end(), [&](const CalledTool& call) {
      return call.tool == tool && call.end != CalledTool::End::failed;
    });
    if (done) continue;
    const auto tried = last.find(tool);
    add(all, tried == last.end() ? tool + " was not called" : described(*tried->second));
  }
  if (all.empty()) return std::nullopt;
  return CallFault{CallFaultReason::effect_missing, "output.must_call: " + all};
}

}  // namespace

std::string_view to_string(CallFaultReason reason) {
  return reason == CallFaultReason::effect_failed ? "effect_failed" : "effect_missing";
}

std::optional<CallFault> fault_in_calls(const std::vector<CalledTool>& calls,
                                        const std::vector<std::string>& must_call) {
  Last last;
  for (const CalledTool& call : calls) last[call.tool] = &call;
  if (auto fault = failed_effects(last)) return fault;
  return missing_effects(calls, last, must_call);
}

void EffectLog::add_call(const OfferedTool& tool, int seq, CalledTool::End end, std::string words) {
  const bool may_fail = tool.effect == Effect::read || tool.on_error == OnError::tell;
  calls.push_back({tool.offer.name, seq, may_fail, end, std::move(words)});
}

void EffectLog::add_effect(const std::string& tool, int seq, const ToolOutcome& outcome) {
  may_have_acted = may_have_acted || effect_may_have_happened(outcome.state, outcome.started.has_value());
  if (outcome.started && !first_effect) first_effect = outcome.started->wall;
  if (outcome.state == CallState::confirmed) confirmed.push_back(tool + " (call " + std::to_string(seq) + ")");
}

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

std::optional<RunReason> too_late_to_start(const RunPlan& plan, Instant now) {
  const RunTime& time = plan.time;
  const bool by_schedule = time.kind == RunKind::scheduled || time.kind == RunKind::catch_up;
  if (!by_schedule || time.attempt > 1) return std::nullopt;
  const auto late = too_late(plan.job.missed, time.zone, scheduled_day(time), time.due_at, now);
  if (!late) return std::nullopt;
  return *late == OccurrenceReason::cutoff ? RunReason::cutoff : RunReason::window;
}

}  // namespace nowd
