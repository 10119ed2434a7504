#include "app/run_reports.hpp"

#include <algorithm>
#include <cstdio>

#include "net/http/http_rules.hpp"
#include "surface/moment.hpp"

namespace nowd {
namespace {

std::string offset(std::optional<Instant> at, Instant from) {
  if (!at) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%+.3f s", std::chrono::duration<double>(*at - from).count());
  return text;
}

/// "14:02:10 +02:00", with its date where that is not the day on which it started.
std::string moment(const Zone& zone, Instant at, Instant dispatched) {
  const std::string local = iso(zone.local(at));
  const bool same_day = day_of(zone.local(at)) == day_of(zone.local(dispatched));
  return (same_day ? local.substr(11) : local.substr(0, 10) + " " + local.substr(11)) + " " +
         (zone.name() == "UTC" ? "UTC" : offset_text(zone.offset(at)));
}

bool is_by_schedule(RunKind kind) { return kind == RunKind::scheduled || kind == RunKind::catch_up; }

/// Hours and days are written as "7d8h", because 633341 s is hard to read.
std::string dispatch(const RunReport& report, Instant scheduled) {
  const nanoseconds late = report.dispatched.wall - scheduled;
  if (report.claimed.kind == RunKind::backfill) return "dispatch " + human(late) + " late, a backfill";
  if (!is_by_schedule(report.claimed.kind) && late >= minutes{10})
    return "dispatch " + human(late) + " after it, asked for";
  if (late < minutes{10} && late > -minutes{10}) return "dispatch " + offset(report.dispatched.wall, scheduled);
  return "dispatch " + human(late < nanoseconds{0} ? -late : late) + (late < nanoseconds{0} ? " early" : " late");
}

}  // namespace

std::string run_line(const RunReport& report, const Zone& zone) {
  const Instant scheduled = report.claimed.scheduled_at;
  const EndFact& end = report.end;
  const bool by_schedule = is_by_schedule(report.claimed.kind);
  const bool far = !by_schedule || report.dispatched.wall - scheduled >= minutes{10};
  const Instant from = far ? report.dispatched.wall : scheduled;  // of the clocks after the dispatch
  std::string line = report.claimed.job + "  run " + to_string(report.claimed.claim.run) + "  for " +
                     moment(zone, scheduled, report.dispatched.wall) + "  " + dispatch(report, scheduled) +
                     "  inference " + offset(report.inferred_at, from) + "  tool " + offset(report.effect_at, from) +
                     "  " + (report.claimed.dry_run ? "dry run " : "") + std::string(to_string(end.state)) + " in " +
                     human(end.duration) + "  " + std::string(to_string(worst(end.findings)));
  if (end.reason != RunReason::none) line += "  (" + std::string(to_string(end.reason)) + ": " + end.detail + ")";
  return line;
}

namespace {

std::string outcome_word(SendOutcome::What what) {
  constexpr const char* words[] = {"delivered", "again", "failed", "unknown"};
  return words[static_cast<std::size_t>(what)];
}

bool delivers_its_output(const EndFact& end) {
  return std::any_of(end.deliveries.begin(), end.deliveries.end(), [](const DeliveryFact& delivery) {
    return delivery.purpose == Purpose::output && !delivery.shown;
  });
}

}  // namespace

void count_run(RunCounters& counters, const RunReport& report) {
  const ClaimedRun& claimed = report.claimed;
  EndedRun run;
  run.run = claimed.claim.run;
  run.job = claimed.job;
  run.state = to_string(report.end.state);
  run.verdict = to_string(worst(report.end.findings));
  run.scheduled = claimed.kind == RunKind::scheduled || claimed.kind == RunKind::catch_up;
  run.scheduled_at = claimed.scheduled_at;
  run.due_at = claimed.due_at;
  run.dispatched_at = report.dispatched.wall;
  run.inferred_at = report.inferred_at;
  run.effect_at = report.effect_at;
  run.to_deliver = delivers_its_output(report.end);
  counters.ended(run);
  for (const std::string& rule : report.refusals) counters.refused(claimed.job, rule);
}

void count_attempt(RunCounters& counters, const QueuedDelivery& sent, const SendOutcome& outcome) {
  const Delivery& delivery = sent.delivery;
  std::optional<RunId> run;
  if (delivery.run && delivery.purpose == Purpose::output) run = delivery.run->run;
  const auto started = outcome.started ? std::optional(outcome.started->wall) : std::nullopt;
  counters.sent(sent.sink, outcome_word(outcome.what), run, started);
}

void add_configured(DaemonGauges& gauges, const Config& config, const RemoteClocks& remotes) {
  for (const auto& [name, sink] : config.sinks) gauges.sinks.push_back(name);
  for (const auto& [name, provider] : config.providers) {
    const Result<std::string> origin = origin_of(provider.base_url);
    if (!origin) continue;  // a script: no clock but this host's
    const std::vector<RemoteSkew> ahead = remotes.ahead({*origin});
    gauges.remotes.push_back({name, *origin, ahead.empty() ? nanoseconds{0} : ahead.front().ahead});
  }
}

}  // namespace nowd
