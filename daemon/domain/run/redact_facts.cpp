#include "domain/run/redact_facts.hpp"

#include <nlohmann/json.hpp>

#include "domain/run/facts.hpp"

namespace nowd {
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
    (*this)(gate.subject, gate.evidence);
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
