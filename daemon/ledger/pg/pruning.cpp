#include "ledger/pg/pruning.hpp"

namespace nowd {

Pruned& Pruned::operator+=(const Pruned& other) {
  runs += other.runs;
  bodies += other.bodies;
  bytes += other.bytes;
  more = other.more;
  return *this;
}

namespace pg {
namespace {

constexpr Statement with_retention{"jobs_with_retention", "select job from nowd.retention order by job"};
constexpr Statement prune{"prune",
                          "select runs, bodies, bytes, more from nowd.prune($1, $2::integer, $3::boolean, "
                          "$4::boolean)"};
constexpr Statement drop_months{"drop_empty_months", "select nowd.drop_empty_months()"};

}  // namespace

std::vector<JobName> jobs_with_retention(Transaction& transaction) {
  std::vector<JobName> jobs;
  for (const Values& row : transaction.run(with_retention).rows) jobs.push_back(*row[0]);
  return jobs;
}

Pruned prune_job(Transaction& transaction, const JobName& job, const PruneOptions& options) {
  const Table done = transaction.run(
      prune, {job, std::to_string(options.batch), options.dry_run ? "t" : "f", options.wait ? "t" : "f"});
  const Values& row = done.rows.at(0);
  return {std::stoll(*row[0]), std::stoll(*row[1]), std::stoll(*row[2]), row[3] == "t"};
}

int drop_empty_months(Transaction& transaction) { return std::stoi(*transaction.run(drop_months).rows.at(0)[0]); }

}  // namespace pg
}  // namespace nowd
