#include "surface/metrics.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

namespace nowd {
namespace {

std::string number(double value) {
  char text[32];
  const auto [end, failed] = std::to_chars(text, text + sizeof text, value);
  return failed == std::errc{} ? std::string(text, end) : "NaN";
}
std::string number(std::uint64_t value) { return std::to_string(value); }

double seconds_of(nanoseconds span) { return std::chrono::duration<double>(span).count(); }

using Labels = std::vector<std::pair<const char*, std::string>>;

class Exposition {
 public:
  /// Starts a family; the samples up to the next family belong to it.
  void family(const char* name, const char* type, const char* help) {
    name_ = name;
    out_ += "# HELP " + name_ + " " + help + "\n# TYPE " + name_ + " " + type + "\n";
  }
  void sample(const Labels& labels, const std::string& value, const char* suffix = "") {
    out_ += name_ + suffix;
    for (std::size_t i = 0; i < labels.size(); ++i)
      out_ += (i == 0 ? "{" : ",") + std::string(labels[i].first) + "=\"" + label_value(labels[i].second) + "\"";
    out_ += (labels.empty() ? " " : "} ") + value + "\n";
  }
  void counters(const std::map<RunCounters::Pair, std::uint64_t>& values, const char* first, const char* second) {
    for (const auto& [pair, count] : values) sample({{first, pair.first}, {second, pair.second}}, number(count));
  }
  void histogram(Labels labels, const GapHistogram& gaps) {
    std::uint64_t below = 0;
    labels.emplace_back("le", "");
    for (std::size_t i = 0; i < gaps.counts.size(); ++i) {
      below += gaps.counts[i];
      labels.back().second = i < gap_bounds.size() ? number(gap_bounds[i]) : "+Inf";
      sample(labels, number(below), "_bucket");
    }
    labels.pop_back();
    sample(labels, number(gaps.sum), "_sum");
    sample(labels, number(gaps.count), "_count");
  }
  std::string text() && { return std::move(out_); }

 private:
  std::string name_, out_;
};

void of_process(Exposition& out, const DaemonGauges& gauges) {
  out.family("nowd_build_info", "gauge", "Always 1; the label says which nowd this is.");
  out.sample({{"version", gauges.version}}, "1");
  out.family("nowd_start_time_seconds", "gauge", "When this process started, in seconds since 1970.");
  out.sample({}, number(seconds_of(gauges.started.time_since_epoch())));
  out.family("nowd_serving", "gauge", "1 while jobs are served.");
  out.sample({}, gauges.serving ? "1" : "0");
  out.family("nowd_ledger_reachable", "gauge", "1 if the last transaction with the database succeeded.");
  out.sample({}, gauges.ledger_reachable ? "1" : "0");
  if (gauges.beat_age) {
    out.family("nowd_ledger_beat_age_seconds", "gauge",
               "How long ago the last confirmed heartbeat was sent; beyond 12 no effect starts.");
    out.sample({}, number(seconds_of(*gauges.beat_age)));
  }
  out.family("nowd_runs_in_progress", "gauge", "Runs that this process has under way.");
  out.sample({}, std::to_string(gauges.runs_under_way));
}

void of_runs(Exposition& out, const RunCounters& counters) {
  out.family("nowd_runs_total", "counter", "Runs that ended since this process started, by job and final state.");
  out.counters(counters.runs(), "job_name", "state");
  out.family("nowd_run_verdicts_total", "counter", "The same runs by the verdict on their clocks.");
  out.counters(counters.verdicts(), "job_name", "verdict");
  out.family("nowd_guard_refusals_total", "counter",
             "Effects, commands and outputs that the guard did not let out of a run, by the rule that refused.");
  out.counters(counters.refusals(), "job_name", "rule");
  out.family("nowd_delivery_attempts_total", "counter", "Attempts to deliver a message, by sink and outcome.");
  out.counters(counters.attempts(), "sink", "outcome");
  out.family("nowd_run_lateness_seconds", "gauge", "How late the last scheduled run of a job was dispatched.");
  for (const auto& [job, late] : counters.lateness()) out.sample({{"job_name", job}}, number(late));
  out.family("nowd_clock_gap_seconds", "histogram",
             "Gaps between the clocks of scheduled runs and catch-ups; an effect may be a delivery.");
  for (const auto& [pair, gaps] : counters.gaps())
    out.histogram({{"job_name", pair.first}, {"gap", pair.second}}, gaps);
}

void of_remotes(Exposition& out, const DaemonGauges& gauges) {
  out.family("nowd_remote_clock_ahead_seconds", "gauge",
             "How far ahead of this host's a provider's clock is proven to be, at least; 0 if nothing is proven.");
  for (const auto& each : gauges.remotes)
    out.sample({{"provider", each.provider}, {"remote", each.remote}}, number(seconds_of(each.ahead)));
}

void of_providers(Exposition& out, const DaemonGauges& gauges) {
  out.family("nowd_provider_available", "gauge",
             "1 if calls are made with the provider's key; 0 while it is overloaded or without money, and left alone.");
  for (const auto& [provider, available] : gauges.providers)
    out.sample({{"provider", provider}}, available ? "1" : "0");
}

/// (messages, age of the oldest) by configured sink.
std::map<std::string, std::pair<double, double>> outbox_of(const DaemonGauges& gauges) {
  std::map<std::string, std::pair<double, double>> out;
  for (const std::string& sink : gauges.sinks) out[sink] = {};
  for (const Json& row : gauges.ledger->at("outbox")) {
    const auto name = row.at("sink").get<std::string>();
    const bool configured = std::find(gauges.sinks.begin(), gauges.sinks.end(), name) != gauges.sinks.end();
    auto& [messages, age] = out[configured ? name : "other"];
    messages += row.at("messages").get<double>();
    age = std::max(age, row.at("age").is_null() ? 0 : row.at("age").get<double>());
  }
  return out;
}

void of_ledger(Exposition& out, const DaemonGauges& gauges) {
  const Json& due_age = gauges.ledger->at("due_age");
  out.family("nowd_due", "gauge", "Occurrences and requests that are due and not yet taken by any daemon.");
  out.sample({}, number(gauges.ledger->at("due").get<double>()));
  out.family("nowd_due_oldest_age_seconds", "gauge", "How long the oldest of them has been due; 0 if there is none.");
  out.sample({}, number(due_age.is_null() ? 0 : std::max(0.0, due_age.get<double>())));
  const auto outbox = outbox_of(gauges);
  out.family("nowd_outbox_messages", "gauge", "Messages in the outbox, by sink.");
  for (const auto& [sink, values] : outbox) out.sample({{"sink", sink}}, number(values.first));
  out.family("nowd_outbox_oldest_age_seconds", "gauge", "Age of the oldest message in the outbox, by sink.");
  for (const auto& [sink, values] : outbox) out.sample({{"sink", sink}}, number(values.second));
}

}  // namespace

std::string label_value(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

std::string metrics_text(const RunCounters& counters, const DaemonGauges& gauges) {
  Exposition out;
  of_process(out, gauges);
  of_runs(out, counters);
  of_remotes(out, gauges);
  of_providers(out, gauges);
  if (gauges.ledger) of_ledger(out, gauges);
  return std::move(out).text();
}

namespace {

/// Beyond this number the oldest waiting runs are dropped: their sink is down, and the ledger has their effect.
constexpr std::size_t max_waiting = 1000;

}  // namespace

void GapHistogram::add(nanoseconds gap) {
  const double size = std::max(0.0, seconds_of(gap));
  const auto bucket = std::lower_bound(gap_bounds.begin(), gap_bounds.end(), size);
  ++counts[static_cast<std::size_t>(bucket - gap_bounds.begin())];
  ++count;
  sum += size;
}

void RunCounters::ended(const EndedRun& run) {
  ++runs_[{run.job, run.state}];
  ++verdicts_[{run.job, run.verdict}];
  if (!run.scheduled) return;
  lateness_[run.job] = std::max(0.0, seconds_of(run.dispatched_at - run.due_at));
  gaps_[{run.job, "scheduled_to_dispatch"}].add(run.dispatched_at - run.scheduled_at);
  if (run.inferred_at) gaps_[{run.job, "dispatch_to_inference"}].add(*run.inferred_at - run.dispatched_at);
  if (run.effect_at) return effect(run, *run.effect_at);
  if (!run.to_deliver) return;
  if (waiting_.size() == max_waiting) waiting_.pop_front();
  waiting_.push_back(run);
}

void RunCounters::effect(const EndedRun& run, Instant at) {
  if (run.inferred_at) gaps_[{run.job, "inference_to_effect"}].add(at - *run.inferred_at);
  gaps_[{run.job, "scheduled_to_effect"}].add(at - run.scheduled_at);
}

void RunCounters::sent(const std::string& sink, const std::string& outcome, std::optional<RunId> run,
                       std::optional<Instant> started) {
  ++attempts_[{sink, outcome}];
  if (!run || !started) return;
  const auto waiting =
      std::find_if(waiting_.begin(), waiting_.end(), [&](const EndedRun& each) { return each.run == *run; });
  if (waiting == waiting_.end()) return;
  effect(*waiting, *started);
  waiting_.erase(waiting);
}

}  // namespace nowd
