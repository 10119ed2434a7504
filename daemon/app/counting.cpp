#include "app/counting.hpp"

#include <algorithm>

#include "net/http/http_rules.hpp"

namespace nowd {
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

void count_attempt(RunCounters& counters, const Outgoing& sent, const SendOutcome& outcome) {
  const Parcel& parcel = sent.parcel;
  std::optional<RunId> run;
  if (parcel.run && parcel.purpose == Purpose::output) run = parcel.run->run;
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
