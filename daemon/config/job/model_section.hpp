// What a job asks of the model and lets it use: max_output_tokens, params, output, limits, clocks. In jobs, and under
// defaults.
#pragma once

#include "config/yaml/mapping.hpp"
#include "domain/job/job.hpp"

namespace nowd {

/// Reads the keys over what `job` holds already; mappings are merged key by key.
void read_model_keys(const Mapping& map, Job& job);

}  // namespace nowd
