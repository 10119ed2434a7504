#include "domain/run/machine/second_chances.hpp"

#include <algorithm>

namespace nowd {
namespace {

constexpr int max_resumed = 5;
/// A run that would idle for longer gives its worker to another run.
constexpr seconds max_idle{20};
constexpr std::int64_t max_enlargement = 4;  // times the first bound
/// No server cuts a smaller prompt, and its estimate is too coarse.
constexpr std::int64_t min_judged_prompt = 1'000;

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

bool is_good(Stop stop) { return stop == Stop::complete || stop == Stop::tool_call || stop == Stop::stop_sequence; }

bool is_empty_ending(const RunPlan& plan, const ModelReply& reply) {
  return reply.stop == Stop::malformed && reply.calls.empty() && is_blank(reply.text) && plan.word &&
         plan.word(reply.stop_raw).stop == Stop::complete;
}

bool needs_no_output(const RunPlan& plan) { return plan.job.deliver.empty() && !plan.output_fault(""); }

}  // namespace

std::string_view nudge_text() {
  return "Your last answer was empty. What you did with your tools is done: do not do it again. Go on if something is "
         "left to do; else answer with one sentence that says what was done.";
}

ModelReply SecondChances::effective_reply(const RunPlan& plan, const ModelReply& reply,
                                          std::int64_t min_prompt_tokens) const {
  ModelReply out = reply;
  const auto& usage = reply.usage ? reply.usage : reply.usage_so_far;
  if (is_good(reply.stop) && usage && usage->input > 0 && min_prompt_tokens >= min_judged_prompt &&
      usage->input * 2 < min_prompt_tokens) {
    out.stop = Stop::truncated_context;
    out.detail = "the server says that it read " + std::to_string(usage->input) +
                 " tokens, and the prompt has at least " + std::to_string(min_prompt_tokens) +
                 ": its front was cut in silence; shorten the inputs, or give the server a larger context";
  }
  if (nudged_ && is_empty_ending(plan, reply) && needs_no_output(plan)) {
    out.stop = Stop::complete;
    out.detail = "an empty end after a confirmed effect";
  }
  return out;
}

SecondChance SecondChances::after_answer(const RunPlan& plan, const ModelAnswered& answered, StopAction action,
                                         const ChanceInputs& inputs) {
  const ModelReply& reply = answered.reply;
  switch (action) {
    case StopAction::retry_larger:
      return enlarge(plan);
    case StopAction::resume:
      return resume(reply);
    case StopAction::repair_once:
      if (!is_empty_ending(plan, reply) || inputs.confirmed_effects.empty() || nudged_) return repair(reply);
      nudged_ = true;
      attempt_ = 1;
      return CallAgain{CallPurpose::nudge, "an empty end after " + inputs.confirmed_effects.back()};
    case StopAction::fail:
      return after_failure(plan, answered, inputs);
    case StopAction::commit:
    case StopAction::run_tools:
    case StopAction::hold:
      return NoChance{};
  }
  return NoChance{};
}

SecondChance SecondChances::enlarge(const RunPlan& plan) {
  const auto first = plan.job.max_output_tokens;
  if (!first) return NoChance{"the job sets no max_output_tokens that could be raised"};
  const std::int64_t ceiling = plan.job.max_output_tokens_ceiling.value_or(*first * max_enlargement);
  const std::int64_t current = larger_output_.value_or(*first);
  if (current >= ceiling)
    return NoChance{"max_output_tokens was raised to its ceiling of " + std::to_string(ceiling) +
                    " and that was not enough; raise max_output_tokens_ceiling"};
  larger_output_ = std::min(current * 2, ceiling);
  attempt_ = 1;
  return CallAgain{CallPurpose::larger, "the answer did not fit into " + std::to_string(current) + " tokens"};
}

SecondChance SecondChances::resume(const ModelReply& reply) {
  if (resumed_ == max_resumed)
    return NoChance{"it was resumed " + std::to_string(max_resumed) + " times and is not done"};
  ++resumed_;
  attempt_ = 1;
  return CallAgain{CallPurpose::resume, std::string(to_string(reply.stop))};
}

SecondChance SecondChances::repair(const ModelReply& reply) {
  if (repaired_) return NoChance{"the call was made once more in this run, and that was not better"};
  repaired_ = true;
  attempt_ = 1;
  return CallAgain{CallPurpose::repair, reply.detail};
}

std::optional<CallAgain> SecondChances::after_output_fault(const std::string& fault) {
  if (repaired_) return std::nullopt;
  repaired_ = true;
  attempt_ = 1;
  return CallAgain{CallPurpose::repair, fault};
}

SecondChance SecondChances::after_failure(const RunPlan& plan, const ModelAnswered& answered,
                                          const ChanceInputs& inputs) {
  if (!answered.retry) return NoChance{};
  const std::string cause = stopped_detail(answered.reply, false);
  const auto* later = std::get_if<RetryLater>(&*answered.retry);
  // The account is limited and nothing was sent: an idle wait of a worker helps no run.
  if (later != nullptr && !inputs.has_other_provider && answered.held_back && later->wait >= max_idle &&
      inputs.has_said_nothing && !cannot_defer(plan, inputs.before_deferral, inputs.now + later->wait))
    return DeferRun{cause, inputs.now + later->wait, answered.notes.failed == RetryClass::wait, true};
  if (later != nullptr && !(inputs.has_other_provider && answered.held_back)) {
    if (!answered.held_back) ++attempt_;
    return CallAgain{CallPurpose::retry, cause, later->wait};
  }
  if (inputs.has_other_provider) {
    attempt_ = 1;
    return FailOver{cause};
  }
  if (const auto* defer = std::get_if<Defer>(&*answered.retry)) return DeferRun{cause, inputs.now + defer->wait};
  if (const auto* give_up = std::get_if<GiveUp>(&*answered.retry)) return NoChance{give_up->why};
  return NoChance{};
}

}  // namespace nowd
