// Gates: rules that decide whether an effect may begin. A gate judges a proposed effect and adds its objections and its
// evidence to one decision, which the ledger keeps. The clock guard (clock_witness.hpp) is the first gate.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/clocks/verdict.hpp"
#include "domain/job/clock_rules.hpp"
#include "foundation/json.hpp"

namespace nowd {

/// The subject of a decision: all effects of one turn, one tool call, the job's command, or the run's output.
enum class GateSubject { turn, effect, command, output };
std::string_view to_string(GateSubject subject);

/// The rules that can object. The ledger, the metrics and the messages ("refused by clocks.fresh") use these words.
enum class GateRule { valid_for, fresh, rollover, skew, data, model_as_of, lint };
std::string_view to_string(GateRule rule);

/// A broken rule flags (the effect happens, the verdict of the run mentions it) or refuses. A finding `aligned` leaves
/// no mark in the verdict.
struct Objection {
  GateRule rule = GateRule::valid_for;
  Response response = Response::refuse;
  Finding finding;
  bool operator==(const Objection&) const = default;
};

/// The first objection that refuses; null = the effect may begin.
const Objection* refusal(const std::vector<Objection>& objections);

/// A decision as the ledger keeps it.
struct GateFact {
  GateSubject subject = GateSubject::effect;
  std::optional<int> call_seq;  ///< of the tool call; nothing for other subjects
  bool allowed = true;
  std::vector<Objection> objections;
  Json evidence;  ///< the numbers that the decision used, so that a reader can compute it again
  Instant at;
  bool operator==(const GateFact&) const = default;
};

/// An effect that is about to leave the run.
struct ProposedEffect {
  GateSubject subject = GateSubject::effect;
  std::string tool;                           ///< empty for a command and for the output
  Now now;                                    ///< when the effect would begin
  std::string text;                           ///< all words that would leave; empty = unknown
  std::vector<std::string_view> shown_texts;  ///< texts that the model was shown: it may repeat dates from them
};

/// Adds its objections and its evidence to `fact`; it never removes those of another gate.
class Gate {
 public:
  virtual ~Gate() = default;
  virtual void judge_effect(const ProposedEffect& effect, GateFact& fact) = 0;
};

/// Asks each gate in order. The effect may begin if no objection refuses.
GateFact judge_effect(const ProposedEffect& effect, std::span<Gate* const> gates);

}  // namespace nowd
