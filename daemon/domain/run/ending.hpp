// The end of a run: its stop, its deliveries, its alert, and the ends of runs without a daemon. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/run/effects.hpp"
#include "domain/run/facts.hpp"
#include "domain/run/plan.hpp"

namespace nowd {

/// The idempotency key of the `place`-th thing that this run does to the world: derived from the occurrence, so a rerun
/// of it makes the same key.
std::string effect_key(const RunPlan& plan, std::string_view place);

/// The end of the validity of the effects of the run: valid_for after the scheduled moment, or after the dispatch of a
/// run without a schedule.
Instant valid_until(const RunPlan& plan);

/// The action on an answer: the rule of the job for its class, else the action of the provider's word, else the default
/// of the class. Invariant: only a good end is committed; a command runs once.
StopAction action_on(const RunPlan& plan, const ModelReply& reply);

/// The reason of an end with the same word.
RunReason reason_of(CallFaultReason fault);
RunReason reason_of(GateRule rule);
RunReason reason_of(Verdict verdict);  ///< none for aligned
RunReason reason_of(Stop stop);

/// The reason of a failure of the agent (a model or a command), and a text for people.
RunReason stopped_reason(Stop stop, bool command);
std::string stopped_detail(const ModelReply& reply, bool command);
/// The remedy for an answer with an unknown stop, for people.
std::string remedy_for_unknown(const RunPlan& plan);

/// The deliveries of a successful run: its output to each sink, and the heartbeat. A dry run only shows them.
std::vector<DeliveryFact> deliveries_of(const RunPlan& plan, const std::string& output, const EndFact& end);

/// The trouble behind this end, for an alert; nothing = no person needs to know.
std::optional<Trouble> trouble_of(const RunPlan& plan, const EndFact& end);

// Deferral: the provider asks for a long wait. Pure.

/// The state of a run when its provider asks for a long wait.
struct BeforeDeferral {
  bool acted = false;      ///< an effect was begun: another attempt would make it twice
  bool calls_left = true;  ///< the budget has a model call left for later
};

/// Why the run cannot be deferred until `not_before`, for people; nothing = it can.
std::optional<std::string> cannot_defer(const RunPlan& plan, const BeforeDeferral& before, Instant not_before);

// Ends of runs after the death of their daemon. Pure.

/// A run without a daemon, as the ledger knows it.
struct Orphan {
  bool in_doubt = false;  ///< an effect has an intent, and no outcome that is certain
  bool acted = false;     ///< it made effects, or may have
  bool opaque = false;    ///< its command was under way: nowd cannot see the effects of a command
  int attempt = 1;        ///< deferred attempts are not counted: they did not crash
  std::string why;        ///< the fate of the daemon: "the daemon that ran it was killed"
  std::string asked;      ///< the cancel request, "by alice: wrong figures"; empty = none
};

struct OrphanEnd {
  RunState state = RunState::orphaned;
  RunReason reason = RunReason::node_died;
  std::string detail;
  bool again = false;  ///< its occurrence is planned again; else it is done
};

/// Another attempt follows only where the run changed nothing, and at most twice.
OrphanEnd end_of(const Orphan& orphan);

/// The end of a deferred run, when its time has come or a person cancels it (`asked` as in Orphan).
OrphanEnd end_of_deferred(const std::string& asked, const std::string& detail);

/// Whether this end is a trouble for an alert.
bool is_trouble(const OrphanEnd& end);

// Ends of runs after the ledger refused their proper end. Pure.

/// An end that no rule of the ledger can refuse: fixed words, no numbers, no text from outside. `in_doubt`: the
/// outcome of an effect could not be recorded.
EndFact minimal_end(const JobName& job, RunId run, bool dry_run, bool in_doubt, const Reading& now);

/// The outcomes of these facts, without texts: the ledger can keep the state of an effect even where it refuses the
/// words of a tool.
std::vector<OutcomeFact> bare_outcomes(const Facts& facts);

}  // namespace nowd
