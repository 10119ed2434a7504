// The events and actions of a run: an event tells the machine what happened, an action tells the driver what to do
// next.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "domain/job/job.hpp"
#include "domain/policy/retry.hpp"
#include "domain/run/facts.hpp"
#include "domain/run/tool_outcome.hpp"

namespace nowd {

// What happened.
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
  /// The call failed on the way: whether it is made again.
  std::optional<RetryDecision> retry = {};
  bool held_back = false;  ///< nothing was sent: what other runs learnt of the provider was enough
  ServerNotes notes{};
};
/// What the job's runs of this day have reserved and spent by now, the call that is about to be made included.
struct DaySpent {
  Usd usd;
};
struct ToolAnswered {
  ToolOutcome outcome;
};
/// Something in the daemon or the configuration failed (a template, an exception): the run fails and says so.
struct Broken {
  std::string reason;
  std::string detail;
  bool begun = true;      ///< the action just decided had begun; else nothing of it left this host
  bool in_doubt = false;  ///< an effect may have happened, and what came of it is not on record
};
/// A person asked for the run to end. What was under way has been cut, and nothing of it is left.
struct Cancelled {
  std::string by;
  std::string reason;
  bool begun = true;                ///< the action just decided had begun; else nothing of it left this host
  std::optional<Usage> reported{};  ///< a model call: the usage that its provider had reported by then
};
using RunEvent = std::variant<Dispatched, InputRead, ModelAnswered, ToolAnswered, Broken, Cancelled, DaySpent>;

// What to do next.
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
  int turn = 1;                 ///< the how manieth call of the provider that is asked: a script answers by it
  int attempt = 1;              ///< how often this call is made with this
  milliseconds wait{};          ///< before it is made again
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
