#include "domain/run/orphan.hpp"

namespace nowd {
namespace {

/// The third orphan may be what kills the daemon.
constexpr int crash_loop = 3;

}  // namespace

OrphanEnd end_of(const Orphan& orphan) {
  const std::string& why = orphan.why;
  if (orphan.in_doubt)
    return {
        RunState::interrupted, "effect_in_doubt",
        why + " while an effect was under way: it may have happened and is not repeated; see nowd.effects_in_doubt"};
  if (orphan.opaque)
    return {RunState::interrupted, "command_in_doubt",
            why +
                " while the job's command was under way: what it did is not visible to nowd, so it is not run again;"
                " look, and ask for a run if one is wanted (a command that changes nothing says repeat: pure)"};
  if (orphan.acted)
    return {RunState::interrupted, "effects_not_repeated", why + " after an effect was made: effects are not repeated"};
  if (!orphan.asked.empty()) return {RunState::cancelled, "cancelled", orphan.asked};
  if (orphan.attempt >= crash_loop)
    return {RunState::failed, "crash_loop",
            why + " for the " + std::to_string(orphan.attempt) + ". time: this run may be what kills it"};
  return {RunState::orphaned, "node_died", why + " before any effect: it is served again", true};
}

OrphanEnd end_of_deferred(const std::string& asked, const std::string& detail) {
  if (!asked.empty()) return {RunState::cancelled, "cancelled", asked + "; it was put aside: " + detail};
  return {RunState::orphaned, std::string(deferred), detail + "; another attempt serves it", true};
}

bool is_trouble(const OrphanEnd& end) { return !end.again && end.state != RunState::cancelled; }

}  // namespace nowd
