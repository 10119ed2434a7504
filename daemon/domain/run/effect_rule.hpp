// Whether a run may do what changes the world: a proposed call, or its job's command as a whole.
#pragma once

#include <optional>
#include <string>

#include "domain/run/run_machine.hpp"

namespace nowd {

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
