#include "domain/gates/gate.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace nowd {

std::string_view to_string(GateSubject subject) {
  switch (subject) {
    case GateSubject::turn:
      return "turn";
    case GateSubject::effect:
      return "effect";
    case GateSubject::command:
      return "command";
    case GateSubject::output:
      return "output";
  }
  return "effect";
}

std::string_view to_string(GateRule rule) {
  static constexpr std::string_view names[] = {"valid_for", "fresh", "rollover", "skew", "data", "model_as_of", "lint"};
  return names[static_cast<std::size_t>(rule)];
}

const Objection* refusal(const std::vector<Objection>& objections) {
  const auto found = std::ranges::find(objections, Response::refuse, &Objection::response);
  return found == objections.end() ? nullptr : &*found;
}

GateFact judge_effect(const ProposedEffect& effect, std::span<Gate* const> gates) {
  GateFact fact;
  fact.subject = effect.subject;
  fact.at = effect.now.wall;
  for (Gate* gate : gates) gate->judge_effect(effect, fact);
  fact.allowed = refusal(fact.objections) == nullptr;
  return fact;
}

}  // namespace nowd
