// What follows from an answer that is neither an end nor tool calls: the same call once more, larger, resumed, mended,
// by somebody else, or not at all.
#include <algorithm>

#include "domain/run/ending.hpp"
#include "domain/run/run_machine.hpp"
#include "domain/run/transcript.hpp"

namespace nowd {
namespace {

constexpr int max_resumed = 5;
/// A worker that has nothing to do for longer is given to somebody else.
constexpr seconds max_idle{20};
constexpr std::int64_t enlarged_at_most = 4;  // times the first bound
/// A smaller prompt is not cut by any server, and too small to be sure.
constexpr std::int64_t min_judged_prompt = 1'000;
constexpr std::string_view nudge_text =
    "Your last answer was empty. What you did with your tools is done: do not do it again. Go on if something is left "
    "to "
    "do; else answer with one sentence that says what was done.";

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

bool is_good(Stop stop) { return stop == Stop::complete || stop == Stop::tool_call || stop == Stop::stop_sequence; }

std::int64_t min_tokens_of(const std::vector<Message>& messages) {
  std::int64_t sum = 0;
  for (const Message& message : messages) sum += min_tokens(message.text);
  return sum;
}

}  // namespace

/// The answer as it counts: a prompt whose front was cut in silence was not answered, and after a nudge an empty end is
/// an end.
ModelReply RunMachine::seen(const ModelReply& reply) const {
  ModelReply out = reply;
  const std::int64_t least = min_tokens_of(messages_);
  const auto& usage = reply.usage ? reply.usage : reply.usage_so_far;
  if (is_good(reply.stop) && usage && usage->input > 0 && least >= min_judged_prompt && usage->input * 2 < least) {
    out.stop = Stop::truncated_context;
    out.detail = "the server says that it read " + std::to_string(usage->input) +
                 " tokens, and the prompt has at least " + std::to_string(least) +
                 ": its front was cut in silence; shorten the inputs, or give the server a larger context";
  }
  if (nudged_ && is_empty_ending(reply) && needs_no_output()) {
    out.stop = Stop::complete;
    out.detail = "an empty end after a confirmed effect";
  }
  return out;
}

bool RunMachine::is_empty_ending(const ModelReply& reply) const {
  return reply.stop == Stop::malformed && reply.calls.empty() && is_blank(reply.text) && plan_.word &&
         plan_.word(reply.stop_raw).stop == Stop::complete;
}

bool RunMachine::needs_no_output() const { return plan_.job.deliver.empty() && !plan_.output_fault(""); }

RunAction RunMachine::ended_otherwise(Judged& judged, const ModelAnswered& answered, StopAction action) {
  const ModelReply& reply = judged.facts.answers.back().reply;
  switch (action) {
    case StopAction::retry_larger:
      return enlarge(judged, reply);
    case StopAction::resume:
      return resume(judged, reply);
    case StopAction::repair_once:
      return is_empty_ending(reply) && !made_.empty() && !nudged_ ? nudge(judged) : repair(judged, reply);
    case StopAction::fail:
      return failed_call(judged, answered);
    default:
      return stopped(judged, reply);
  }
}

RunAction RunMachine::stopped(Judged& judged, const ModelReply& reply, const std::string& also) {
  const bool command = plan_.job.command.has_value();
  std::string detail = stopped_detail(reply, command);
  if (!also.empty()) detail += "; " + also;
  if (reply.stop == Stop::unknown && !command) detail += "; " + remedy_for_unknown(plan_);
  return finish(judged, RunState::failed, stopped_reason(reply.stop, command), std::move(detail));
}

RunAction RunMachine::enlarge(Judged& judged, const ModelReply& reply) {
  const auto first = plan_.job.max_output_tokens;
  if (!first) return stopped(judged, reply, "the job sets no max_output_tokens that could be raised");
  const std::int64_t ceiling = plan_.job.max_output_tokens_ceiling.value_or(*first * enlarged_at_most);
  const std::int64_t now = max_output_.value_or(*first);
  if (now >= ceiling)
    return stopped(judged, reply,
                   "max_output_tokens was raised to its ceiling of " + std::to_string(ceiling) +
                       " and that was not enough; raise max_output_tokens_ceiling");
  max_output_ = std::min(now * 2, ceiling);
  attempt_ = 1;
  return call_again(judged, "larger", "the answer did not fit into " + std::to_string(now) + " tokens");
}

/// What the model wrote goes back to it unchanged; it has the word again.
RunAction RunMachine::resume(Judged& judged, const ModelReply& reply) {
  if (resumed_ == max_resumed)
    return stopped(judged, reply, "it was resumed " + std::to_string(max_resumed) + " times and is not done");
  ++resumed_;
  resumed_text_ += reply.text;
  messages_.push_back(message_of(reply, model_calls_));
  attempt_ = 1;
  return call_again(judged, "resume", std::string(to_string(reply.stop)));
}

RunAction RunMachine::repair(Judged& judged, const ModelReply& reply) {
  if (repaired_) return stopped(judged, reply, "the call was made once more in this run, and that was not better");
  repaired_ = true;
  attempt_ = 1;
  return call_again(judged, "repair", reply.detail);
}

RunAction RunMachine::nudge(Judged& judged) {
  nudged_ = true;
  answers_.push_back({.role = Message::Role::user, .text = std::string(nudge_text)});
  attempt_ = 1;
  return call_again(judged, "nudge", "an empty end after " + made_.back());
}

RunAction RunMachine::call_again(Judged& judged, std::string purpose, std::string cause, milliseconds wait) {
  if (const auto end = spent(judged)) return *end;
  // Only a message that is rendered anew is kept anew.
  again_ = answers_.empty() && !messages_.empty() && messages_.back().role != Message::Role::assistant;
  if (again_) saved_messages_ = messages_.size() - 1;
  if (cause.empty() && last_stop_) cause = to_string(*last_stop_);
  RunAction action = send(judged, std::move(purpose), std::move(cause));
  std::get<AskModel>(action).wait = wait;
  return action;
}

RunAction RunMachine::failed_call(Judged& judged, const ModelAnswered& answered) {
  const ModelReply& reply = answered.reply;
  if (!answered.retry) return stopped(judged, reply);
  const std::string what = stopped_detail(reply, false);
  const bool somebody_else = next_provider_ < plan_.next.size() && !has_begun_effects();
  const auto* later = std::get_if<RetryLater>(&*answered.retry);
  if (later != nullptr && !somebody_else && is_better_put_aside(answered, judged.now.wall, later->wait)) {
    RunAction action = defer(judged, what, later->wait);
    auto& trouble = judged.facts.end->trouble;
    if (answered.notes.failed == RetryClass::wait) trouble.reset();  // a limit of a minute is nobody's alarm
    if (trouble) trouble->reason = to_string(reply.stop);            // as for those that were asked, and failed
    return action;
  }
  if (later != nullptr && !(somebody_else && answered.held_back)) {
    if (!answered.held_back) ++attempt_;  // nothing was sent
    return call_again(judged, "retry", what, later->wait);
  }
  if (somebody_else) return fail_over(judged, what);
  if (const auto* later_run = std::get_if<Defer>(&*answered.retry)) return defer(judged, what, later_run->wait);
  if (const auto* given_up = std::get_if<GiveUp>(&*answered.retry)) return stopped(judged, reply, given_up->why);
  return stopped(judged, reply);
}

/// Behind a provider that is left alone, before anything was said: nothing is lost by beginning anew.
bool RunMachine::is_better_put_aside(const ModelAnswered& answered, Instant now, milliseconds wait) const {
  return answered.held_back && wait >= max_idle && messages_.size() <= 1 &&
         !cannot_defer(plan_, before_deferral(), now + wait);
}

BeforeDeferral RunMachine::before_deferral() const {
  return {has_begun_effects(), calls_made() < plan_.job.limits.model_calls};
}

/// No worker waits for hours: the run is put aside, and a later attempt serves its occurrence from the beginning.
RunAction RunMachine::defer(Judged& judged, const std::string& what, milliseconds wait) {
  const Instant not_before = judged.now.wall + wait;
  const std::string detail = what + "; not before " + rfc3339(not_before);
  if (const auto why = cannot_defer(plan_, before_deferral(), not_before))
    return finish(judged, RunState::failed, std::string(deferred), detail + "; it is not put aside: " + *why);
  RunAction action = finish(judged, RunState::suspended, std::string(deferred), detail);
  judged.facts.end->not_before = not_before;
  return action;
}

/// With a prompt of its own the conversation begins anew; else it goes on, without what only the other one can read.
RunAction RunMachine::fail_over(Judged& judged, const std::string& cause) {
  const std::string from = plan_.job.provider;
  NextProvider& next = plan_.next.at(next_provider_++);
  plan_.job.provider = next.provider;
  plan_.model = next.model;
  plan_.params = next.params;
  plan_.prices = next.prices;
  plan_.word = next.word;
  plan_.remotes = next.remotes;
  calls_of_others_ = model_calls_;
  attempt_ = 1;
  if (plan_.job.prompt != next.prompt || messages_.empty()) {
    plan_.job.prompt = next.prompt;
    messages_.clear();
    answers_.clear();
    called_.clear();
  }
  saved_messages_ = 0;
  if (const auto end = spent(judged)) return *end;
  again_ = false;
  return send(judged, "plan", "instead of " + from + ": " + cause);
}

RunAction RunMachine::handle(Judged& judged, const DaySpent& event) {
  const Usd limit = plan_.job.limits.usd_per_day.value_or(event.usd);
  ModelAnswered unasked;
  unasked.reply.stop = Stop::budget_exceeded;
  unasked.reply.detail = "limits.usd_per_day leaves no room; nothing was sent";
  injected_now_.reset();
  last_stop_ = Stop::budget_exceeded;
  record(judged, unasked, StopAction::fail, {});
  return finish(judged, RunState::failed, "limit",
                "limits.usd_per_day: with this call the job's runs of today would come to " + to_string(event.usd) +
                    " of " + to_string(limit) + "; nothing was sent");
}

}  // namespace nowd
