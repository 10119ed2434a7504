#include "ledger/reader/subjects/clocks.hpp"

#include <nlohmann/json.hpp>

namespace nowd::pg {
namespace {

/// extract(epoch …), which is a numeric.
Json seconds_of(const Value& value) { return value ? Json(std::stod(*value)) : Json(); }

}  // namespace

Json job_clocks(Transaction& transaction, const JsonRows& rows, const JobClocksQuestion& question) {
  Json overview = rows.first(transaction, sql::overview_of_job, "job_overview", {question.job});
  if (overview.is_null()) return nullptr;
  const Values picked{question.job, rfc3339(question.since), std::to_string(question.max_runs)};
  Json out{{"job", question.job}, {"since", rfc3339(question.since)}, {"zone", overview.at("zone")}};
  out["overview"] = std::move(overview);
  out["gaps"] = rows.read(transaction, sql::gaps_of_job, "clock_gaps", picked);
  out["verdicts"] = Json::array();
  std::int64_t runs = 0;
  for (const Values& row : transaction.run(sql::verdicts_of_job, picked).rows) {
    const std::int64_t count = std::stoll(*row[1]);
    out["verdicts"].push_back({{"verdict", *row[0]}, {"runs", count}});
    runs += count;
  }
  out["runs"] = runs;
  out["remote_clocks"] = rows.read(transaction, sql::remotes_of_job, "clock_skew", picked);
  out["model_beliefs"] =
      rows.read(transaction, sql::beliefs_of_job, "model_beliefs", {question.job, rfc3339(question.since)});
  if (question.recent > 0)
    out["recent"] =
        rows.read(transaction, sql::recent_gaps, "run_gaps", {question.job, std::to_string(question.recent)});
  return out;
}

Json gauges(Transaction& transaction) {
  const Values due = transaction.run(sql::due_now).rows.at(0);
  Json out{{"due", std::stoll(*due[0])}, {"due_age", seconds_of(due[1])}, {"outbox", Json::array()}};
  for (const Values& row : transaction.run(sql::outbox_now).rows)
    out["outbox"].push_back({{"sink", *row[0]}, {"messages", std::stoll(*row[1])}, {"age", seconds_of(row[2])}});
  return out;
}

}  // namespace nowd::pg
