#include "domain/gates/clock_witness.hpp"

#include <nlohmann/json.hpp>

#include "domain/lint/text_check.hpp"
#include "domain/run/ending.hpp"

namespace nowd {
namespace {

std::string wrong_date(const RunPlan& plan, const StatedDate& stated) {
  const LocalDay today = today_of(plan.time);
  return std::string(stated_date_argument) +
         (stated.text ? " says '" + *stated.text + "'" : std::string(" is missing")) + ", and as_of is " +
         iso_date(today) + ", " + std::string(weekday_name(today)) + " (" + plan.time.zone.name() +
         "): this is the date to act on";
}

void add_lint(const RunPlan& plan, const ProposedEffect& effect, std::vector<Objection>& objections) {
  const Response response = plan.job.clocks.lint;
  if (response == Response::none || effect.text.empty()) return;
  for (const TextFinding& each : check_text(effect.text, text_facts(plan.time), effect.shown_texts))
    objections.push_back({GateRule::lint, response, {Verdict::contradicted, "contradicted: " + to_string(each)}});
}

}  // namespace

void ClockWitness::add_data(std::string source, bool input, const std::optional<DataTimes>& times) {
  if (times) data_.push_back({std::move(source), input, *times});
}

void ClockWitness::add_exchange(const RunPlan& plan, const std::string& tool) {
  if (!plan.remotes) return;
  if (auto skewed = object_to_skew(plan.job.clocks, plan.remotes(tool))) add_finding(std::move(skewed->finding));
}

void ClockWitness::add_finding(Finding finding) {
  if (finding.verdict != Verdict::aligned) findings_.push_back(std::move(finding));
}

std::optional<std::string> ClockWitness::fault_in_dates(const RunPlan& plan, const std::vector<StatedDate>& stated) {
  const auto asked = plan.job.clocks.model_as_of;
  if (asked == ClockRules::Stating::none) return std::nullopt;
  const LocalDay today = today_of(plan.time);
  for (const StatedDate& each : stated) {
    if (!each.readable) continue;  // the call is refused because it is not readable
    if (each.text ? states_date(*each.text, today, plan.time.zone) : asked == ClockRules::Stating::observe) continue;
    const std::string wrong = wrong_date(plan, each);
    if (asked == ClockRules::Stating::require) return wrong;
    add_finding({Verdict::contradicted, "contradicted: " + wrong});
  }
  return std::nullopt;
}

GateFact refused_turn(const std::string& fault, Instant at) {
  GateFact fact;
  fact.subject = GateSubject::turn;
  fact.allowed = false;
  fact.objections.push_back(
      {GateRule::model_as_of, Response::refuse, {Verdict::contradicted, "contradicted: " + fault}});
  fact.evidence = {{"now", rfc3339(at)}};
  fact.at = at;
  return fact;
}

void ClockGuard::judge_effect(const ProposedEffect& effect, GateFact& fact) {
  ClockRules rules = plan_.job.clocks;
  // An output that is not delivered cannot arrive late or on another day.
  if (effect.subject == GateSubject::output && !plan_.delivers_output())
    rules.expiry = rules.rollover = rules.on_skew = Response::none;
  const bool by_model = effect.subject == GateSubject::effect;
  const GuardInputs inputs{plan_.time,
                           rules,
                           valid_until(plan_),
                           effect.now,
                           by_model ? witness_.prompted() : std::nullopt,
                           witness_.data(),
                           plan_.remotes ? plan_.remotes(effect.tool) : std::vector<RemoteSkew>{}};
  std::vector<Objection> objections = objections_to(inputs);
  add_lint(plan_, effect, objections);
  const Json evidence = evidence_of(inputs);
  if (fact.evidence.is_null()) fact.evidence = Json::object();
  fact.evidence.update(evidence);
  for (Objection& each : objections) {
    witness_.add_finding(each.finding);
    fact.objections.push_back(std::move(each));
  }
}

GateFact pass_gates(const RunPlan& plan, ClockWitness& witness, const ProposedEffect& effect) {
  ClockGuard clocks(plan, witness);
  Gate* const gates[] = {&clocks};
  return judge_effect(effect, gates);
}

std::optional<std::string> last_stated(const std::vector<StatedDate>& stated) {
  for (auto each = stated.rbegin(); each != stated.rend(); ++each)
    if (each->text) return each->text;
  return std::nullopt;
}

}  // namespace nowd
