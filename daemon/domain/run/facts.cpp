#include "domain/run/facts.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>

namespace nowd {
namespace {

constexpr std::array<std::pair<RunState, std::string_view>, 10> state_names{{
    {RunState::running, "running"},
    {RunState::suspended, "suspended"},
    {RunState::committing, "committing"},
    {RunState::succeeded, "succeeded"},
    {RunState::failed, "failed"},
    {RunState::interrupted, "interrupted"},
    {RunState::orphaned, "orphaned"},
    {RunState::denied, "denied"},
    {RunState::cancelled, "cancelled"},
    {RunState::aborted_partial, "aborted_partial"},
}};

template <class T>
void move_to(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

std::string_view to_string(CallPurpose purpose) {
  static constexpr std::string_view names[] = {"plan", "probe", "retry", "larger", "resume", "repair", "nudge"};
  return names[static_cast<std::size_t>(purpose)];
}

std::string_view to_string(CallSource source) {
  static constexpr std::string_view names[] = {"model", "input", "when"};
  return names[static_cast<std::size_t>(source)];
}

std::string_view to_string(BodyPart part) {
  static constexpr std::string_view names[] = {"request", "response", "result", "output"};
  return names[static_cast<std::size_t>(part)];
}

std::string_view to_string(RunState state) {
  for (const auto& [known, name] : state_names)
    if (known == state) return name;
  return "failed";
}

std::optional<RunState> parse_run_state(std::string_view name) {
  for (const auto& [state, known] : state_names)
    if (known == name) return state;
  return std::nullopt;
}

bool is_terminal(RunState state) {
  return state != RunState::running && state != RunState::suspended && state != RunState::committing;
}

void Facts::append(Facts more) {
  if (more.dispatch) dispatch = std::move(more.dispatch);
  move_to(sending, more.sending);
  move_to(answers, more.answers);
  move_to(calls, more.calls);
  move_to(gates, more.gates);
  move_to(outcomes, more.outcomes);
  move_to(bodies, more.bodies);
  if (more.end) end = std::move(more.end);
}

bool Facts::empty() const { return *this == Facts{}; }

std::optional<OffsetInterval> offset_interval(const ExchangeTimes& times) {
  constexpr seconds truncated_and_refreshed{2};  // a Date has whole seconds, and many servers renew it once a second
  if (!times.remote_date || !times.sent || !times.headers) return std::nullopt;
  const auto waited = std::chrono::ceil<microseconds>(times.headers->boot - times.sent->boot);
  constexpr Instant first{-days{800'000}}, last{days{3'000'000}};  // about the years 0 and 9999
  const microseconds ahead = std::clamp(*times.remote_date, first, last) - times.sent->wall;
  return OffsetInterval{ahead - waited, ahead + truncated_and_refreshed};
}

OutcomeFact outcome_fact(int seq, const ToolOutcome& outcome, Effect effect) {
  OutcomeFact fact;
  fact.seq = seq;
  const bool began = effect_may_have_happened(outcome.state, outcome.started.has_value());
  const bool refused = outcome.state == CallState::refused;
  fact.state = effect != Effect::read && !began ? CallState::refused : refused ? CallState::failed : outcome.state;
  fact.started = outcome.started;
  fact.ended = outcome.ended;
  fact.remote = outcome.remote;
  fact.remote_date = outcome.remote_date;
  fact.exit_code = outcome.exit_code;
  fact.error = outcome.error;
  fact.result_bytes = static_cast<std::int64_t>(outcome.result.size());
  fact.result_cut = outcome.cut;
  fact.data = outcome.data;
  return fact;
}

namespace {

class Cleaner {
 public:
  explicit Cleaner(const Redact& redact) : redact_(redact) {}

  template <class... Texts>
  void operator()(Texts&... texts) const {
    (clean(texts), ...);
  }

 private:
  void clean(std::string& text) const {
    if (!text.empty()) text = redact_(text);
  }
  void clean(std::optional<std::string>& text) const {
    if (text) clean(*text);
  }
  void clean(Json& value) const {
    if (value.is_string()) clean(value.get_ref<std::string&>());
    if (!value.is_structured()) return;
    if (value.is_object()) value = with_clean_names(std::move(value));
    for (Json& inner : value) clean(inner);
  }
  Json with_clean_names(Json object) const {
    Json out = Json::object();
    for (auto& [name, value] : object.items()) out[redact_(name)] = std::move(value);
    return out;
  }
  void clean(ModelReply& reply) const {
    (*this)(reply.stop_raw, reply.detail, reply.text, reply.model_served, reply.request_id);
    for (ProposedCall& call : reply.calls) (*this)(call.id, call.tool, call.arguments);
  }
  void clean(AnswerFact& answer) const { (*this)(answer.reply, answer.model_as_of, answer.notes.limits); }
  void clean(SendingFact& sending) const { (*this)(sending.cause); }
  void clean(CallFact& call) const { (*this)(call.call_id, call.tool, call.arguments, call.error); }
  void clean(OutcomeFact& outcome) const { (*this)(outcome.error); }
  void clean(BodyFact& body) const { (*this)(body.content); }
  void clean(Finding& finding) const { (*this)(finding.detail); }
  void clean(GateFact& gate) const {
    (*this)(gate.evidence);
    for (Objection& objection : gate.objections) clean(objection.finding);
  }
  void clean(DeliveryFact& delivery) const { (*this)(delivery.subject, delivery.shown); }
  void clean(EndFact& end) const {
    (*this)(end.detail, end.findings, end.deliveries);
    if (end.trouble) (*this)(end.trouble->detail);
  }
  template <class Fact>
  void clean(std::vector<Fact>& facts) const {
    for (Fact& fact : facts) clean(fact);
  }

  const Redact& redact_;
};

}  // namespace

void redact_facts(Facts& facts, const Redact& redact) {
  const Cleaner clean(redact);
  clean(facts.sending, facts.answers, facts.calls, facts.gates, facts.outcomes, facts.bodies);
  if (facts.end) clean(*facts.end);
}

}  // namespace nowd
