// Collects the facts of one step of a run: calls, outcomes and texts, with their sequence numbers.
//
// Invariant: sequence numbers start at 1 and have no gaps, over all steps of the run.
#pragma once

#include <optional>
#include <string>

#include "domain/prompt/run_time.hpp"
#include "domain/run/facts.hpp"

namespace nowd {

class Recorder {
 public:
  /// `now`: the reading at which the machine judges the event of this step.
  void begin_step(const Reading& now);
  /// The facts of the step; the recorder is empty afterwards.
  Facts end_step() { return std::exchange(facts_, {}); }

  const Reading& reading() const { return now_; }
  Now moment() const { return {now_.wall, now_.boot}; }
  /// The number of the last tool call, input or question.
  int last_call() const { return calls_; }

  void record_dispatch(const Reading& host) { facts_.dispatch = DispatchFact{host}; }
  void record_sending(SendingFact fact) { facts_.sending.push_back(std::move(fact)); }
  void record_answer(AnswerFact fact) { facts_.answers.push_back(std::move(fact)); }
  /// Gives the call its number and returns it. An intent (`is_intent`) is stamped with `now`.
  int record_call(CallFact fact, bool is_intent = false);
  /// The outcome of the last call, with its result.
  OutcomeFact record_outcome(const ToolOutcome& outcome, Effect effect);
  /// The outcome of the last call, which was cancelled and has no result.
  void record_cancelled_call(const ToolOutcome& outcome, Effect effect);
  void record_gate(GateFact fact) { facts_.gates.push_back(std::move(fact)); }
  void record_body(BodyPart part, int seq, std::string content);
  void record_end(EndFact fact) { facts_.end = std::move(fact); }

  /// Requires: the step has recorded a body, an answer or an end.
  BodyFact& last_body() { return facts_.bodies.back(); }
  const ModelReply& last_reply() const { return facts_.answers.back().reply; }
  EndFact& end() { return *facts_.end; }

 private:
  Reading now_;
  Facts facts_;
  int calls_ = 0;
};

}  // namespace nowd
