// `nowctl clocks --job JOB` and `nowctl verify`, for a terminal.
#pragma once

#include <string>
#include <vector>

#include "foundation/json.hpp"
#include "surface/text.hpp"

namespace nowd {

/// How far the clocks of a job's runs lie apart, what the verdicts were, what is known of remote clocks, and what the
/// models took for today. `clocks`: LedgerReader::job_clocks().
std::string job_clocks_text(const Json& clocks, const Style& style);

/// Rows of nowd.verify.
std::string findings_table(const std::vector<Json>& findings, const Style& style);

// Tables about model calls, as `nowctl spend` and `nowctl stops` print them.

/// Rows of LedgerReader::spend.
std::string spend_table(const std::vector<Json>& jobs, const Style& style);
/// Rows of LedgerReader::stops; times in UTC.
std::string stops_table(const std::vector<Json>& stops, const Style& style);
/// {"api", "word", "stop", "action"} each.
std::string words_table(const std::vector<Json>& words, const Style& style);

}  // namespace nowd
