// What one run's clocks and data have shown so far, and what the guard makes of it. One seam: whatever leaves a run, by
// whichever tool or provider, is decided here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/gates/guard.hpp"
#include "domain/gates/stated_date.hpp"

namespace nowd {

struct RunPlan;

class ClockWitness {
 public:
  /// A clock block or line was rendered: the model will have read it by its next answer.
  void prompted(Now now) { prompted_ = now; }
  void read(std::string source, bool input, const std::optional<DataTimes>& times);
  const std::vector<DataSeen>& data() const { return data_; }
  /// An exchange with the provider, or with a tool's host, is over: whatever it proved is part of the verdict.
  void exchanged(const RunPlan& plan, const std::string& tool);

  /// Judges what a turn stated with each of its effects, or with its output. Gives what to tell the model; nothing =
  /// right, or not asked for.
  std::optional<std::string> judge_turn(const RunPlan& plan, const std::vector<StatedDate>& stated);

  /// The decision on a turn whose dates are wrong.
  static GateFact refused_turn(const std::string& fault, Instant at);

  /// What would leave, and what the model had been given: dates that stand there may be repeated.
  struct Leaving {
    std::string text;
    std::vector<std::string_view> given;
  };
  /// Decides on an effect, a command or the output, and remembers what was found.
  GateFact decide(const RunPlan& plan, std::string subject, const std::string& tool, Now now, const Leaving& leaving);

  /// What has been found, for the verdict.
  const std::vector<Finding>& findings() const { return findings_; }
  void found(Finding finding);

 private:
  std::optional<Now> prompted_;
  std::vector<DataSeen> data_;
  std::vector<Finding> findings_;
};

/// The last date that was stated, as text.
std::optional<std::string> last_stated(const std::vector<StatedDate>& stated);

}  // namespace nowd
