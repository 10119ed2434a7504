#include "domain/run/ending.hpp"

#include "foundation/random.hpp"

namespace nowd {
namespace {

constexpr minutes heartbeat_validity{10};

std::string subject_of(const RunPlan& plan) { return plan.job.name + ": " + iso_date(today_of(plan.time)); }

/// Where every job of a provider fails alike, the provider is the cause.
bool is_the_providers(const EndFact& end) {
  if (end.reason == deferred) return true;
  return end.stop && end.reason == to_string(*end.stop) &&
         (*end.stop == Stop::provider_error || *end.stop == Stop::stream_cut);
}

/// Where a person ended the run, nobody has to be told; an effect in doubt is another matter (`interrupted`).
bool ended_badly(const EndFact& end) {
  switch (end.state) {
    case RunState::succeeded:
    case RunState::cancelled:
    case RunState::aborted_partial:
      return false;
    default:
      return true;
  }
}

}  // namespace

std::string effect_key(const RunPlan& plan, std::string_view place) {
  const std::string occurrence = plan.request ? std::to_string(*plan.request) : rfc3339(plan.time.scheduled_at);
  std::string all = "nowd/1";
  for (const std::string& part : {plan.ledger, plan.job.name, occurrence, std::string("1"), std::string(place)})
    all += '\0' + part;
  return sha256_hex(all);
}

Instant valid_until(const RunPlan& plan) {
  const RunTime& time = plan.time;
  const bool scheduled = time.kind == RunKind::scheduled || time.kind == RunKind::catch_up;
  return (scheduled ? time.scheduled_at : time.dispatched_at) + validity(plan.job);
}

/// Where a message may not land on another day, it is not valid on another day.
static Instant output_expiry(const RunPlan& plan) {
  const Instant until = valid_until(plan);
  if (plan.job.clocks.rollover != Response::refuse) return until;
  const LocalDay tomorrow = day_of(plan.time.zone.local(plan.time.as_of)) + days{1};
  return std::max(plan.time.dispatched_at, std::min(until, plan.time.zone.resolve(LocalTime{tomorrow}).first));
}

static StopAction wanted_action(const RunPlan& plan, const ModelReply& reply) {
  if (const auto own = plan.job.stop.find(reply.stop); own != plan.job.stop.end()) return own->second;
  if (plan.word && !reply.stop_raw.empty())
    if (const StopMeaning word = plan.word(reply.stop_raw); word.stop == reply.stop) return word.action;
  return default_action(reply.stop);
}

StopAction action_on(const RunPlan& plan, const ModelReply& reply) {
  const StopAction action = wanted_action(plan, reply);
  const bool good_end = reply.stop == Stop::complete || reply.stop == Stop::stop_sequence;
  if (action == StopAction::commit && !good_end) return StopAction::hold;
  if (action == StopAction::run_tools && reply.stop != Stop::tool_call) return StopAction::hold;
  const bool ends = action == StopAction::commit || action == StopAction::run_tools || action == StopAction::hold;
  return plan.job.command && !ends ? StopAction::fail : action;
}

std::string stopped_reason(Stop stop, bool command) {
  if (stop == Stop::unknown) return "stop_unknown";
  if (command && stop == Stop::provider_error) return "command";
  if (command && stop == Stop::cancelled) return "limit";
  return std::string(to_string(stop));
}

std::string stopped_detail(const ModelReply& reply, bool command) {
  if (command && reply.stop_raw.empty() && !reply.detail.empty()) return reply.detail;  // it did not even start
  std::string detail = "the command ended with " + reply.stop_raw;
  if (!command) {
    detail = "the model stopped with " + std::string(to_string(reply.stop));
    const bool unknown = reply.stop == Stop::unknown;
    const bool quoted_below = unknown && reply.detail.find(quoted_word(reply.stop_raw)) != std::string::npos;
    if (!reply.stop_raw.empty() && !quoted_below)
      detail += " (" + (unknown ? quoted_word(reply.stop_raw) : reply.stop_raw) + ")";
  }
  if (!reply.detail.empty()) detail += ": " + reply.detail;
  return detail;
}

std::string remedy_for_unknown(const RunPlan& plan) {
  return "nothing of it was used, and it is not asked again. Look the word up in the documentation of the API behind "
         "providers." +
         plan.job.provider + ", and read the answer: nowctl show " + to_string(plan.time.run) +
         " --full. If it was cut short or an accident, run the job again: nowctl run " + plan.job.name +
         ". If the word means a good end, say so: providers." + plan.job.provider +
         ".stop_words; nowctl stops --table lists those that are known";
}

std::vector<DeliveryFact> deliveries_of(const RunPlan& plan, const std::string& output, const EndFact& end) {
  std::vector<DeliveryFact> out;
  if (!plan.deliver) return out;
  const auto add = [&](Purpose purpose, const std::string& sink, Instant expires_at) {
    DeliveryFact fact{sink,           purpose,   effect_key(plan, "delivery " + sink), subject_of(plan), {},
                      end.ended.wall, expires_at};
    if (plan.dry_run) fact.shown = plan.preview(fact, output);
    out.push_back(std::move(fact));
  };
  for (const std::string& sink : plan.job.deliver) add(Purpose::output, sink, output_expiry(plan));
  if (!plan.job.heartbeat.empty()) add(Purpose::heartbeat, "heartbeat", end.ended.wall + heartbeat_validity);
  return out;
}

std::optional<Trouble> trouble_of(const RunPlan& plan, const EndFact& end) {
  if (plan.dry_run || !ended_badly(end)) return std::nullopt;
  Trouble trouble{"run", plan.job.name, end.reason, end.detail, plan.job.name, plan.time.run, end.ended.wall};
  if (!plan.job.provider.empty() && is_the_providers(end)) {
    trouble.kind = "provider";
    trouble.name = plan.job.provider;
  }
  return trouble;
}

}  // namespace nowd
