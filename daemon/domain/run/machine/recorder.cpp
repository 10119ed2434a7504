#include "domain/run/machine/recorder.hpp"

namespace nowd {
namespace {

constexpr seconds http_date_resolution{1};

std::string numbered(const char* point, int seq) { return point + (":" + std::to_string(seq)); }

}  // namespace

void Recorder::begin_step(const Reading& now) {
  now_ = now;
  facts_ = {};
}

void Recorder::record_dispatch(const Reading& host, Instant scheduled_at, Instant database) {
  facts_.dispatch = DispatchFact{host};
  record_instant(RunClock::scheduled, "scheduled", scheduled_at, "schedule", nanoseconds{0});
  record_instant(RunClock::dispatch, "database", database, "database", std::nullopt);
  record_reading(RunClock::dispatch, "start", host);
}

void Recorder::record_exchange(int seq, const std::optional<Instant>& injected_now, const ExchangeTimes& times) {
  constexpr RunClock inference = RunClock::inference;
  record_instant(inference, numbered("injected", seq), injected_now, now_.source, now_.uncertainty);
  record_reading(inference, numbered("sent", seq), times.sent);
  record_reading(inference, numbered("headers", seq), times.headers);
  record_reading(inference, numbered("first_token", seq), times.first_token);
  record_reading(inference, numbered("end", seq), times.ended);
  record_instant(inference, numbered("provider_date", seq), times.remote_date, "http-date", http_date_resolution);
}

int Recorder::record_call(CallFact fact, bool is_intent) {
  fact.seq = ++calls_;
  if (is_intent) fact.intent_at = now_.wall;
  facts_.calls.push_back(std::move(fact));
  if (is_intent) record_reading(RunClock::tool, numbered("intent", calls_), now_);
  return calls_;
}

OutcomeFact Recorder::record_outcome(const ToolOutcome& outcome, Effect effect) {
  const OutcomeFact fact = outcome_fact(calls_, outcome, effect);
  facts_.outcomes.push_back(fact);
  record_body(BodyPart::result, calls_, outcome.result);
  record_reading(RunClock::tool, numbered("start", calls_), outcome.started);
  record_reading(RunClock::tool, numbered("end", calls_), outcome.ended);
  record_instant(RunClock::tool, numbered("remote_date", calls_), outcome.remote_date, "http-date",
                 http_date_resolution);
  if (outcome.data) {
    record_instant(RunClock::data, numbered("oldest", calls_), outcome.data->oldest, "data", std::nullopt);
    record_instant(RunClock::data, numbered("newest", calls_), outcome.data->newest, "data", std::nullopt);
  }
  return fact;
}

void Recorder::record_cancelled_call(const ToolOutcome& outcome, Effect effect) {
  facts_.outcomes.push_back(outcome_fact(calls_, outcome, effect));
}

void Recorder::record_body(BodyPart part, int seq, std::string content) {
  facts_.bodies.push_back({part, seq, std::move(content)});
}

void Recorder::record_end(EndFact fact) {
  facts_.end = std::move(fact);
  record_reading(RunClock::dispatch, "end", now_);
}

void Recorder::record_reading(RunClock clock, std::string point, const std::optional<Reading>& reading) {
  if (reading) facts_.readings.push_back(reading_fact(++readings_, clock, std::move(point), *reading));
}

void Recorder::record_instant(RunClock clock, std::string point, const std::optional<Instant>& at, std::string source,
                              std::optional<nanoseconds> uncertainty) {
  if (at)
    facts_.readings.push_back(
        {++readings_, clock, std::move(point), *at, uncertainty, std::nullopt, "", std::move(source)});
}

}  // namespace nowd
