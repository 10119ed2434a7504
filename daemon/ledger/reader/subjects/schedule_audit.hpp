// Whether the ledger has what the schedules named: every occurrence, and no other. What SQL alone cannot ask.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "foundation/json.hpp"
#include "ledger/pg/session/connection.hpp"
#include "ledger/reader/reader.hpp"

namespace nowd::pg {

/// Findings as nowd.verify gives them: {"check", "run": null, "job", "at", "detail"}, at most as many as it. The
/// schedules that were in force since a moment are counted again, up to the database's now; rows are read in pages.
std::vector<Json> audit_schedules(Transaction& transaction, Instant since, const std::optional<JobName>& job,
                                  const ScheduleReader& read);

}  // namespace nowd::pg

// Occurrences that a schedule names, on their way into the database.

namespace nowd {

/// As nowd.computed() takes them: rows of nowd.occurrence, in JSON.
std::string computed_rows(const ComputedOccurrences& computed);

}  // namespace nowd
