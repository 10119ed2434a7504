// What follows from the end of a run: its messages, the alert, the runs that follow it. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/run/facts.hpp"
#include "domain/run/plan.hpp"

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

// Whether a run whose provider wants to be left alone for long is put aside and served again later. Pure.

/// What a run has done by the time its provider sends it away.
struct BeforeDeferral {
  bool acted = false;      ///< an effect was begun: another attempt would make it twice
  bool calls_left = true;  ///< the budget has a model call left for later
};

/// Nothing = it can be put aside until `not_before`; else why not, with the remedy, for people.
std::optional<std::string> cannot_defer(const RunPlan& plan, const BeforeDeferral& before, Instant not_before);

// How a run ends whose daemon died. Pure.

/// What the ledger knows of a run that nobody serves any more.
struct Orphan {
  bool in_doubt = false;  ///< an effect has an intent, and no outcome that is certain
  bool acted = false;     ///< it made effects, or may have
  bool opaque = false;    ///< its command was under way: what that did, nowd cannot see
  int attempt = 1;        ///< those that were put aside not counted: they died of nothing
  std::string why;        ///< what became of the daemon: "the daemon that ran it was killed"
  std::string asked;      ///< who wanted the run to end, and why; empty = nobody
};

struct OrphanEnd {
  RunState state = RunState::orphaned;
  std::string reason;
  std::string detail;
  bool again = false;  ///< its occurrence is planned again; else it is done
};

/// Served again only where nothing was done to the world, and not for ever.
OrphanEnd end_of(const Orphan& orphan);

/// How a run that was put aside ends, when its time has come or somebody asked for its end (as in Orphan).
OrphanEnd end_of_deferred(const std::string& asked, const std::string& detail);

/// Whether somebody has to be told.
bool is_trouble(const OrphanEnd& end);

// How a run ends whose proper end the ledger refused. Pure.

/// An end that no rule of the ledger can refuse: fixed words, no numbers, no text from outside. `in_doubt`: what came
/// of an effect could not be recorded.
EndFact minimal_end(const JobName& job, RunId run, bool dry_run, bool in_doubt, const Reading& now);

/// The outcomes of these facts, without texts and without what others said: what became of an effect is not forgotten
/// because its words cannot be kept.
std::vector<OutcomeFact> bare_outcomes(const Facts& facts);

}  // namespace nowd
