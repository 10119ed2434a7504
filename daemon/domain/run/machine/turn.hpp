// A turn: the tool calls that one answer of a model proposes, served one after the other.
//
//   proposed ─► refused, and answered (no such tool, bad arguments, a rule, a gate)
//          └──► shown, and answered (a dry run)
//          └──► intent on record ─► CallTool ─► outcome on record, and answered
//
// Everything that a model does to the world passes here. A gate beside the clock guard is one more entry in pass_gates
// (domain/gates). An approval is a gate whose answer takes time: `next_step` would return one more kind of TurnStep,
// the run would be suspended with its saved Conversation, and `next_step` would continue from the same call. A tool
// from an MCP server is an OfferedTool like any other; only the driver knows how to call it.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/gates/clock_witness.hpp"
#include "domain/run/effects.hpp"
#include "domain/run/machine/conversation.hpp"
#include "domain/run/machine/recorder.hpp"
#include "domain/run/machine/spending.hpp"
#include "domain/run/plan.hpp"
#include "domain/run/step.hpp"

namespace nowd {

/// The parts of a run that its turns work on.
struct RunParts {
  const RunPlan& plan;
  Recorder& recorder;
  Conversation& conversation;
  Spending& spending;
  EffectLog& effects;
  ClockWitness& witness;
  bool synchronised;  ///< the clock of the host, at dispatch
};

/// All calls have an answer: the model is asked again.
struct TurnServed {};
/// The run ends here.
struct EndRun {
  RunState state = RunState::failed;
  RunReason reason = RunReason::none;
  std::string detail;
};
/// A gate refused an effect, and a second try of the model would not help: the run ends.
struct RefusedByGate {
  GateFact gate;
};
using TurnStep = std::variant<CallTool, TurnServed, EndRun, RefusedByGate>;

class Turn {
 public:
  /// Replaces the turn before. `date_fault`: the model states a wrong date, so the effects of this turn are refused.
  void begin(const std::vector<ProposedCall>& calls, std::optional<std::string> date_fault);
  /// Refuses and shows calls until one can be made, or none is left.
  TurnStep next_step(const RunParts& run);
  /// The outcome of the call that next_step returned last. Nothing = the turn continues.
  std::optional<EndRun> accept_outcome(const RunParts& run, Effect effect, const ToolOutcome& outcome);

 private:
  struct Candidate;
  Result<Json> arguments_of(const RunParts& run, const Candidate& call) const;
  GateFact pass_gates_with(const RunParts& run, const Candidate& call, const Json& arguments) const;
  bool may_try_again(const Objection& objection);

  std::deque<ProposedCall> proposed_;
  std::optional<std::string> date_fault_;
  bool asked_for_fresh_clock_ = false;  // once per run
};

/// The offered tool of that name; null = the job offers none.
const OfferedTool* offered_tool(const RunPlan& plan, const std::string& name);
/// Whether the model states its date with calls of `tool`.
bool states_date_with(const RunPlan& plan, const OfferedTool* tool);
/// Why the run has no wall time left; nothing = it has.
std::optional<EndRun> out_of_time(const RunPlan& plan, Tick now);

}  // namespace nowd
