// Reports of LedgerReader on clocks, and its checks of the ledger.
#include <nlohmann/json.hpp>

#include "ledger/reader/reader_impl.hpp"
#include "ledger/reader/subjects/clocks.sql.hpp"
#include "ledger/reader/subjects/schedule_audit.hpp"

namespace nowd {
namespace {

using pg::JsonRows;
using pg::Transaction;
using pg::Value;
using pg::Values;

/// extract(epoch …), which is a numeric.
Json seconds_of(const Value& value) { return value ? Json(std::stod(*value)) : Json(); }

}  // namespace

Result<Json> LedgerReader::job_clocks(const JobClocksQuestion& question) {
  return impl_->ask([&](Transaction& t) -> Result<Json> {
    const JsonRows& rows = *impl_->rows;
    Json overview = rows.first(t, sql::read_job_overview, "job_overview", {question.job});
    if (overview.is_null()) return no_such_job(t, question.job);
    const std::string since = rfc3339(question.since);
    const Values picked{question.job, since, std::to_string(question.max_runs)};
    Json out{{"job", question.job}, {"since", since}, {"zone", overview.at("zone")}};
    out["overview"] = std::move(overview);
    out["gaps"] = rows.read(t, sql::measure_gaps, "clock_gaps", picked);
    out["verdicts"] = Json::array();
    std::int64_t runs = 0;
    for (const Values& row : t.run(sql::count_verdicts, picked).rows) {
      const std::int64_t count = std::stoll(*row[1]);
      out["verdicts"].push_back({{"verdict", *row[0]}, {"runs", count}});
      runs += count;
    }
    out["runs"] = runs;
    out["remote_clocks"] = rows.read(t, sql::list_remote_clocks, "clock_skew", picked);
    out["model_beliefs"] = rows.read(t, sql::list_model_beliefs, "model_beliefs", {question.job, since});
    if (question.recent > 0)
      out["recent"] = rows.read(t, sql::list_recent_gaps, "run_gaps", {question.job, std::to_string(question.recent)});
    return out;
  });
}

Result<Json> LedgerReader::job_overview() {
  return impl_->ask([&](Transaction& t) -> Result<Json> {
    return Json(impl_->rows->read(t, sql::list_job_overviews, "job_overview"));
  });
}

Result<Json> LedgerReader::gauges() {
  return impl_->ask([&](Transaction& t) -> Result<Json> {
    const Values due = t.run(sql::measure_due).rows.at(0);
    Json out{{"due", std::stoll(*due[0])}, {"due_age", seconds_of(due[1])}, {"outbox", Json::array()}};
    for (const Values& row : t.run(sql::measure_outbox).rows)
      out["outbox"].push_back({{"sink", *row[0]}, {"messages", std::stoll(*row[1])}, {"age", seconds_of(row[2])}});
    return out;
  });
}

Result<std::vector<Json>> LedgerReader::verify(Instant since, const std::optional<JobName>& job) {
  // Findings have an instant "at", as the rows of clock_reading have.
  return impl_->ask_for_rows(sql::verify_ledger, "clock_reading", {rfc3339(since), text_of(job)});
}

Result<Json> LedgerReader::verified(Instant since, const std::optional<JobName>& job) {
  return impl_->ask([&](Transaction& t) -> Result<Json> {
    return parse_json(t.run(sql::count_verified, {rfc3339(since), text_of(job)}).rows.at(0)[0].value());
  });
}

Result<std::vector<Json>> LedgerReader::audit_schedules(Instant since, const std::optional<JobName>& job,
                                                        const ScheduleReader& read) {
  return impl_->ask(
      [&](Transaction& t) -> Result<std::vector<Json>> { return pg::audit_schedules(t, since, job, read); });
}

}  // namespace nowd
