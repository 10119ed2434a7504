// Questions of LedgerReader about runs: their calls, texts, messages and costs.
#include <nlohmann/json.hpp>

#include "ledger/reader/reader_impl.hpp"
#include "ledger/reader/subjects/runs.sql.hpp"

namespace nowd {
namespace {

using pg::JsonRows;
using pg::Transaction;
using pg::Value;
using pg::Values;

Json output_of(Transaction& transaction, const Value& run) {
  if (transaction.run(sql::may_read_bodies).rows[0][0] != "t") return nullptr;
  const pg::Table output = transaction.run(sql::read_output, {run});
  return output.empty() || !output.rows[0][0] ? Json() : Json(*output.rows[0][0]);
}

/// Adds the texts of messages that a dry run shows instead of sending them, if this role may read them.
void add_shown_messages(Transaction& t, const Value& run, Json& deliveries) {
  if (t.run(sql::may_read_messages).rows.at(0)[0] != "t") return;
  for (const Values& row : t.run(sql::read_shown_messages, {run}).rows)
    for (Json& delivery : deliveries)
      if (delivery["delivery"] == std::stoll(*row[0])) delivery["text"] = row[1].value_or("");
}

}  // namespace

Result<std::vector<Json>> LedgerReader::runs(const RunsFilter& filter) {
  return impl_->ask([&](Transaction& t) -> Result<std::vector<Json>> {
    const Values values{text_of(filter.job), text_of(filter.since), text_of(filter.state),
                        std::to_string(filter.limit)};
    return impl_->rows->read(t, sql::list_runs, "runs", values);
  });
}

Result<std::vector<Json>> LedgerReader::deliveries(const DeliveriesFilter& filter) {
  return impl_->ask([&](Transaction& t) -> Result<std::vector<Json>> {
    const Value run = filter.run ? Value(std::to_string(filter.run->value)) : Value();
    return impl_->rows->read(t, sql::list_deliveries, "deliveries",
                             {filter.job, filter.sink, filter.state, run, std::to_string(filter.limit)});
  });
}

Result<std::vector<Json>> LedgerReader::spend(const CallsFilter& filter) {
  return impl_->ask_for_rows(sql::sum_spending, "spend_by_job", {filter.job, rfc3339(filter.since)});
}

Result<std::vector<Json>> LedgerReader::stops(const CallsFilter& filter) {
  return impl_->ask_for_rows(sql::count_stops, "inference_stops", {filter.job, rfc3339(filter.since)});
}

Result<Json> LedgerReader::run(RunId id) {
  return impl_->ask_for_texts([&](Transaction& t) -> Result<Json> {
    const JsonRows& rows = *impl_->rows;
    const Value run = std::to_string(id.value);
    Json found{{"run", rows.first(t, sql::read_run, "run", {run})}};
    if (found["run"].is_null())
      return invalid("run " + *run + ": no such run in the ledger; nowctl runs lists the newest");
    found["clocks"] = rows.first(t, sql::read_run_clocks, "run_clocks", {run});
    found["inference"] = rows.read(t, sql::read_model_calls, "inference", {run});
    found["tool_calls"] = rows.read(t, sql::read_tool_calls, "tool_call", {run});
    found["readings"] = rows.read(t, sql::read_readings, "clock_reading", {run});
    found["occurrence"] = rows.first(t, sql::read_occurrence_of_run, "occurrence", {run});
    found["request"] = rows.first(t, sql::read_request_of_run, "request", {run});
    found["revision"] = rows.first(t, sql::read_revision_of_run, "revisions", {run});
    found["node"] = rows.first(t, sql::read_node_of_run, "node", {run});
    found["deliveries"] = rows.read(t, sql::list_deliveries, "deliveries", {{}, {}, {}, run, "1000"});
    found["gates"] = rows.read(t, sql::read_gates, "gates", {run});
    if (!found["run"].contains("verdicts")) found["run"]["verdicts"] = found["clocks"]["verdicts"];
    found["texts_hidden"] = rows.hides("body");
    add_shown_messages(t, run, found["deliveries"]);
    found["output"] = output_of(t, run);
    return found;
  });
}

Result<Json> LedgerReader::texts(RunId id) {
  return impl_->ask_for_texts([&](Transaction& t) -> Result<Json> {
    const JsonRows& rows = *impl_->rows;
    const Value run = std::to_string(id.value);
    if (rows.first(t, sql::read_run, "run", {run}).is_null())
      return invalid("run " + *run + ": no such run in the ledger; nowctl runs lists the newest");
    if (rows.hides("body"))
      return refused("run " + *run + ": you may not read texts; a superuser grants it: grant nowd_operator to ROLE");
    return Json{{"run", id.value},
                {"inference", rows.read(t, sql::read_model_calls, "inference", {run})},
                {"tool_calls", rows.read(t, sql::read_tool_calls, "tool_call", {run})},
                {"bodies", rows.read(t, sql::read_bodies, "body", {run})}};
  });
}

}  // namespace nowd
