#include "ledger/pg/record/pruning.hpp"
#include "ledger/pg/record/pruning.sql.hpp"

namespace nowd {

Pruned& Pruned::operator+=(const Pruned& other) {
  runs += other.runs;
  bodies += other.bodies;
  bytes += other.bytes;
  more = other.more;
  messages += other.messages;
  return *this;
}

namespace pg {
std::vector<JobName> jobs_with_retention(Transaction& transaction) {
  std::vector<JobName> jobs;
  for (const Values& row : transaction.run(sql::jobs_with_retention).rows) jobs.push_back(*row[0]);
  return jobs;
}

Pruned prune(Transaction& transaction, const std::optional<JobName>& job, const PruneOptions& options) {
  const Values asked{job, std::to_string(options.batch), options.dry_run ? "t" : "f", options.wait ? "t" : "f"};
  Pruned gone;
  if (job) {
    const Values row = transaction.run(sql::prune_runs, asked).rows.at(0);
    gone = {std::stoll(*row[0]), std::stoll(*row[1]), std::stoll(*row[2]), row[3] == "t"};
  }
  const Values row = transaction.run(sql::prune_messages, asked).rows.at(0);
  gone.messages = std::stoll(*row[0]);
  gone.more = gone.more || row[1] == "t";
  return gone;
}

int drop_empty_months(Transaction& transaction) {
  return std::stoi(*transaction.run(sql::drop_empty_months).rows.at(0)[0]);
}

}  // namespace pg
}  // namespace nowd
