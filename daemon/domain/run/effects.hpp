// The tool calls of a run so far, and the rules that allow a call, a command or a success. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/run/plan.hpp"

namespace nowd {

/// A call of an offered tool that is over. A call in doubt is not among them: it ends its run at once.
struct CalledTool {
  enum class End {
    confirmed,  ///< the tool reported success
    withheld,   ///< the run makes no effects: a dry run, or one that may only read
    failed,     ///< not done: the tool reported a failure, the call was refused, or the tool did not start
  };
  std::string tool;
  int seq = 0;
  bool may_fail = false;  ///< a read, or a tool with on_error: tell: its failures are left to the model
  End end = End::failed;
  std::string words;  ///< of the tool, or of the refusal; empty when confirmed
};

/// Why a run fails although its model ended well. The ledger uses these words as reasons.
enum class CallFaultReason {
  effect_failed,   ///< the last call of an effect failed
  effect_missing,  ///< a call that the job demands (output.must_call) was not made
};
std::string_view to_string(CallFaultReason reason);

struct CallFault {
  CallFaultReason reason = CallFaultReason::effect_failed;
  std::string detail;  ///< names each tool, its call and the words of the tool
  bool operator==(const CallFault&) const = default;
};

/// Nothing = the run may succeed. A later call of the same tool that is confirmed or withheld makes good for a failed
/// one, with any arguments. Each tool in `must_call` needs one call that is confirmed or withheld.
std::optional<CallFault> fault_in_calls(const std::vector<CalledTool>& calls,
                                        const std::vector<std::string>& must_call);

/// The calls of a run so far.
struct EffectLog {
  std::vector<CalledTool> calls;        ///< since the conversation began
  std::vector<std::string> confirmed;   ///< effects, as "post (call 2)"
  bool may_have_acted = false;          ///< an effect happened, or may have: no other attempt serves the run
  std::optional<Instant> first_effect;  ///< start of the first effect

  void add_call(const OfferedTool& tool, int seq, CalledTool::End end, std::string words = "");
  /// Requires: call `seq` of `tool` was made, and has this outcome.
  void add_effect(const std::string& tool, int seq, const ToolOutcome& outcome);
};

// Rules that allow an effect to begin.

/// Why an effect may not begin so late in a run: if it were cancelled half done, it would be in doubt. It needs its
/// timeout, or a tenth of the run's wall time where that is less. A call that only reads may begin at any time.
std::optional<std::string> no_time_for(const OfferedTool& tool, milliseconds left, milliseconds wall);

/// Why a proposed call is refused, in words that a model can act on; nothing = it is not. `tool`: null where the job
/// offers no tool of that name. `synchronised`: the clock of the host at dispatch.
std::optional<std::string> call_refusal(const RunPlan& plan, const ProposedCall& call, const OfferedTool* tool,
                                        bool synchronised);

/// Why a command is not started; nothing = it may be. nowd cannot see the effects of a command, so a command with
/// `repeat: once` counts as one effect.
std::optional<std::string> command_refusal(const RunPlan& plan, bool synchronised);

/// Why a run that was claimed in time starts too late all the same ("window" or "cutoff"); nothing = it does not. A
/// host may sleep between the claim and the start.
std::optional<RunReason> too_late_to_start(const RunPlan& plan, Instant now);

}  // namespace nowd
