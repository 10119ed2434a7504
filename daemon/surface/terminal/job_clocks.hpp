// `nowctl clocks --job JOB` and `nowctl verify`, for a terminal.
#pragma once

#include <string>
#include <vector>

#include "foundation/json.hpp"
#include "surface/style.hpp"

namespace nowd {

/// How far the clocks of a job's runs lie apart, what the verdicts were, what is known of remote clocks, and what the
/// models took for today. `clocks`: LedgerReader::job_clocks().
std::string job_clocks_text(const Json& clocks, const Style& style);

/// Rows of nowd.verify.
std::string findings_table(const std::vector<Json>& findings, const Style& style);

}  // namespace nowd
