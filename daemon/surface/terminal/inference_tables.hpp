// Tables about model calls, as `nowctl spend` and `nowctl stops` print them.
#pragma once

#include <string>
#include <vector>

#include "foundation/json.hpp"
#include "surface/style.hpp"

namespace nowd {

/// Rows of LedgerReader::spend.
std::string spend_table(const std::vector<Json>& jobs, const Style& style);
/// Rows of LedgerReader::stops; times in UTC.
std::string stops_table(const std::vector<Json>& stops, const Style& style);
/// {"api", "word", "stop", "action"} each.
std::string words_table(const std::vector<Json>& words, const Style& style);

}  // namespace nowd
