// What follows from the end of a run: its messages, the alert, the runs that follow it. Pure.
#pragma once

#include <string>
#include <vector>

#include "domain/run/run_machine.hpp"

namespace nowd {

/// The idempotency key of the `place`-th thing that this run does to the world: derived from the occurrence, so a rerun
/// of it makes the same key.
std::string effect_key(const RunPlan& plan, std::string_view place);

/// Until when what the run does is still right: counted from its moment where a schedule named it, else from when it
/// began.
Instant valid_until(const RunPlan& plan);

/// What is done about an answer: what the job says of its class, else what the provider's word asks for, else the
/// default of the class. Only a good end is ever committed, whatever is configured; a command is run once.
StopAction action_on(const RunPlan& plan, const ModelReply& reply);

/// Why a run fails whose agent, a model or a command, did not end well: in one word, and for people.
std::string stopped_reason(Stop stop, bool command);
std::string stopped_detail(const ModelReply& reply, bool command);
/// What a person can do about an answer whose stop is unknown.
std::string remedy_for_unknown(const RunPlan& plan);

/// What a run that succeeded at `now` delivers: its output to each sink, and the heartbeat. Of a dry run only what
/// would have been sent.
std::vector<DeliveryFact> deliveries_of(const RunPlan& plan, const std::string& output, const EndFact& end);

/// Whether somebody has to be told of this end, and of what.
std::optional<Trouble> trouble_of(const RunPlan& plan, const EndFact& end);

}  // namespace nowd
