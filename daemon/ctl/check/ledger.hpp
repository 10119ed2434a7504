// Checks of the database, and of the state that the ledger records.
#pragma once

#include <string>
#include <vector>

#include "ctl/check/finding.hpp"
#include "domain/job/job.hpp"
#include "ledger/reader/health.hpp"

namespace nowd::ctl {

/// The server, this login, the clocks, the schema.
Findings judge_server(const Result<ServerHealth>& server, const std::optional<Error>& schema);

/// Daemons, overdue occurrences, holds, alerts, effects in doubt, messages not sent. `version` is this program's.
Findings judge_ledger(const LedgerState& state, const std::string& version);

/// Compares the jobs in the files with those in the ledger. Ignores revisions while a daemon of another version is
/// alive: its canonical form may differ.
Findings judge_revisions(const std::vector<Job>& files, const LedgerState& state, const std::string& version);

}  // namespace nowd::ctl
