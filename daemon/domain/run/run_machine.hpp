// One run, decided: what happened → what to record and what to do next. Pure; the driver does what it says.
//
//   Dispatched ─► ReadInput* ─► AskModel ─► CallTool* ─► AskModel ─► … ─► Finish
//
// Invariant: the driver commits `facts` before it performs `action`. So the intent of a call is on disk before its
// first byte leaves, and a model's answer before any call in it runs.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/gates/clock_witness.hpp"
#include "domain/job/job.hpp"
#include "domain/policy/budget.hpp"
#include "domain/policy/retry.hpp"
#include "domain/run/effects.hpp"
#include "domain/run/facts.hpp"
#include "domain/run/tool_outcome.hpp"

namespace nowd {

/// A tool that the model of this run may call.
struct OfferedTool {
  ToolOffer offer;  ///< bound arguments are not in its schema
  Effect effect = Effect::irreversible;
  milliseconds timeout{0};  ///< how long a call may take; 0: it takes no time
  OnError on_error = OnError::fail;
};

/// What a provider's word for a stop means.
using WordReader = std::function<StopMeaning(const std::string& raw)>;
using RemoteReader = std::function<std::vector<RemoteSkew>(const std::string& tool)>;

/// Who serves the run where those before it give no answer.
struct NextProvider {
  std::string provider;
  std::string model;
  Json params;
  std::string prompt;
  std::optional<Prices> prices;
  WordReader word;
  RemoteReader remotes;
};

/// What does not change during a run, but for who serves it.
struct RunPlan {
  Job job;
  RunTime time;
  std::string ledger;  ///< identity of the ledger, part of every idempotency key
  std::optional<std::int64_t> request;
  bool effects = true;                      ///< effects beyond read are allowed
  bool dry_run = false;                     ///< effects and deliveries are shown, not made
  bool deliver = true;                      ///< its output and its heartbeat go out; alerts always do
  bool require_synchronised_clock = false;  ///< no effect beyond read on a host whose clock is not kept
  std::string model;
  Json params;
  std::optional<Prices> prices;
  WordReader word;                 ///< may be empty: each class has its default action
  std::vector<NextProvider> next;  ///< in the order in which they are tried
  std::vector<OfferedTool> tools;
  /// Arguments as the tool gets them: parsed, checked against the schema, bound ones filled in.
  std::function<Result<Json>(const std::string& tool, const std::string& raw, Now now)> arguments;
  /// Nothing if the text is an acceptable output, else what is wrong with it.
  std::function<std::optional<std::string>(const std::string& text)> output_fault;
  std::vector<JobName> followers;  ///< jobs that are after: this one
  UsedBefore before;               ///< what is left of the budget is less by this
  bool probe = false;              ///< ask the model, apart, what day it is
  /// Clocks elsewhere, as proven by now: the provider's, and that of the host that a tool calls. May be empty.
  RemoteReader remotes;
  bool delivers_output() const { return deliver && !job.deliver.empty(); }
  /// What would be sent to a sink, for dry runs.
  std::function<std::string(const DeliveryFact& delivery, const std::string& output)> preview;
  Redact redact;  ///< takes secrets out of what goes to the ledger, the log and the screen; may be empty
};

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
  bool begun = true;            ///< the action just decided had begun; else nothing of it left this host
  std::optional<Usage> told{};  ///< a model call: what its provider had counted by then
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

struct BeforeDeferral;

class RunMachine {
 public:
  explicit RunMachine(RunPlan plan);

  /// `now` is the reading at which the event is judged.
  RunStep on(RunEvent event, const Reading& now);

  /// The request of the AskModel just decided, rendered for `now`: the first ends with the clock block, later ones
  /// carry a fresh line inside their last tool result. A call that is made again gets that newest one anew; what was
  /// answered is never edited. Errors: `invalid` when a template cannot be rendered.
  Result<ModelRequest> request(Now now);

  const RunPlan& plan() const { return plan_; }
  /// As a model reads them: without secrets.
  const std::map<std::string, std::string>& inputs() const { return inputs_; }
  /// As they came: what another input or a tool is given is never changed.
  std::map<std::string, std::string> inputs_for_tools() const;
  /// What the call under way is expected to take.
  const Planned& planned_call() const { return planned_; }
  /// What is left of the run's wall time; never negative.
  milliseconds remaining(Tick now) const;

 private:
  struct Judged {  ///< one event under judgement
    const Reading& now;
    Facts facts;
  };
  RunAction read(Judged& judged, const Input& input, std::string source);
  RunAction ask_when(Judged& judged);
  RunAction next_input(Judged& judged);
  RunAction ask(Judged& judged);
  RunAction probe(Judged& judged);
  RunAction send(Judged& judged, std::string purpose, std::string cause = "");
  std::optional<RunAction> spent(Judged& judged);
  Planned planned() const;
  void count(AnswerFact& fact);
  void keep_reservation();

  // run_machine_stops.cpp: what follows from an answer that is no end and no tool call.
  ModelReply seen(const ModelReply& reply) const;
  bool is_empty_ending(const ModelReply& reply) const;
  bool needs_no_output() const;
  RunAction ended_otherwise(Judged& judged, const ModelAnswered& answered, StopAction action);
  RunAction enlarge(Judged& judged, const ModelReply& reply);
  RunAction resume(Judged& judged, const ModelReply& reply);
  RunAction repair(Judged& judged, const ModelReply& reply);
  RunAction nudge(Judged& judged);
  RunAction call_again(Judged& judged, std::string purpose, std::string cause = "", milliseconds wait = {});
  RunAction failed_call(Judged& judged, const ModelAnswered& answered);
  bool is_better_put_aside(const ModelAnswered& answered, Instant now, milliseconds wait) const;
  BeforeDeferral before_deferral() const;
  RunAction defer(Judged& judged, const std::string& what, milliseconds wait);
  bool has_begun_effects() const { return acted_; }
  int calls_made() const { return plan_.before.model_calls + model_calls_; }  ///< by all attempts
  RunAction fail_over(Judged& judged, const std::string& cause);
  RunAction stopped(Judged& judged, const ModelReply& reply, const std::string& also = "");

  // run_machine_request.cpp
  void render_clock(Now now);
  Json output_schema() const;
  RunAction next_call(Judged& judged);
  void record(Judged& judged, const ModelAnswered& event, StopAction action, const std::vector<StatedDate>& stated);
  std::vector<StatedDate> stated_by(const ModelReply& reply, StopAction action) const;
  RunAction decide(Judged& judged, const ModelAnswered& answered, StopAction action,
                   const std::vector<StatedDate>& stated);
  RunAction correct(Judged& judged, const std::string& fault);
  RunAction mend_output(Judged& judged, const std::string& fault);
  void send_back(Judged& judged, const std::string& why);
  RunAction contradicted(Judged& judged, const std::string& fault);
  RunAction refused_by_guard(Judged& judged, const GateFact& gate);
  Result<Json> arguments_of(const ProposedCall& call, const OfferedTool* tool, Now now) const;
  GateFact pass_guard(Judged& judged, const ProposedCall& call, const Json& arguments);
  bool may_mend(const Objection& why);
  RunAction finish(Judged& judged, RunState state, std::string reason, std::string detail);
  RunAction succeed(Judged& judged, const std::string& text);
  RunAction out_of_time(Judged& judged);

  RunAction handle(Judged& judged, const Dispatched& event);
  RunAction handle(Judged& judged, const InputRead& event);
  RunAction handle(Judged& judged, const ModelAnswered& event);
  RunAction handle(Judged& judged, const ToolAnswered& event);  // run_machine_calls.cpp
  RunAction handle(Judged& judged, const Broken& event);
  RunAction handle(Judged& judged, const Cancelled& event);  // run_machine_cancel.cpp
  RunAction handle(Judged& judged, const DaySpent& event);
  void settle_cut_call(Judged& judged, const Cancelled& event);
  void settle_cut_answer(Judged& judged, const Cancelled& event);

  const OfferedTool* offered(const std::string& name) const;
  bool synchronised() const;  ///< the host's clock, at dispatch
  void refuse(Judged& judged, const ProposedCall& call, const OfferedTool* tool, const std::string& why);
  bool states_date_with(const ProposedCall& call) const;
  std::vector<std::string_view> given() const;
  void show(Judged& judged, const ProposedCall& call, const OfferedTool& tool, const Json& arguments);
  CallFact call_fact(const ProposedCall& call, const OfferedTool* tool);
  void answer_call(const ProposedCall& call, const std::string& text);
  void called(const OfferedTool& tool, CalledTool::End end, std::string words = "");
  OutcomeFact settle(Judged& judged, int seq, const ToolOutcome& outcome);
  void note(Judged& judged, std::string_view clock, std::string point, const std::optional<Reading>& reading);
  void note(Judged& judged, std::string_view clock, std::string point, std::optional<Instant> at, std::string source,
            std::optional<nanoseconds> uncertainty);

  RunPlan plan_;
  Reading dispatched_;
  std::map<std::string, std::string> inputs_;        // escaped: ready for templates
  std::map<std::string, std::string> with_secrets_;  // those of them that redaction changed, as they came
  ClockWitness witness_;
  std::optional<std::string> turn_fault_;  // why the effects of the turn being served are refused
  bool corrected_ = false;                 // the model has been told the date once
  bool refreshed_ = false;                 // it has been sent back for a fresh clock block once
  bool probing_ = false;
  bool asking_when_ = false;
  std::size_t next_input_ = 0;
  std::vector<Message> messages_;            // the conversation as it was sent
  std::size_t saved_messages_ = 0;           // of these, how many are in bodies
  std::size_t clock_at_ = 0;                 // where the newest clock block or line begins in the last of them
  bool again_ = false;                       // the last of them is sent anew
  int attempt_ = 1;                          // of the call under way
  int resumed_ = 0;                          // how often in a row
  std::string resumed_text_;                 // what was written before that
  bool repaired_ = false;                    // once per run: a malformed answer, or an output that does not fit
  bool nudged_ = false;                      // the same
  std::optional<std::int64_t> most_output_;  // by now; grows with retry_larger
  std::size_t next_provider_ = 0;
  int calls_of_others_ = 0;  // of providers that served the run before this one
  std::optional<Instant> injected_now_;
  std::deque<ProposedCall> proposed_;  // of the turn being served
  std::vector<Message> answers_;       // to those of them that are answered
  std::optional<Effect> calling_;      // the call under way
  RunAction decided_;                  // what is under way
  bool acted_ = false;                 // an effect may have happened
  std::vector<std::string> made_;      // effects that were confirmed: "post (call 2)"
  std::vector<CalledTool> called_;     // every call of an offered tool that is over
  std::optional<Stop> last_stop_;
  std::optional<Instant> effect_at_;
  Spent used_;
  Usage counted_;                // as providers told it; used_ is what the budget was charged
  Planned planned_;              // of the call under way
  std::optional<Usd> reserved_;  // for it
  int model_calls_ = 0;
  int tool_calls_ = 0;
  int call_seq_ = 0;  // rows of tool_call: inputs and calls
  int reading_seq_ = 0;
};

}  // namespace nowd
