// Second chances: the decision after an answer that is neither an end nor tool calls. The same call once more, a larger
// one, a continued answer, another provider, another time, or the end of the run.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "domain/run/ending.hpp"
#include "domain/run/plan.hpp"
#include "domain/run/step.hpp"

namespace nowd {

/// The state of a run that a decision depends on.
struct ChanceInputs {
  const std::vector<std::string>& confirmed_effects;
  BeforeDeferral before_deferral;
  bool has_other_provider = false;  ///< one is left, and no effect has begun
  bool has_said_nothing = false;    ///< the model has answered nothing so far: a new beginning loses nothing
  Instant now;
};

/// Call the same provider once more after `wait`.
struct CallAgain {
  CallPurpose purpose = CallPurpose::retry;
  std::string cause;  ///< for people
  milliseconds wait{};
};
/// The next provider continues the run.
struct FailOver {
  std::string cause;
};
/// The provider asks for a long wait. No worker waits for hours: another attempt serves the run from its beginning.
struct DeferRun {
  std::string detail;
  Instant not_before;
  bool is_rate_limit = false;     ///< of a minute: no trouble
  bool nothing_was_sent = false;  ///< the account is limited: the trouble is the failure of the calls before
};
/// No second chance: the run fails with its stop, and with `detail` beside it.
struct NoChance {
  std::string detail;
};
using SecondChance = std::variant<CallAgain, FailOver, DeferRun, NoChance>;

class SecondChances {
 public:
  /// `action`: from action_on(), neither commit nor run_tools. `answered`: with its effective reply.
  SecondChance after_answer(const RunPlan& plan, const ModelAnswered& answered, StopAction action,
                            const ChanceInputs& inputs);
  /// The output breaks a rule of the job. Nothing = it is not sent back; a repair is possible once per run.
  std::optional<CallAgain> after_output_fault(const std::string& fault);

  /// A new turn of the model: attempts count from 1 again.
  void begin_turn() { attempt_ = 1; }
  /// A whole answer: it ends a chain of resumed ones.
  void end_resuming() { resumed_ = 0; }

  /// The reply after checks of its usage and its text: an answer to a prompt that the server cut is no answer, and an
  /// empty end after a nudge is an end. `min_prompt_tokens`: lower bound of the prompt.
  ModelReply effective_reply(const RunPlan& plan, const ModelReply& reply, std::int64_t min_prompt_tokens) const;

  int attempt() const { return attempt_; }  ///< of the call under way, from 1
  /// The bound for the next answer; nothing = none. It grows with retry_larger.
  std::optional<std::int64_t> max_output_tokens(const RunPlan& plan) const {
    return larger_output_ ? larger_output_ : plan.job.max_output_tokens;
  }

 private:
  SecondChance enlarge(const RunPlan& plan);
  SecondChance resume(const ModelReply& reply);
  SecondChance repair(const ModelReply& reply);
  SecondChance after_failure(const RunPlan& plan, const ModelAnswered& answered, const ChanceInputs& inputs);

  int attempt_ = 1;
  int resumed_ = 0;        // in a row
  bool repaired_ = false;  // once per run: an unusable answer, or an output that breaks a rule
  bool nudged_ = false;    // once per run
  std::optional<std::int64_t> larger_output_;
};

/// The message of a nudge.
std::string_view nudge_text();

}  // namespace nowd
