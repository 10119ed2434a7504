// Actions of people through LedgerReader, and questions about their requests.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "ledger/pg/record/pruning.hpp"
#include "ledger/reader/reader_impl.hpp"
#include "ledger/reader/subjects/actions.sql.hpp"
#include "ledger/reader/subjects/schedule_audit.hpp"

namespace nowd {
namespace {

using pg::JsonRows;
using pg::Transaction;
using pg::Value;
using pg::Values;

/// Runs in one transaction of nowctl prune.
constexpr int rows_per_prune = 500;

/// Of an action that gives one value: the value as a T.
template <class T>
Result<T> value_as(const Result<Value>& done, T (*convert)(const std::string&)) {
  if (!done) return done.error();
  return convert(done->value());
}
std::int64_t to_number(const std::string& text) { return std::stoll(text); }
Instant to_instant(const std::string& text) { return pg::parse_timestamptz(text); }
JobName to_name(const std::string& text) { return text; }

Value flag(bool value) { return text_of(std::optional(value)); }

}  // namespace

Result<std::int64_t> LedgerReader::request_run(const RunRequest& request) {
  return value_as(impl_->act_by(sql::request_run, {request.job, text_of(request.as_of), text_of(request.effects),
                                                   request.input, flag(request.dry_run), flag(request.even_if_paused),
                                                   text_of(request.deliver), text_of(request.start_followers)}),
                  to_number);
}

Result<void> LedgerReader::pause(const JobName& job, const std::string& reason) {
  const Result<Value> paused = impl_->act_by(sql::pause_job, {job, reason});
  if (!paused) return paused.error();
  return boost::system::in_place_value;
}

Result<std::int64_t> LedgerReader::resume(const JobName& job) {
  return value_as(impl_->act_by(sql::resume_job, {job}), to_number);
}

Result<Instant> LedgerReader::skip_next(const ComputedOccurrences& next, const std::string& reason) {
  const Value why = reason.empty() ? Value() : Value(reason);
  return value_as(impl_->act_by(sql::skip_next, {next.job, why, computed_rows(next)}), to_instant);
}

Result<Instant> LedgerReader::undo_skip(const JobName& job) {
  return value_as(impl_->act_by(sql::undo_skip, {job}), to_instant);
}

Result<JobName> LedgerReader::cancel(RunId run, const std::string& reason) {
  return value_as(impl_->act_by(sql::cancel_run, {std::to_string(run.value), reason}), to_name);
}

Result<JobName> LedgerReader::cancel_request(std::int64_t request, const std::string& reason) {
  return value_as(impl_->act_by(sql::cancel_request, {std::to_string(request), reason}), to_name);
}

Result<std::int64_t> LedgerReader::accept_hold(HoldCause cause, const std::string& reason) {
  return value_as(impl_->act_by(cause == HoldCause::clock ? sql::accept_clock : sql::accept_ledger, {reason}),
                  to_number);
}

Result<std::vector<Json>> LedgerReader::backfill(const ComputedOccurrences& past, const Backfilling& how) {
  return impl_->act([&](Transaction& t) -> Result<std::vector<Json>> {
    std::vector<Json> rows;
    for (const Values& row : t.run(sql::backfill, {past.job, computed_rows(past), flag(how.effects), flag(how.dry_run),
                                                   flag(how.deliver), flag(how.start_followers)})
                                 .rows)
      rows.push_back({{"scheduled_at", rfc3339(pg::parse_timestamptz(row[0].value()))},
                      {"what", row[1].value()},
                      {"was", row[2] ? Json(*row[2]) : Json()}});
    return rows;
  });
}

Result<Pruned> LedgerReader::prune(const std::optional<JobName>& job, bool dry_run) {
  Pruned all;
  do {
    const Result<Pruned> batch = impl_->act([&](Transaction& t) -> Result<Pruned> {
      return pg::prune(t, job, {.batch = rows_per_prune, .dry_run = dry_run, .wait = true});
    });
    if (!batch) return batch.error();
    all += *batch;
  } while (all.more);
  return all;
}

Result<int> LedgerReader::drop_empty_months() {
  return impl_->act([](Transaction& t) -> Result<int> { return pg::drop_empty_months(t); });
}

Result<std::vector<Json>> LedgerReader::waiting_requests(const std::optional<JobName>& job) {
  return impl_->ask_for_rows(sql::list_waiting_requests, "requests", {text_of(job)});
}

Result<Json> LedgerReader::request_state(std::int64_t request) {
  return impl_->ask_for_texts([&](Transaction& t) -> Result<Json> {
    const Value number = std::to_string(request);
    Json state{{"request", impl_->rows->first(t, sql::read_request, "request", {number})}};
    if (state["request"].is_null()) return invalid("request " + *number + ": no such request in the ledger");
    state["run"] = impl_->rows->first(t, sql::read_newest_run_of_request, "runs", {number});
    state["in_the_way"] = impl_->rows->first(t, sql::read_run_before_request, "runs", {number});
    int alive = 0;
    for (const Values& row : t.run(sql::read_beats).rows) {
      const auto [seen, is_new] = impl_->beats.try_emplace(row[0].value(), row[1].value());
      const bool moved = !is_new && seen->second != row[1].value();
      seen->second = row[1].value();
      if (moved || row[2] == "t") ++alive;
    }
    state["daemons_alive"] = alive;
    return state;
  });
}

Result<bool> LedgerReader::is_served() {
  return impl_->ask([&](Transaction& t) -> Result<bool> {
    const pg::Table beats = t.run(sql::read_beats);
    return std::any_of(beats.rows.begin(), beats.rows.end(), [](const Values& row) { return row[2] == "t"; });
  });
}

}  // namespace nowd
