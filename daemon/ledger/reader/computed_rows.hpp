// Occurrences that a schedule names, on their way into the database.
#pragma once

#include <string>

#include "ledger/reader/reader.hpp"

namespace nowd {

/// As nowd.computed() takes them: rows of nowd.occurrence, in JSON.
std::string computed_rows(const ComputedOccurrences& computed);

}  // namespace nowd
