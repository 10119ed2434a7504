// Facts of a run that are not yet on disk: values that the ledger writes in one transaction, or not at all.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/clocks/data_time.hpp"
#include "domain/clocks/verdict.hpp"
#include "domain/delivery/alert.hpp"
#include "domain/delivery/outbox.hpp"
#include "domain/gates/gate.hpp"
#include "domain/job/job.hpp"
#include "domain/model/messages.hpp"
#include "domain/model/run_reason.hpp"
#include "domain/policy/retry.hpp"
#include "domain/run/tool_outcome.hpp"

namespace nowd {

/// States of a run:
///
///   running ──► (suspended ⇄ running) ──► committing ──► succeeded
///      └──────────────► failed · interrupted · orphaned · denied · cancelled · aborted_partial
enum class RunState {
  running,
  suspended,
  committing,  // live
  succeeded,
  failed,
  interrupted,
  orphaned,
  denied,
  cancelled,
  aborted_partial,
};
std::string_view to_string(RunState state);
std::optional<RunState> parse_run_state(std::string_view name);
bool is_terminal(RunState state);

struct DispatchFact {
  Reading host;
  bool operator==(const DispatchFact&) const = default;
};

/// The purpose of a model call. `plan`: the first call of a turn. `probe`: a separate question for today's date. The
/// others ask again: `retry` after a failure on the way, `larger` with more room for the answer, `resume` to continue a
/// cut answer, `repair` after an unusable answer, `nudge` after an empty end that followed an effect.
enum class CallPurpose { plan, probe, retry, larger, resume, repair, nudge };
std::string_view to_string(CallPurpose purpose);

/// Committed before a model call is made.
struct SendingFact {
  int seq = 0;
  std::string provider;
  std::string model;
  bool opaque = false;  ///< may have effects that nowd cannot see: a crash from here on makes no second attempt
  CallPurpose purpose = CallPurpose::plan;
  std::string cause;              ///< for people: why a second call or another provider was necessary
  std::optional<Usd> reserved{};  ///< the maximum cost; nothing = no prices are known
  int attempt = 1;                ///< number of this try of the call, from 1
  bool operator==(const SendingFact&) const = default;
};

/// Facts in the headers and errors of a server, beside the answer.
struct ServerNotes {
  std::optional<milliseconds> duration;     ///< of the server's work, as the server reports it
  std::optional<RetryClass> failed;         ///< the class of the failure, if the call failed on the way
  std::optional<milliseconds> retry_after;  ///< the minimum wait that the server asks for
  Json limits;                              ///< remaining rate limits of the account; null = not reported
  bool operator==(const ServerNotes&) const = default;
};

struct AnswerFact {
  int seq = 0;
  ModelReply reply;
  ExchangeTimes times;
  std::optional<Instant> injected_now;     ///< nothing: the request had no clock block
  std::optional<std::string> model_as_of;  ///< the date that the model stated
  std::string remote;
  int http_status = 0;
  std::string request_sha256;
  StopAction action = StopAction::fail;
  std::optional<Usd> cost{};     ///< nothing = no prices are known
  bool usage_estimated = false;  ///< no final usage arrived: the cost is the reservation, or the usage reported so far
  ServerNotes notes{};
  bool operator==(const AnswerFact&) const = default;
};

/// The provider's clock minus ours, as the Date of its answer shows it.
struct OffsetInterval {
  microseconds low;   ///< a hard bound
  microseconds high;  ///< holds if the Date was not cached
  bool operator==(const OffsetInterval&) const = default;
};
/// Nothing without a Date. Our wall clock is read once, when the request leaves; after that the boot clock counts, so a
/// wall clock that is set during the call changes nothing.
std::optional<OffsetInterval> offset_interval(const ExchangeTimes& times);

/// Who asks for a call: the model, an input that nowd fetches, or the question `when` of the job.
enum class CallSource { model, input, when };
std::string_view to_string(CallSource source);

/// A proposed call: refused, or the intent to make it (committed before the first byte leaves).
struct CallFact {
  int seq = 0;
  CallSource source = CallSource::model;
  std::optional<int> inference_seq;  ///< model calls: which answer proposed it
  std::string call_id;
  std::string tool;
  Effect effect = Effect::irreversible;
  std::string arguments;
  std::string idempotency_key;    ///< empty = none
  std::optional<Reading> intent;  ///< nothing = refused or shown
  bool shown = false;             ///< a dry run: the call was recorded, not made
  std::string error;              ///< why it was refused
  bool operator==(const CallFact&) const = default;
};

struct OutcomeFact {
  int seq = 0;
  CallState state = CallState::failed;  ///< `refused`: an effect that did not start
  std::optional<Reading> started;
  std::optional<Reading> ended;
  std::string remote;
  std::optional<Instant> remote_date;
  std::optional<int> exit_code;
  std::string error;
  std::int64_t result_bytes = 0;
  bool result_cut = false;
  std::optional<DataTimes> data;
  bool operator==(const OutcomeFact&) const = default;
};

/// An effect that did not start is `refused`, though its intent is on disk: a later attempt may make it.
OutcomeFact outcome_fact(int seq, const ToolOutcome& outcome, Effect effect);

/// The texts that the ledger keeps: request and response of a model call, result of a tool call, output of the run.
enum class BodyPart { request, response, result, output };
std::string_view to_string(BodyPart part);

struct BodyFact {
  BodyPart part = BodyPart::request;
  int seq = 0;
  std::string content;
  bool operator==(const BodyFact&) const = default;
};

/// A message that leaves as soon as this is committed, or that a dry run shows.
struct DeliveryFact {
  std::string sink;
  Purpose purpose = Purpose::output;
  std::string key;
  std::string subject;
  std::optional<std::string> shown;  ///< a dry run: the message, which is not sent
  Instant created_at;
  Instant expires_at;
  bool operator==(const DeliveryFact&) const = default;
};

struct EndFact {
  RunState state = RunState::failed;  ///< suspended: the run did not end, it is deferred
  RunReason reason = RunReason::none;
  std::string detail;
  Reading ended;
  nanoseconds duration{};
  std::optional<Instant> not_before{};  ///< suspended: another attempt may serve the run from then on
  std::optional<Stop> stop;             ///< of the last model call
  std::vector<Finding> findings;
  int model_calls = 0;
  int tool_calls = 0;
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::optional<Usd> cost;  ///< nothing = no prices are known
  std::vector<DeliveryFact> deliveries;
  std::optional<Trouble> trouble;
  std::vector<JobName> followers;           ///< jobs that run because this one succeeded
  std::string provider;                     ///< the last one that served the run; empty = none
  std::optional<JobName> closes_alerts_of;  ///< a success that shows that the job works again
  bool operator==(const EndFact&) const = default;
};

struct Facts {
  std::optional<DispatchFact> dispatch;
  std::vector<SendingFact> sending;
  std::vector<AnswerFact> answers;
  std::vector<CallFact> calls;
  std::vector<GateFact> gates;
  std::vector<OutcomeFact> outcomes;
  std::vector<BodyFact> bodies;
  std::optional<EndFact> end;

  void append(Facts more);
  bool empty() const;
  bool operator==(const Facts&) const = default;
};

// Redaction: it replaces secrets in the facts of a run on their way to the ledger, the log and the screen. Arguments of
// tools and texts for sinks are not facts: they keep their secrets.

using Redact = std::function<std::string(std::string_view)>;

/// Every text of `facts` that came from a model, a tool, a provider or the configuration.
void redact_facts(Facts& facts, const Redact& redact);

}  // namespace nowd
