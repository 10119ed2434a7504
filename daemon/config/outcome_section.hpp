// deliver, on_failure and heartbeat: who hears of a run's end. In jobs, and under defaults.
#pragma once

#include "config/mapping.hpp"
#include "domain/config.hpp"

namespace nowd {

/// Reads the three keys over what `job` holds already. `config` (may be null) has the sinks that may be named.
void read_outcome(const Mapping& map, const Config* config, Job& job);

/// Names of sinks; each must be declared where a configuration is known.
std::optional<std::vector<std::string>> read_sink_names(const Field& field, const Config* config);

}  // namespace nowd
