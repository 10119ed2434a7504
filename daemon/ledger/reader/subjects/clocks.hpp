// Reports on clocks, for LedgerReader: each is a few statements in the caller's transaction.
#pragma once

#include "ledger/pg/session/json_rows.hpp"
#include "ledger/reader/clock_statements.hpp"
#include "ledger/reader/reader.hpp"

namespace nowd::pg {

/// As LedgerReader::job_clocks; null if there is no such job.
Json job_clocks(Transaction& transaction, const JsonRows& rows, const JobClocksQuestion& question);

/// As LedgerReader::gauges.
Json gauges(Transaction& transaction);

}  // namespace nowd::pg
