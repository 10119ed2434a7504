#include "domain/run/ending.hpp"

#include "domain/planning/judge.hpp"
#include "foundation/random.hpp"

namespace nowd {
namespace {

constexpr minutes heartbeat_validity{10};

std::string subject_of(const RunPlan& plan) { return plan.job.name + ": " + iso_date(today_of(plan.time)); }

/// Where every job of a provider fails alike, the provider is the cause.
bool is_the_providers(const EndFact& end) {
  if (end.reason == RunReason::deferred) return true;
  return end.stop && end.reason == reason_of(*end.stop) &&
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

RunReason reason_of(CallFaultReason fault) {
  switch (fault) {
    case CallFaultReason::effect_failed:
      return RunReason::effect_failed;
    case CallFaultReason::effect_missing:
      return RunReason::effect_missing;
  }
  return RunReason::none;
}

RunReason reason_of(GateRule rule) {
  switch (rule) {
    case GateRule::valid_for:
      return RunReason::valid_for;
    case GateRule::fresh:
      return RunReason::fresh;
    case GateRule::rollover:
      return RunReason::rollover;
    case GateRule::skew:
      return RunReason::skew;
    case GateRule::data:
      return RunReason::data;
    case GateRule::model_as_of:
      return RunReason::model_as_of;
    case GateRule::lint:
      return RunReason::lint;
  }
  return RunReason::none;
}

RunReason reason_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::unobserved:
      return RunReason::unobserved;
    case Verdict::unsynchronised:
      return RunReason::unsynchronised;
    case Verdict::late:
      return RunReason::late;
    case Verdict::rolled_over:
      return RunReason::rolled_over;
    case Verdict::skewed:
      return RunReason::skewed;
    case Verdict::stale:
      return RunReason::stale;
    case Verdict::expired:
      return RunReason::expired;
    case Verdict::contradicted:
      return RunReason::contradicted;
    case Verdict::aligned:
      break;
  }
  return RunReason::none;
}

RunReason reason_of(Stop stop) {
  switch (stop) {
    case Stop::complete:
      return RunReason::complete;
    case Stop::stop_sequence:
      return RunReason::stop_sequence;
    case Stop::tool_call:
      return RunReason::tool_call;
    case Stop::truncated_output:
      return RunReason::truncated_output;
    case Stop::truncated_context:
      return RunReason::truncated_context;
    case Stop::filtered:
      return RunReason::filtered;
    case Stop::refused:
      return RunReason::refused;
    case Stop::prompt_blocked:
      return RunReason::prompt_blocked;
    case Stop::paused:
      return RunReason::paused;
    case Stop::compacted:
      return RunReason::compacted;
    case Stop::malformed:
      return RunReason::malformed;
    case Stop::tool_misuse:
      return RunReason::tool_misuse;
    case Stop::loop_limit:
      return RunReason::loop_limit;
    case Stop::budget_exceeded:
      return RunReason::budget_exceeded;
    case Stop::provider_error:
      return RunReason::provider_error;
    case Stop::cancelled:
      return RunReason::cancelled;
    case Stop::in_progress:
      return RunReason::in_progress;
    case Stop::missing:
      return RunReason::missing;
    case Stop::stream_cut:
      return RunReason::stream_cut;
    case Stop::unknown:
      return RunReason::stop_unknown;
  }
  return RunReason::none;
}

RunReason stopped_reason(Stop stop, bool command) {
  if (command && stop == Stop::provider_error) return RunReason::command;
  if (command && stop == Stop::cancelled) return RunReason::limit;
  return reason_of(stop);
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
  Trouble trouble{AlertKind::run, plan.job.name, std::string(to_string(end.reason)), end.detail, plan.job.name,
                  plan.time.run,  end.ended.wall};
  if (!plan.job.provider.empty() && is_the_providers(end)) {
    trouble.kind = AlertKind::provider;
    trouble.name = plan.job.provider;
  }
  return trouble;
}

namespace {

/// Of what somebody asked for by hand, and of what follows another job: no window says how late it may come.
constexpr hours max_request_wait{48};

std::optional<std::string> too_late_by_then(const RunPlan& plan, Instant not_before) {
  const RunTime& time = plan.time;
  const MissedRules& missed = plan.job.missed;
  if (time.kind != RunKind::scheduled && time.kind != RunKind::catch_up) {
    if (not_before - time.due_at <= max_request_wait) return std::nullopt;
    return "that is more than " + human(max_request_wait) + " after it was asked for";
  }
  if (missed.policy == MissedRules::Policy::skip && not_before - time.due_at > missed.grace)
    return "that is later than the job may start (missed: skip, grace " + human(missed.grace) + ")";
  const auto late = too_late(missed, time.zone, scheduled_day(time), time.due_at, not_before);
  if (late == OccurrenceReason::cutoff) return "that is after missed.not_after";
  if (late) return "that is later than missed.window allows (" + human(missed.reach()) + ")";
  if (plan.job.clocks.expiry == Response::refuse && not_before >= valid_until(plan))
    return "its output would have expired by then (clocks.valid_for: " + human(validity(plan.job)) + ")";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> cannot_defer(const RunPlan& plan, const BeforeDeferral& before, Instant not_before) {
  if (before.acted) return "an effect was made, so it is not served again later";
  if (!before.calls_left) return "limits.model_calls leaves no call for later";
  return too_late_by_then(plan, not_before);
}

namespace {

/// The third orphan may be what kills the daemon.
constexpr int crash_loop = 3;

}  // namespace

OrphanEnd end_of(const Orphan& orphan) {
  const std::string& why = orphan.why;
  if (orphan.in_doubt)
    return {
        RunState::interrupted, RunReason::effect_in_doubt,
        why + " while an effect was under way: it may have happened and is not repeated; see nowd.effects_in_doubt"};
  if (orphan.opaque)
    return {RunState::interrupted, RunReason::command_in_doubt,
            why +
                " while the job's command was under way: nowd cannot see its effects, so it is not run again;"
                " look, and ask for a run if one is wanted (a command that changes nothing says repeat: pure)"};
  if (orphan.acted)
    return {RunState::interrupted, RunReason::effects_not_repeated,
            why + " after an effect was made: effects are not repeated"};
  if (!orphan.asked.empty()) return {RunState::cancelled, RunReason::cancelled, orphan.asked};
  if (orphan.attempt >= crash_loop)
    return {RunState::failed, RunReason::crash_loop,
            why + " for the " + std::to_string(orphan.attempt) + ". time: this run may kill the daemon"};
  return {RunState::orphaned, RunReason::node_died, why + " before any effect: it is served again", true};
}

OrphanEnd end_of_deferred(const std::string& asked, const std::string& detail) {
  if (!asked.empty()) return {RunState::cancelled, RunReason::cancelled, asked + "; it was deferred: " + detail};
  return {RunState::orphaned, RunReason::deferred, detail + "; another attempt serves it", true};
}

bool is_trouble(const OrphanEnd& end) { return !end.again && end.state != RunState::cancelled; }

EndFact minimal_end(const JobName& job, RunId run, bool dry_run, bool in_doubt, const Reading& now) {
  EndFact end;
  end.state = in_doubt ? RunState::interrupted : RunState::failed;
  end.reason = in_doubt ? RunReason::effect_in_doubt : RunReason::ledger;
  end.detail = in_doubt ? "the ledger refused to record the outcome of an effect: it may have happened and is not "
                          "repeated; see nowd.effects_in_doubt, and the daemon's log for the refusal"
                        : "the ledger refused to record how this run ended; the daemon's log has the refusal";
  end.ended = now;
  end.findings = {{Verdict::unobserved, "unobserved: the clock readings of this run could not be recorded"}};
  if (!dry_run)
    end.trouble = Trouble{AlertKind::run, job, std::string(to_string(end.reason)), end.detail, job, run, now.wall};
  return end;
}

std::vector<OutcomeFact> bare_outcomes(const Facts& facts) {
  std::vector<OutcomeFact> out;
  for (const OutcomeFact& fact : facts.outcomes) {
    OutcomeFact bare;
    bare.seq = fact.seq;
    bare.state = fact.state;
    bare.started = fact.started;
    bare.ended = fact.ended;
    bare.exit_code = fact.exit_code;
    out.push_back(std::move(bare));
  }
  return out;
}

}  // namespace nowd
