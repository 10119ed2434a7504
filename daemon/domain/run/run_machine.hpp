// The decisions of one run. Pure: an event comes in; facts to record and the next action go out. The driver
// (runtime/run/run_driver.hpp) commits the facts, then performs the action, and its outcome is the next event.
//
//                                 phases                                          actions
//   starting ─► checking_when ─► reading_inputs ─► probing ─► asking ⇄ calling    ReadInput (checking_when,
//      └──────────────┴──────────────────┴────────────┴─────────┴─────────┘         reading_inputs)
//                                        ▼                                        AskModel (probing, asking)
//                                       done                                      CallTool (calling), Finish (done)
//
// checking_when, reading_inputs and probing are skipped where the job has no question `when`, no inputs, no probe.
// Broken, Cancelled and DaySpent end the run in any phase.
//
// Invariant: the driver commits `facts` before it performs `action`. So the intent of a call is on disk before its
// first byte leaves, and an answer of a model is on disk before any call in it runs.
//
// The parts (machine/): Conversation (messages), Turn (tool calls of one answer; gates, approvals and MCP tools belong
// there), Spending (the budget), SecondChances (retry, repair, failover, defer), Recorder (facts and their numbers).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/gates/clock_witness.hpp"
#include "domain/run/machine/conversation.hpp"
#include "domain/run/machine/recorder.hpp"
#include "domain/run/machine/second_chances.hpp"
#include "domain/run/machine/spending.hpp"
#include "domain/run/machine/turn.hpp"
#include "domain/run/plan.hpp"
#include "domain/run/step.hpp"

namespace nowd {

class RunMachine {
 public:
  explicit RunMachine(RunPlan plan);

  /// `now`: the reading at which the machine judges the event. Throws bad_variant_access for an event that is not the
  /// outcome of the last action.
  RunStep on(const RunEvent& event, const Reading& now);

  /// The request of the AskModel just decided, rendered for `now`: the first ends with the clock block, a later one has
  /// a fresh clock line inside its last tool result. A call that is made again gets a newer clock. Errors: `invalid`
  /// when a template cannot be rendered.
  Result<ModelRequest> request(Now now);

  const RunPlan& plan() const { return plan_; }
  /// As a model reads them: without secrets.
  const std::map<std::string, std::string>& inputs() const { return inputs_; }
  /// As they came, with secrets: for tools and other inputs.
  std::map<std::string, std::string> inputs_for_tools() const;
  /// The estimate for the model call under way.
  const Planned& planned_call() const { return spending_.planned(); }
  /// The rest of the run's wall time; never negative.
  milliseconds remaining(Tick now) const { return remaining_time(plan_, now); }

 private:
  enum class Phase { starting, checking_when, reading_inputs, probing, asking, calling, done };

  RunAction decide(const RunEvent& event);
  // What each phase does with the outcome of its action.
  RunAction start(const Dispatched& event);
  RunAction accept_when(const ToolOutcome& outcome);
  RunAction accept_input(const ToolOutcome& outcome);
  RunAction accept_probe(const ModelAnswered& answered);
  RunAction accept_answer(ModelAnswered answered);
  RunAction accept_outcome(const ToolOutcome& outcome);
  // The next action.
  RunAction read_input(const Input& input, CallSource source, Phase phase);
  RunAction read_next_input();
  RunAction ask_model();
  RunAction call_model(CallPurpose purpose, std::string cause = "", milliseconds wait = {});
  RunAction call_again(CallAgain chance);
  void send_back(const std::string& fault);
  RunAction serve_turn();
  RunAction take_second_chance(const ModelAnswered& answered, StopAction action);
  RunAction fail_over(const std::string& cause);
  // The end.
  RunAction succeed(const std::string& text);
  RunAction defer(const DeferRun& deferral, Stop stop);
  RunAction end_stopped(const ModelReply& reply, const std::string& also);
  RunAction end_contradicted(const std::string& fault);
  RunAction end_refused(GateFact gate);
  RunAction end_broken(const Broken& event);
  RunAction end_cancelled(const Cancelled& event);
  RunAction end_day_spent(const DaySpent& event);
  RunAction finish(EndRun end);

  void record_answer(const ModelAnswered& answered, StopAction action, const std::vector<StatedDate>& stated);
  void settle_cancelled_call(const Cancelled& event);
  void charge_cancelled_call(const Cancelled& event);
  std::optional<EndRun> refuse_model_call() const;
  Planned plan_call() const;
  std::optional<std::int64_t> max_output_tokens() const;
  bool is_synchronised() const;
  RunParts parts();

  RunPlan plan_;
  Phase phase_ = Phase::starting;
  RunAction pending_action_;  // decided last, and not judged yet
  Reading dispatched_;
  std::map<std::string, std::string> inputs_;               // escaped: ready for templates
  std::map<std::string, std::string> inputs_with_secrets_;  // only those that redaction changed
  std::size_t next_input_ = 0;
  std::size_t next_provider_ = 0;
  bool date_corrected_ = false;  // the model was sent the right date once
  std::optional<Stop> last_stop_;
  std::optional<Instant> injected_now_;  // of the newest clock in the conversation
  Conversation conversation_;
  Turn turn_;
  EffectLog effects_;
  SecondChances second_chances_;
  Spending spending_;
  Recorder recorder_;
  ClockWitness witness_;
};

}  // namespace nowd
