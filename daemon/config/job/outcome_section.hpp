// deliver, on_failure and heartbeat: who hears of a run's end; retention: how long the ledger remembers it. In jobs,
// and under defaults.
#pragma once

#include "config/yaml/mapping.hpp"
#include "domain/job/config.hpp"

namespace nowd {

/// Reads these keys over what `job` holds already. `config` (may be null) has the sinks that may be named.
void read_outcome(const Mapping& map, const Config* config, Job& job);

/// Reads how long texts and runs are kept over what `retention` holds already.
void read_retention(const Field& field, Retention& retention);

/// Names of sinks; each must be declared where a configuration is known.
std::optional<std::vector<std::string>> read_sink_names(const Field& field, const Config* config);

}  // namespace nowd
