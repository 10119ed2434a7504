// clocks: how a job's clocks may refuse effects, and how long what it says stays right (clocks.md 2). Built are
// `observe` (everything recorded, nothing refused) and valid_for.
#pragma once

#include "config/mapping.hpp"
#include "domain/job.hpp"

namespace nowd {

/// `section` is job or defaults: both take the same values.
void read_clocks(const Field& field, Section section, Job& job);

}  // namespace nowd
