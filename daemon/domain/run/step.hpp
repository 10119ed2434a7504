// The events and actions of a run. An event is the outcome of the last action, or the end of the run; the driver
// performs the action that the machine chooses.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "domain/job/job.hpp"
#include "domain/policy/retry.hpp"
#include "domain/run/facts.hpp"
#include "domain/run/tool_outcome.hpp"

namespace nowd {

// Events.
struct Dispatched {
  Reading host;
  Instant database;  ///< database time of the claim
};
struct InputRead {
  ToolOutcome outcome;
};
struct ModelAnswered {
  ModelReply reply;
  ExchangeTimes times;
  std::string remote;
  int http_status = 0;
  std::string request_sha256;
  std::string raw;  ///< as received, kept when the stop is not a good one
  /// The call failed on the way: the decision on a retry.
  std::optional<RetryDecision> retry = {};
  bool held_back = false;  ///< nothing was sent: the account is limited, or its circuit breaker is open
  ServerNotes notes{};
};
/// The sum that the runs of the job have reserved and spent today, the next call included, exceeds usd_per_day.
struct DaySpent {
  Usd usd;
};
struct ToolAnswered {
  ToolOutcome outcome;
};
/// Something in the daemon or the configuration failed (a template, an exception): the run fails and says so.
struct Broken {
  RunReason reason = RunReason::internal;
  std::string detail;
  bool begun = true;      ///< the last action had begun; else nothing of it left this host
  bool in_doubt = false;  ///< an effect may have happened, and its outcome is not on record
};
/// A person asked for the run to end. The driver has cancelled the action under way.
struct Cancelled {
  std::string by;
  std::string reason;
  bool begun = true;                ///< the last action had begun; else nothing of it left this host
  std::optional<Usage> reported{};  ///< a model call: the usage that its provider had reported by then
};
using RunEvent = std::variant<Dispatched, InputRead, ModelAnswered, ToolAnswered, Broken, Cancelled, DaySpent>;

// Actions.
struct ReadInput {
  int seq = 0;
  Input input;
  bool operator==(const ReadInput&) const = default;
};
struct AskModel {
  int seq = 0;
  bool probe = false;           ///< request() renders the probe
  bool opaque = false;          ///< as SendingFact's
  std::string idempotency_key;  ///< for a command; empty for a model
  int turn = 1;                 ///< number of this call to its provider, from 1; a script chooses its answer by it
  int attempt = 1;              ///< number of this try of the call, from 1
  milliseconds wait{};          ///< backoff before the call
  bool operator==(const AskModel&) const = default;
};
struct CallTool {
  int seq = 0;
  std::string tool;
  Json arguments;
  Effect effect = Effect::irreversible;
  std::string idempotency_key;
  bool operator==(const CallTool&) const = default;
};
struct Finish {
  RunState state = RunState::failed;
  bool operator==(const Finish&) const = default;
};
using RunAction = std::variant<ReadInput, AskModel, CallTool, Finish>;

struct RunStep {
  Facts facts;
  RunAction action;
};

}  // namespace nowd
