// The clocks and data that one run has seen so far, and the clock guard over them. All effects of a run pass
// `pass_gates`, whichever tool or provider they use.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/gates/gate.hpp"
#include "domain/gates/guard.hpp"
#include "domain/gates/stated_date.hpp"

namespace nowd {

struct RunPlan;

/// Collects evidence during a run: clock blocks, instants of data, proven offsets of other clocks, findings.
class ClockWitness {
 public:
  /// nowd rendered a clock block or line: the model will have read it by its next answer.
  void add_clock_block(Now now) { prompted_ = now; }
  /// `input`: nowd fetched the data for the window of the run; else a tool read it. Nothing without `times`.
  void add_data(std::string source, bool input, const std::optional<DataTimes>& times);
  /// An exchange with the provider (empty `tool`) or with the host of a tool is over: its Date may prove a skew.
  void add_exchange(const RunPlan& plan, const std::string& tool);
  /// A finding `aligned` is left out.
  void add_finding(Finding finding);

  const std::vector<DataSeen>& data() const { return data_; }
  const std::optional<Now>& prompted() const { return prompted_; }
  /// For the verdict of the run.
  const std::vector<Finding>& findings() const { return findings_; }

  /// Compares the dates that a turn states, with each of its effects or with its output, with as_of. Returns the
  /// correction for the model; nothing = the dates are right, or the job does not ask for them.
  std::optional<std::string> fault_in_dates(const RunPlan& plan, const std::vector<StatedDate>& stated);

 private:
  std::optional<Now> prompted_;
  std::vector<DataSeen> data_;
  std::vector<Finding> findings_;
};

/// The clock guard as a gate: the rules of guard.hpp, and the lint of the text. It adds its findings to the witness.
class ClockGuard final : public Gate {
 public:
  ClockGuard(const RunPlan& plan, ClockWitness& witness) : plan_(plan), witness_(witness) {}
  void judge_effect(const ProposedEffect& effect, GateFact& fact) override;

 private:
  const RunPlan& plan_;
  ClockWitness& witness_;
};

/// The decision of all gates of a run. A freeze or an approval is one more gate in its list.
GateFact pass_gates(const RunPlan& plan, ClockWitness& witness, const ProposedEffect& effect);

/// The decision on a turn that states a wrong date.
GateFact refused_turn(const std::string& fault, Instant at);

/// The last date that the model stated, as text; nothing = it stated none.
std::optional<std::string> last_stated(const std::vector<StatedDate>& stated);

}  // namespace nowd
