// Retention, within a transaction: for daemons, which skip a job that another session prunes, and nowctl, which waits.
#pragma once

#include "ledger/pg/session/connection.hpp"
#include "ledger/pruning.hpp"

namespace nowd::pg {

std::vector<JobName> jobs_with_retention(Transaction& transaction);

/// `wait`: waits for another session at the same job; otherwise the call does nothing if there is one. `dry_run`:
/// counts all rows that would be deleted.
struct PruneOptions {
  int batch = 50;
  bool dry_run = false;
  bool wait = false;
};
/// Without a job: only messages about several jobs or none.
Pruned prune(Transaction& transaction, const std::optional<JobName>& job, const PruneOptions& options);

int drop_empty_months(Transaction& transaction);

}  // namespace nowd::pg
