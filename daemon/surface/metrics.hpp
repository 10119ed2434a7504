// /metrics: Prometheus's text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats).
// The label of a job is job_name, because Prometheus renames a label `job`, its own word for a scrape target.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/ids.hpp"
#include "foundation/json.hpp"
#include "foundation/time/time.hpp"

namespace nowd {

inline constexpr std::string_view metrics_type = "text/plain; version=0.0.4; charset=utf-8";

/// A label's value as the format writes it: backslash, quote and line feed escaped.
std::string label_value(std::string_view value);

/// Upper bounds of the buckets of a gap, in seconds: from a local hop to a day late.
inline constexpr std::array gap_bounds{0.005, 0.01, 0.025, 0.05, 0.1,   0.25,  0.5,    1.0,     2.5,
                                       5.0,   10.0, 30.0,  60.0, 300.0, 900.0, 3600.0, 14400.0, 86400.0};

struct GapHistogram {
  std::array<std::uint64_t, gap_bounds.size() + 1> counts{};  ///< not cumulative; the last is beyond all bounds
  std::uint64_t count = 0;
  double sum = 0;
  /// A negative gap (the host's clock is behind the database's) counts as 0, because a sum must not fall.
  void add(nanoseconds gap);
};

/// A run that ended on disk.
struct EndedRun {
  RunId run;
  JobName job;
  std::string state, verdict;
  bool scheduled = false;  ///< a scheduled run or a catch-up: lateness has a meaning for it
  Instant scheduled_at, due_at, dispatched_at;
  std::optional<Instant> inferred_at, effect_at;
  bool to_deliver = false;  ///< its first effect may be a delivery, still to come
};

/// Counters of this process since its start. Labels are names of the configuration and words of nowd, so their number
/// is bounded.
class RunCounters {
 public:
  using Pair = std::pair<std::string, std::string>;

  void ended(const EndedRun& run);
  /// The guard refused an effect, a command or an output.
  void refused(const JobName& job, const std::string& rule) { ++refusals_[{job, rule}]; }
  /// An attempt to deliver to a sink; `started` if a byte was sent. The first one of a run's output is its effect.
  void sent(const std::string& sink, const std::string& outcome, std::optional<RunId> run,
            std::optional<Instant> started);

  const std::map<Pair, std::uint64_t>& runs() const { return runs_; }          ///< (job, state)
  const std::map<Pair, std::uint64_t>& verdicts() const { return verdicts_; }  ///< (job, verdict)
  const std::map<Pair, std::uint64_t>& refusals() const { return refusals_; }  ///< (job, rule)
  const std::map<Pair, std::uint64_t>& attempts() const { return attempts_; }  ///< (sink, outcome)
  const std::map<Pair, GapHistogram>& gaps() const { return gaps_; }           ///< (job, gap)
  const std::map<JobName, double>& lateness() const { return lateness_; }      ///< of each job's last run, in seconds

 private:
  void effect(const EndedRun& run, Instant at);

  std::map<Pair, std::uint64_t> runs_, verdicts_, refusals_, attempts_;
  std::map<Pair, GapHistogram> gaps_;
  std::map<JobName, double> lateness_;
  std::deque<EndedRun> waiting_;  ///< runs that wait for their first delivery
};

/// The present state of the process and of the ledger.
struct DaemonGauges {
  struct Remote {
    std::string provider, remote;
    nanoseconds ahead{};  ///< proven; 0: nothing is proven
  };
  std::string version;
  Instant started;
  bool ledger_reachable = false;
  bool serving = false;
  int runs_under_way = 0;
  std::optional<nanoseconds> beat_age;  ///< nothing before the first beat
  std::vector<Remote> remotes;
  std::vector<std::pair<std::string, bool>> providers;  ///< of the network; true: calls are sent now
  std::optional<Json> ledger;                           ///< LedgerReader::gauges(); nothing while the database is away
  std::vector<std::string> sinks;                       ///< configured ones; messages to others count as sink="other"
};

std::string metrics_text(const RunCounters& counters, const DaemonGauges& gauges);

}  // namespace nowd
