// clocks: what a job asks of its clocks before something leaves it (clocks.md 2): a word, or rules laid over what the
// job has already.
#pragma once

#include "config/yaml/mapping.hpp"
#include "domain/job/job.hpp"

namespace nowd {

void read_clocks(const Field& field, Job& job);

}  // namespace nowd
