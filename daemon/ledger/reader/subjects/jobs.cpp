// Questions of LedgerReader about jobs and their occurrences.
#include <nlohmann/json.hpp>

#include "foundation/text/nearest.hpp"
#include "ledger/reader/reader_impl.hpp"
#include "ledger/reader/subjects/jobs.sql.hpp"

namespace nowd {
namespace {

using pg::JsonRows;
using pg::Transaction;
using pg::Value;
using pg::Values;

Json job_with_revision(Transaction& transaction, const JsonRows& rows, const JobName& job) {
  Json found{{"job", rows.first(transaction, sql::read_job, "job", {job})}};
  found["revision"] = rows.first(transaction, sql::read_revision_in_force, "revisions", {job});
  found["cursor"] = rows.first(transaction, sql::read_cursor, "job_cursor", {job});
  return found;
}

}  // namespace

Error no_such_job(Transaction& transaction, const JobName& job) {
  std::vector<std::string> names;
  for (const Values& row : transaction.run(sql::list_job_names).rows) names.push_back(row[0].value());
  if (names.empty()) return invalid("job '" + job + "': the ledger has no jobs yet; nowd records them when it starts");
  const auto near = nearest_name(job, names);
  return invalid("job '" + job + "': no such job in the ledger; " +
                 (near ? "did you mean '" + *near + "'?" : "nowctl jobs lists them"));
}

Result<std::vector<Json>> LedgerReader::jobs() { return impl_->ask_for_rows(sql::list_jobs, "jobs"); }

Result<std::vector<std::string>> LedgerReader::job_names() {
  return impl_->ask([&](Transaction& t) -> Result<std::vector<std::string>> {
    std::vector<std::string> names;
    for (const Values& row : t.run(sql::list_current_job_names).rows) names.push_back(row[0].value());
    return names;
  });
}

Result<Json> LedgerReader::job(const JobName& job) {
  return impl_->ask([&](Transaction& t) -> Result<Json> {
    Json found = job_with_revision(t, *impl_->rows, job);
    if (found["job"].is_null()) return no_such_job(t, job);
    return found;
  });
}

Result<std::vector<Json>> LedgerReader::standing() {
  return impl_->ask([](Transaction& t) -> Result<std::vector<Json>> {
    std::vector<Json> found;
    for (const Values& row : t.run(sql::list_standings).rows) {
      Result<Json> job = parse_json(row[0].value());
      if (!job) return job.error();
      found.push_back(std::move(*job));
    }
    return found;
  });
}

Result<std::vector<Json>> LedgerReader::retention(const std::optional<JobName>& job) {
  return impl_->ask_for_rows(sql::list_retention, "retention", {text_of(job)});
}

Result<Json> LedgerReader::why(const JobName& job, Instant at) {
  return impl_->ask([&](Transaction& t) -> Result<Json> {
    const JsonRows& rows = *impl_->rows;
    Json found = job_with_revision(t, rows, job);
    if (found["job"].is_null()) return no_such_job(t, job);
    const Values values{job, rfc3339(at)};
    found["fate"] = rows.read(t, sql::read_fates, "occurrence_fate", values);
    found["manual_runs"] = rows.read(t, sql::list_manual_runs, "runs", values);
    const pg::Table decided = t.run(sql::read_decision, values);
    found["decided"] = decided.empty() ? Json() : Json::parse(decided.rows[0][0].value());
    found["served_by"] = rows.first(t, sql::read_serving_occurrence, "occurrence_fate", values);
    return found;
  });
}

Result<std::vector<Instant>> LedgerReader::skipped(const JobName& job) {
  return impl_->ask([&](Transaction& t) -> Result<std::vector<Instant>> {
    std::vector<Instant> found;
    for (const Values& row : t.run(sql::list_skipped, {job}).rows)
      found.push_back(pg::parse_timestamptz(row[0].value()));
    return found;
  });
}

}  // namespace nowd
