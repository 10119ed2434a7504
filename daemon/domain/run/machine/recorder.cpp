#include "domain/run/machine/recorder.hpp"

namespace nowd {
void Recorder::begin_step(const Reading& now) {
  now_ = now;
  facts_ = {};
}

int Recorder::record_call(CallFact fact, bool is_intent) {
  fact.seq = ++calls_;
  if (is_intent) fact.intent = now_;
  facts_.calls.push_back(std::move(fact));
  return calls_;
}

OutcomeFact Recorder::record_outcome(const ToolOutcome& outcome, Effect effect) {
  const OutcomeFact fact = outcome_fact(calls_, outcome, effect);
  facts_.outcomes.push_back(fact);
  record_body(BodyPart::result, calls_, outcome.result);
  return fact;
}

void Recorder::record_cancelled_call(const ToolOutcome& outcome, Effect effect) {
  facts_.outcomes.push_back(outcome_fact(calls_, outcome, effect));
}

void Recorder::record_body(BodyPart part, int seq, std::string content) {
  facts_.bodies.push_back({part, seq, std::move(content)});
}

}  // namespace nowd
