// What is known of a run and not yet on disk: values that the ledger writes in one transaction, or not at all.
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
#include "domain/gates/guard.hpp"
#include "domain/job/job.hpp"
#include "domain/model/messages.hpp"
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

/// One row of clock_reading: a look at one of the four clocks, or at the data's.
struct ReadingFact {
  int seq = 0;        ///< order within the run
  std::string clock;  ///< scheduled | dispatch | inference | tool | data
  std::string point;  ///< "start", "sent:1", "remote_date:2" …
  Instant at;
  std::optional<nanoseconds> uncertainty;
  std::optional<Tick> boot;
  std::string boot_id;
  std::string source;
  bool operator==(const ReadingFact&) const = default;
};
ReadingFact reading_fact(int seq, std::string_view clock, std::string point, const Reading& reading);

struct DispatchFact {
  Reading host;
  bool operator==(const DispatchFact&) const = default;
};

/// Committed before a model call is made.
struct SendingFact {
  int seq = 0;
  std::string provider;
  std::string model;
  bool opaque = false;  ///< may have effects that nowd cannot see: a crash from here on makes no second attempt
  /// plan, or probe: what day does the model think it is? Calls that were made again, or besides, say why: retry,
  /// larger, resume, repair, nudge.
  std::string purpose = "plan";
  std::string cause;              ///< for people: what made a retry or another provider necessary
  std::optional<Usd> reserved{};  ///< what it may cost at most; nothing = no prices are known
  int attempt = 1;                ///< how often this call has been made, with this one
  bool operator==(const SendingFact&) const = default;
};

/// What the server said besides the answer, of its own work and of waiting.
struct ServerNotes {
  std::optional<milliseconds> duration;     ///< of its work, by its own account
  std::optional<RetryClass> failed;         ///< a call that failed on the way: what kind of failure that is
  std::optional<milliseconds> retry_after;  ///< the least wait that it asks for
  Json limits;                              ///< what the key may still do; null = it does not say
  bool operator==(const ServerNotes&) const = default;
};

struct AnswerFact {
  int seq = 0;
  ModelReply reply;
  ExchangeTimes times;
  std::optional<Instant> injected_now;     ///< nothing: it was given no clock block
  std::optional<std::string> model_as_of;  ///< the date that the model stated
  std::string remote;
  int http_status = 0;
  std::string request_sha256;
  StopAction action = StopAction::fail;
  std::optional<Usd> cost{};     ///< nothing = no prices are known
  bool usage_estimated = false;  ///< the usage did not arrive: the cost is what was reserved, or what was told so far
  ServerNotes notes{};
  bool operator==(const AnswerFact&) const = default;
};

/// The provider's clock minus ours, as the Date of its answer shows it.
struct OffsetInterval {
  microseconds low;   ///< a hard bound
  microseconds high;  ///< holds if the Date was not cached
  bool operator==(const OffsetInterval&) const = default;
};
/// Nothing without a Date. Our wall clock is read once, when the request left; from there on the boot clock counts, so
/// that a clock that is set during the call changes nothing.
std::optional<OffsetInterval> offset_interval(const ExchangeTimes& times);

/// A proposed call: refused, or the intent to make it (committed before the first byte leaves).
struct CallFact {
  int seq = 0;
  std::string source = "model";      ///< model | input (fetched by nowd) | when
  std::optional<int> inference_seq;  ///< model calls: which answer proposed it
  std::string call_id;
  std::string tool;
  Effect effect = Effect::irreversible;
  std::string arguments;
  std::string idempotency_key;       ///< empty = none
  std::optional<Instant> intent_at;  ///< nothing = refused or shown
  bool shown = false;                ///< a dry run: what would have been done
  std::string error;                 ///< why it was refused
  bool operator==(const CallFact&) const = default;
};

struct OutcomeFact {
  int seq = 0;
  std::string state;  ///< confirmed | failed | unknown | refused (an effect that did not start)
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

struct BodyFact {
  std::string part;  ///< request | response | result | output
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
  std::optional<std::string> shown;  ///< a dry run: what would have been sent
  Instant created_at;
  Instant expires_at;
  bool operator==(const DeliveryFact&) const = default;
};

/// Why a run ended that found nothing to do.
inline constexpr std::string_view nothing_to_do = "nothing_to_do";

/// Why a run failed whose model said that all is well: the last call of an effect failed, or a call that the job
/// demands (output.must_call) was not made.
inline constexpr std::string_view effect_failed = "effect_failed";
inline constexpr std::string_view effect_missing = "effect_missing";

/// Why a run was put aside: its provider wants to be left alone for longer than the run may last.
inline constexpr std::string_view deferred = "deferred";

struct EndFact {
  RunState state = RunState::failed;  ///< suspended: it did not end, it is put aside
  std::string reason;                 ///< one word; empty when succeeded
  std::string detail;
  Reading ended;
  nanoseconds duration{};
  std::optional<Instant> not_before{};  ///< suspended: served again from then on
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
  std::string provider;                     ///< that served it; empty = none
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
  std::vector<ReadingFact> readings;
  std::optional<EndFact> end;

  void append(Facts more);
  bool empty() const;
  bool operator==(const Facts&) const = default;
};

// Secrets, taken out of a run's facts on their way to the ledger, the log and the screen. What tools and sinks are
// given is not a fact and stays as it is.

struct Facts;

using Redact = std::function<std::string(std::string_view)>;

/// Every text of `facts` that came from a model, a tool, a provider or the configuration.
void redact_facts(Facts& facts, const Redact& redact);

}  // namespace nowd
