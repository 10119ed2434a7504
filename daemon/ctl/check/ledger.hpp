// Judging the database, and what the ledger in it says.
#pragma once

#include <string>
#include <vector>

#include "ctl/check/finding.hpp"
#include "domain/job/job.hpp"
#include "ledger/reader/health.hpp"

namespace nowd::ctl {

/// The server, this login, the clocks, the schema.
Findings judge_server(const Result<ServerHealth>& server, const std::optional<Error>& schema);

/// Daemons, what is overdue, alerts, effects in doubt, messages not sent. `version` is this program's. None if the
/// state could not be read for a reason that judge_server() tells already.
Findings judge_ledger(const LedgerState& state, const std::string& version);

/// Jobs in the files against the ledger's. Say nothing of specs if another version of nowd read them: its canonical
/// form may differ.
Findings judge_revisions(const std::vector<Job>& files, const LedgerState& state, const std::string& version);

}  // namespace nowd::ctl
