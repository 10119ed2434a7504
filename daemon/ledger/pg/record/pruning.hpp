// Retention, within a transaction. For a daemon, which has others beside it, and for nowctl, which waits for them.
#pragma once

#include "ledger/pg/session/connection.hpp"
#include "ledger/pruning.hpp"

namespace nowd::pg {

std::vector<JobName> jobs_with_retention(Transaction& transaction);

/// `wait`: for others at the same job, else nothing is done where there are any. `dry_run`: counts all that would go.
struct PruneOptions {
  int batch = 50;
  bool dry_run = false;
  bool wait = false;
};
/// Without a job: messages about several jobs or none.
Pruned prune(Transaction& transaction, const std::optional<JobName>& job, const PruneOptions& options);

int drop_empty_months(Transaction& transaction);

}  // namespace nowd::pg
