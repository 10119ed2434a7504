// What a run's calls of tools came to, and whether a run with such calls may count as a success. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/run/plan.hpp"

namespace nowd {

/// A call of an offered tool that is over. Calls in doubt are not among them: they end their run at once.
struct CalledTool {
  enum class End {
    confirmed,  ///< the tool said that it is done
    withheld,   ///< the run makes no effects: a dry run, or one that may only read
    failed,     ///< it was not done: the tool said no, the call was refused, or the tool did not start
  };
  std::string tool;
  int seq = 0;
  bool may_fail = false;  ///< a read, or a tool with on_error: tell: the model deals with its failures
  End end = End::failed;
  std::string words;  ///< the tool's own, or those of the refusal; empty when confirmed
};

struct CallFault {
  std::string_view reason;  ///< effect_failed or effect_missing
  std::string detail;       ///< names each tool, its call and the tool's words
  bool operator==(const CallFault&) const = default;
};

/// Nothing where the run may succeed. A call that failed is made good by a later one of the same tool, with whatever
/// arguments, that is confirmed or withheld. Of each tool in `must_call` one such call is needed.
std::optional<CallFault> fault_in_calls(const std::vector<CalledTool>& calls,
                                        const std::vector<std::string>& must_call);

// Whether a run may do what changes the world: a proposed call, or its job's command as a whole.

/// Why an effect is not begun so late in a run: cut short, it would be in doubt. It needs its timeout, or a tenth of
/// the run's wall time where that is less. A call that only reads may begin at any time.
std::optional<std::string> no_time_for(const OfferedTool& tool, milliseconds left, milliseconds wall);

/// Why a proposed call is refused, in words a model can act on; or nothing. `tool`: null where none of that name is
/// offered. `synchronised`: the host's clock at dispatch.
std::optional<std::string> call_refusal(const RunPlan& plan, const ProposedCall& call, const OfferedTool* tool,
                                        bool synchronised);

/// Why a command is not started; or nothing. What it does is beyond nowd, so one that may run only `once` counts as an
/// effect as a whole.
std::optional<std::string> command_refusal(const RunPlan& plan, bool synchronised);

/// Why a run that was claimed in time starts too late all the same ("window" or "cutoff"); or nothing. A host may sleep
/// between the claim and the start.
std::optional<std::string> too_late_to_start(const RunPlan& plan, Instant now);

}  // namespace nowd
