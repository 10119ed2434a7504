#include "ledger/pg/record/pruning.hpp"

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
namespace {

constexpr Statement with_retention{"jobs_with_retention", "select job from nowd.retention order by job"};
constexpr Statement prune_runs{"prune",
                               "select runs, bodies, bytes, more from nowd.prune($1, $2::integer, $3::boolean, "
                               "$4::boolean)"};
constexpr Statement prune_messages{
    "prune_messages", "select messages, more from nowd.prune_messages($1, $2::integer, $3::boolean, $4::boolean)"};
constexpr Statement drop_months{"drop_empty_months", "select nowd.drop_empty_months()"};

}  // namespace

std::vector<JobName> jobs_with_retention(Transaction& transaction) {
  std::vector<JobName> jobs;
  for (const Values& row : transaction.run(with_retention).rows) jobs.push_back(*row[0]);
  return jobs;
}

Pruned prune(Transaction& transaction, const std::optional<JobName>& job, const PruneOptions& options) {
  const Values asked{job, std::to_string(options.batch), options.dry_run ? "t" : "f", options.wait ? "t" : "f"};
  Pruned gone;
  if (job) {
    const Values row = transaction.run(prune_runs, asked).rows.at(0);
    gone = {std::stoll(*row[0]), std::stoll(*row[1]), std::stoll(*row[2]), row[3] == "t"};
  }
  const Values row = transaction.run(prune_messages, asked).rows.at(0);
  gone.messages = std::stoll(*row[0]);
  gone.more = gone.more || row[1] == "t";
  return gone;
}

int drop_empty_months(Transaction& transaction) { return std::stoi(*transaction.run(drop_months).rows.at(0)[0]); }

}  // namespace pg
}  // namespace nowd
