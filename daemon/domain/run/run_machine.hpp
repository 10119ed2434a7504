// One run, decided: what happened → what to record and what to do next. Pure; the driver does what it says.
//
//   Dispatched ─► ReadInput* ─► AskModel ─► CallTool* ─► AskModel ─► … ─► Finish
//
// Invariant: the driver commits `facts` before it performs `action`. So the intent of a call is on disk before its
// first byte leaves, and a model's answer before any call in it runs.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/gates/clock_witness.hpp"
#include "domain/run/effects.hpp"
#include "domain/run/plan.hpp"
#include "domain/run/step.hpp"

namespace nowd {

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
  std::vector<Message> messages_;           // the conversation as it was sent
  std::size_t saved_messages_ = 0;          // of these, how many are in bodies
  std::size_t clock_at_ = 0;                // where the newest clock block or line begins in the last of them
  bool again_ = false;                      // the last of them is sent anew
  int attempt_ = 1;                         // of the call under way
  int resumed_ = 0;                         // how often in a row
  std::string resumed_text_;                // what was written before that
  bool repaired_ = false;                   // once per run: a malformed answer, or an output that does not fit
  bool nudged_ = false;                     // the same
  std::optional<std::int64_t> max_output_;  // by now; grows with retry_larger
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
