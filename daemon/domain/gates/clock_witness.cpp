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

std::vector<Objection> lint(const RunPlan& plan, const ClockWitness::Leaving& leaving) {
  std::vector<Objection> out;
  if (plan.job.clocks.lint == Response::none || leaving.text.empty()) return out;
  for (const TextFinding& each : check_text(leaving.text, text_facts(plan.time), leaving.given))
    out.push_back({"lint", plan.job.clocks.lint, {Verdict::contradicted, "contradicted: " + to_string(each)}});
  return out;
}

}  // namespace

void ClockWitness::read(std::string source, bool input, const std::optional<DataTimes>& times) {
  if (times) data_.push_back({std::move(source), input, *times});
}

void ClockWitness::exchanged(const RunPlan& plan, const std::string& tool) {
  if (!plan.remotes) return;
  if (auto skewed = object_to_skew(plan.job.clocks, plan.remotes(tool))) found(std::move(skewed->finding));
}

void ClockWitness::found(Finding finding) {
  if (finding.verdict != Verdict::aligned) findings_.push_back(std::move(finding));
}

std::optional<std::string> ClockWitness::judge_turn(const RunPlan& plan, const std::vector<StatedDate>& stated) {
  const auto asked = plan.job.clocks.model_as_of;
  if (asked == ClockRules::Stating::none) return std::nullopt;
  const LocalDay today = today_of(plan.time);
  for (const StatedDate& each : stated) {
    if (!each.readable) continue;  // refused for that
    if (each.text ? states_date(*each.text, today, plan.time.zone) : asked == ClockRules::Stating::observe) continue;
    const std::string wrong = wrong_date(plan, each);
    if (asked == ClockRules::Stating::require) return wrong;
    found({Verdict::contradicted, "contradicted: " + wrong});
  }
  return std::nullopt;
}

GateFact ClockWitness::refused_turn(const std::string& fault, Instant at) {
  GateFact fact;
  fact.subject = "turn";
  fact.allowed = false;
  fact.objections.push_back({"model_as_of", Response::refuse, {Verdict::contradicted, "contradicted: " + fault}});
  fact.evidence = {{"now", rfc3339(at)}};
  fact.at = at;
  return fact;
}

GateFact ClockWitness::decide(const RunPlan& plan, std::string subject, const std::string& tool, Now now,
                              const Leaving& leaving) {
  ClockRules rules = plan.job.clocks;
  const bool kept_here = subject == "output" && !plan.delivers_output();  // what does not leave cannot land wrong
  if (kept_here) rules.expiry = rules.rollover = rules.on_skew = Response::none;
  const std::optional<Now> prompted = subject == "effect" ? prompted_ : std::nullopt;
  const GuardInputs inputs{plan.time,
                           rules,
                           valid_until(plan),
                           now,
                           prompted,
                           data_,
                           plan.remotes ? plan.remotes(tool) : std::vector<RemoteSkew>{}};
  GateFact fact = nowd::decide(std::move(subject), inputs, lint(plan, leaving));
  for (const Objection& each : fact.objections) found(each.finding);
  return fact;
}

std::optional<std::string> last_stated(const std::vector<StatedDate>& stated) {
  for (auto each = stated.rbegin(); each != stated.rend(); ++each)
    if (each->text) return each->text;
  return std::nullopt;
}

}  // namespace nowd
