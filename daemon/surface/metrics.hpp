// /metrics: Prometheus's text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats).
// A job is labelled job_name: `job` is what Prometheus calls its own scrape target, and would be renamed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/json.hpp"
#include "surface/run_counters.hpp"

namespace nowd {

inline constexpr std::string_view metrics_type = "text/plain; version=0.0.4; charset=utf-8";

/// A label's value as the format writes it: backslash, quote and line feed escaped.
std::string label_value(std::string_view value);

/// What is so at the moment.
struct DaemonGauges {
  struct Remote {
    std::string provider, remote;
    nanoseconds ahead{};  ///< proven; 0 = nothing is
  };
  std::string version;
  Instant started;
  bool ledger_reachable = false;
  bool serving = false;
  int runs_under_way = 0;
  std::optional<nanoseconds> beat_age;  ///< nothing before the first beat
  std::vector<Remote> remotes;
  std::vector<std::pair<std::string, bool>> providers;  ///< on the network, and whether calls are made now
  std::optional<Json> ledger;                           ///< LedgerReader::gauges(); nothing while the database is away
  std::vector<std::string> sinks;                       ///< configured ones; messages to others count as sink="other"
};

std::string metrics_text(const RunCounters& counters, const DaemonGauges& gauges);

}  // namespace nowd
