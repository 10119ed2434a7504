// nowd.yaml as a whole.
#pragma once

#include "config/yaml/field.hpp"
#include "domain/job/config.hpp"

namespace nowd {

/// What can be read of it; what is wrong is in the report. `folder` is what relative paths count from.
Config read_config(const Node& document, const std::string& folder, Report& report);

}  // namespace nowd
