// The budget of one run while it runs: calls made, usage charged, and the reservation of the call under way.
//
// Invariant: a call is reserved before it leaves and charged once afterwards, by its usage where the provider reported
// it, else by the reservation. So a provider that reports no usage cannot make a budget endless.
#pragma once

#include <optional>
#include <string>

#include "domain/policy/budget.hpp"
#include "domain/run/plan.hpp"

namespace nowd {

class Spending {
 public:
  explicit Spending(const UsedBefore& earlier_attempts)
      : earlier_attempts_(earlier_attempts), charged_(earlier_attempts.spent) {}

  /// Why `next` may not be called ("limits.model_calls: …"); nothing = there is room for it.
  std::optional<std::string> refuse_model_call(const RunPlan& plan, const Planned& next) const;
  /// Reserves the call and returns its number in the run, from 1.
  int begin_model_call(const RunPlan& plan, const Planned& planned);
  /// Charges the answer, and sets its cost and `usage_estimated`. An error reply (status 400 and more) is not billed.
  void charge_answer(const RunPlan& plan, AnswerFact& fact);
  /// Charges a call that was cancelled: the provider may have answered all the same.
  void charge_reservation() { charged_.usd += reserved_.value_or(Usd{}); }
  /// Charges the usage that a cancelled call had reported, where that is more than its reservation. Nothing = it is
  /// not, and nothing was charged.
  std::optional<Usd> charge_reported(const RunPlan& plan, const Usage& reported);

  /// Counts a tool call. Returns false, and counts nothing, where limits.tool_calls leaves none.
  bool begin_tool_call(const Limits& limits);

  /// Another provider serves the run from now on: its calls are counted from 1 again, for scripts.
  void change_provider() { calls_of_earlier_providers_ = model_calls_; }

  int model_calls() const { return model_calls_; }
  int tool_calls() const { return tool_calls_; }
  int calls_to_provider() const { return model_calls_ - calls_of_earlier_providers_; }
  bool has_model_calls_left(const Limits& limits) const { return all_model_calls() < limits.model_calls; }
  const Planned& planned() const { return planned_; }               ///< of the call under way
  const std::optional<Usd>& reserved() const { return reserved_; }  ///< for it; nothing = no prices are known
  const Spent& charged() const { return charged_; }                 ///< earlier attempts included
  const Usage& reported_usage() const { return reported_usage_; }   ///< by providers, in this attempt
  Usd cost() const { return charged_.usd - earlier_attempts_.spent.usd; }

 private:
  int all_model_calls() const { return earlier_attempts_.model_calls + model_calls_; }

  UsedBefore earlier_attempts_;
  Spent charged_;
  Usage reported_usage_;
  Planned planned_;
  std::optional<Usd> reserved_;
  int model_calls_ = 0;
  int tool_calls_ = 0;
  int calls_of_earlier_providers_ = 0;
};

}  // namespace nowd
