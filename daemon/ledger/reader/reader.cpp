// nowctl's side of the ledger: each question is a few named statements in one read-only snapshot.
#include "ledger/reader/reader.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "foundation/text/nearest.hpp"
#include "ledger/pg/record/pruning.hpp"
#include "ledger/pg/session/as_result.hpp"
#include "ledger/pg/session/json_rows.hpp"
#include "ledger/reader/reader_roles.hpp"
#include "ledger/reader/subjects/clocks.hpp"
#include "ledger/reader/reader_statements.hpp"
#include "ledger/reader/subjects/schedule_audit.hpp"

namespace nowd {
namespace {

using pg::JsonRows;
using pg::Transaction;
using pg::Value;
using pg::Values;

/// Runs in one transaction of nowctl prune.
constexpr int rows_per_prune = 500;

/// One view of the ledger for all statements of a question, so that a live run is not told half before and half after.
const std::string snapshot = "set transaction isolation level repeatable read read only";

template <class T>
Value text_of(const std::optional<T>& value) {
  if (!value) return std::nullopt;
  if constexpr (std::is_same_v<T, Instant>)
    return rfc3339(*value);
  else if constexpr (std::is_same_v<T, bool>)
    return *value ? "t" : "f";
  else
    return *value;
}

Error no_such_job(Transaction& transaction, const JobName& job) {
  std::vector<std::string> names;
  for (const Values& row : transaction.run(sql::job_names).rows) names.push_back(row[0].value());
  if (names.empty()) return invalid("job '" + job + "': the ledger has no jobs yet; nowd records them when it starts");
  const auto near = nearest_name(job, names);
  return invalid("job '" + job + "': no such job in the ledger; " +
                 (near ? "did you mean '" + *near + "'?" : "nowctl jobs lists them"));
}

Json job_with_revision(Transaction& transaction, const JsonRows& rows, const JobName& job) {
  Json found{{"job", rows.first(transaction, sql::job, "job", {job})}};
  found["revision"] = rows.first(transaction, sql::revision_in_force, "revisions", {job});
  found["cursor"] = rows.first(transaction, sql::cursor, "job_cursor", {job});
  return found;
}

Json output_of(Transaction& transaction, const Value& run) {
  if (transaction.run(sql::may_read_bodies).rows[0][0] != "t") return nullptr;
  const pg::Table output = transaction.run(sql::output, {run});
  return output.empty() || !output.rows[0][0] ? Json() : Json(*output.rows[0][0]);
}

/// A dry run's messages show what would have been sent; to those who may read it.
void add_shown_messages(Transaction& t, const Value& run, Json& deliveries) {
  if (t.run(sql::may_read_messages).rows.at(0)[0] != "t") return;
  for (const Values& row : t.run(sql::shown_messages, {run}).rows)
    for (Json& delivery : deliveries)
      if (delivery["delivery"] == std::stoll(*row[0])) delivery["text"] = row[1].value_or("");
}

}  // namespace

struct LedgerReader::Impl {
  explicit Impl(const std::string& conninfo) : connection(conninfo, "nowctl") {}

  /// Runs a question in one snapshot. `action` takes the transaction and gives a Result.
  template <class Action>
  auto ask(Action action) {
    return ask_as(roles.reader, action);
  }
  /// The same, for questions whose answers hold texts.
  template <class Action>
  auto ask_for_texts(Action action) {
    return ask_as(roles.operator_, action);
  }
  template <class Action>
  auto ask_as(const std::string& role, Action action) {
    return pg::as_result([&] {
      Transaction transaction(connection);
      transaction.run_script(role + snapshot + limits());
      return action(transaction);
    });
  }

  /// Begins to change something.
  void become_operator(Transaction& transaction) const {
    if (!roles.operator_.empty()) transaction.run_script(roles.operator_);
  }

  /// Calls a function that gives one value.
  Result<Value> act(const pg::Statement& statement, const Values& values) {
    return pg::as_result([&]() -> Result<Value> {
      Transaction transaction(connection);
      become_operator(transaction);
      Value given = transaction.run(statement, values).rows.at(0).at(0);
      transaction.commit();
      return given;
    });
  }

  std::string limits() const {
    return patience ? "; set local statement_timeout = " + std::to_string(patience->count()) : "";
  }

  pg::Connection connection;
  pg::LookingRoles roles;
  std::optional<milliseconds> patience;
  std::optional<JsonRows> rows;
  std::map<std::string, std::string> beats;  ///< node → beat, as last seen
};

LedgerReader::LedgerReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LedgerReader::~LedgerReader() = default;
LedgerReader::LedgerReader(LedgerReader&&) noexcept = default;

Result<LedgerReader> LedgerReader::open(const std::string& conninfo, std::optional<milliseconds> patience) {
  return pg::as_result([&]() -> Result<LedgerReader> {
    auto impl = std::make_unique<Impl>(conninfo);
    impl->patience = patience;
    Transaction transaction(impl->connection);
    if (patience) transaction.run_script(impl->limits());
    if (transaction.run(sql::has_schema).rows[0][0] != "t")
      return invalid("the database has no schema nowd: make it with nowctl migrate, or name another with --database");
    impl->roles = pg::looking_roles(transaction);
    impl->become_operator(transaction);
    impl->rows.emplace(transaction);
    return LedgerReader(std::move(impl));
  });
}

Result<std::vector<Json>> LedgerReader::jobs() {
  return impl_->ask(
      [&](Transaction& t) -> Result<std::vector<Json>> { return impl_->rows->read(t, sql::jobs, "jobs"); });
}

Result<std::vector<std::string>> LedgerReader::job_names() {
  return impl_->ask([&](Transaction& t) -> Result<std::vector<std::string>> {
    std::vector<std::string> names;
    for (const Values& row : t.run(sql::standing_job_names).rows) names.push_back(row[0].value());
    return names;
  });
}

Result<std::vector<Json>> LedgerReader::runs(const RunsFilter& filter) {
  return impl_->ask([&](Transaction& t) -> Result<std::vector<Json>> {
    const Values values{text_of(filter.job), text_of(filter.since), text_of(filter.state),
                        std::to_string(filter.limit)};
    return impl_->rows->read(t, sql::runs, "runs", values);
  });
}

Result<std::vector<Json>> LedgerReader::deliveries(const DeliveriesFilter& filter) {
  return impl_->ask([&](Transaction& t) -> Result<std::vector<Json>> {
    const Value run = filter.run ? Value(std::to_string(filter.run->value)) : Value();
    return impl_->rows->read(t, sql::deliveries, "deliveries",
                             {filter.job, filter.sink, filter.state, run, std::to_string(filter.limit)});
  });
}

Result<std::vector<Json>> LedgerReader::standing() {
  return impl_->ask([](Transaction& t) -> Result<std::vector<Json>> {
    std::vector<Json> found;
    for (const Values& row : t.run(sql::standing).rows) {
      Result<Json> job = parse_json(row[0].value());
      if (!job) return job.error();
      found.push_back(std::move(*job));
    }
    return found;
  });
}

Result<std::vector<Json>> LedgerReader::spend(const CallsFilter& filter) {
  return impl_->ask([&](Transaction& t) -> Result<std::vector<Json>> {
    return impl_->rows->read(t, sql::spend, "spend_by_job", {filter.job, rfc3339(filter.since)});
  });
}

Result<std::vector<Json>> LedgerReader::stops(const CallsFilter& filter) {
  return impl_->ask([&](Transaction& t) -> Result<std::vector<Json>> {
    return impl_->rows->read(t, sql::stops, "inference_stops", {filter.job, rfc3339(filter.since)});
  });
}

Result<Json> LedgerReader::run(RunId id) {
  return impl_->ask_for_texts([&](Transaction& t) -> Result<Json> {
    const JsonRows& rows = *impl_->rows;
    const Value run = std::to_string(id.value);
    Json found{{"run", rows.first(t, sql::run, "run", {run})}};
    if (found["run"].is_null())
      return invalid("run " + *run + ": no such run in the ledger; nowctl runs lists the newest");
    found["clocks"] = rows.first(t, sql::run_clocks, "run_clocks", {run});
    found["inference"] = rows.read(t, sql::inference, "inference", {run});
    found["tool_calls"] = rows.read(t, sql::tool_calls, "tool_call", {run});
    found["readings"] = rows.read(t, sql::readings, "clock_reading", {run});
    found["occurrence"] = rows.first(t, sql::occurrence_of_run, "occurrence", {run});
    found["request"] = rows.first(t, sql::request_of_run, "request", {run});
    found["revision"] = rows.first(t, sql::revision_of_run, "revisions", {run});
    found["node"] = rows.first(t, sql::node_of_run, "node", {run});
    found["deliveries"] = rows.read(t, sql::deliveries, "deliveries", {{}, {}, {}, run, "1000"});
    found["gates"] = rows.read(t, sql::gates, "gates", {run});
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
    if (rows.first(t, sql::run, "run", {run}).is_null())
      return invalid("run " + *run + ": no such run in the ledger; nowctl runs lists the newest");
    if (rows.hides("body"))
      return refused("run " + *run + ": you may not read texts; a superuser grants it: grant nowd_operator to ROLE");
    return Json{{"run", id.value},
                {"inference", rows.read(t, sql::inference, "inference", {run})},
                {"tool_calls", rows.read(t, sql::tool_calls, "tool_call", {run})},
                {"bodies", rows.read(t, sql::bodies, "body", {run})}};
  });
}

Result<Json> LedgerReader::job(const JobName& job) {
  return impl_->ask([&](Transaction& t) -> Result<Json> {
    Json found = job_with_revision(t, *impl_->rows, job);
    if (found["job"].is_null()) return no_such_job(t, job);
    return found;
  });
}

Result<Json> LedgerReader::job_clocks(const JobClocksQuestion& question) {
  return impl_->ask([&](Transaction& t) -> Result<Json> {
    Json found = pg::job_clocks(t, *impl_->rows, question);
    if (found.is_null()) return no_such_job(t, question.job);
    return found;
  });
}

Result<Json> LedgerReader::job_overview() {
  return impl_->ask(
      [&](Transaction& t) -> Result<Json> { return Json(impl_->rows->read(t, sql::job_overview, "job_overview")); });
}

Result<std::vector<Json>> LedgerReader::verify(Instant since, const std::optional<JobName>& job) {
  return impl_->ask([&](Transaction& t) -> Result<std::vector<Json>> {
    return impl_->rows->read(t, sql::verify, "clock_reading", {rfc3339(since), text_of(job)});  // that has an "at", too
  });
}

Result<Json> LedgerReader::verified(Instant since, const std::optional<JobName>& job) {
  return impl_->ask([&](Transaction& t) -> Result<Json> {
    return parse_json(t.run(sql::verified, {rfc3339(since), text_of(job)}).rows.at(0)[0].value());
  });
}

Result<std::vector<Json>> LedgerReader::audit_schedules(Instant since, const std::optional<JobName>& job,
                                                        const ScheduleReader& read) {
  return impl_->ask(
      [&](Transaction& t) -> Result<std::vector<Json>> { return pg::audit_schedules(t, since, job, read); });
}

Result<Json> LedgerReader::gauges() {
  return impl_->ask([&](Transaction& t) -> Result<Json> { return pg::gauges(t); });
}

Result<Json> LedgerReader::why(const JobName& job, Instant at) {
  return impl_->ask([&](Transaction& t) -> Result<Json> {
    const JsonRows& rows = *impl_->rows;
    Json found = job_with_revision(t, rows, job);
    if (found["job"].is_null()) return no_such_job(t, job);
    const Values values{job, rfc3339(at)};
    found["fate"] = rows.read(t, sql::fate, "occurrence_fate", values);
    found["manual_runs"] = rows.read(t, sql::manual_runs, "runs", values);
    const pg::Table decided = t.run(sql::decided, values);
    found["decided"] = decided.empty() ? Json() : Json::parse(decided.rows[0][0].value());
    found["served_by"] = rows.first(t, sql::served_by, "occurrence_fate", values);
    return found;
  });
}

Result<std::vector<Json>> LedgerReader::retention(const std::optional<JobName>& job) {
  return impl_->ask([&](Transaction& t) -> Result<std::vector<Json>> {
    return impl_->rows->read(t, sql::retention, "retention", {text_of(job)});
  });
}

Result<Pruned> LedgerReader::prune(const std::optional<JobName>& job, bool dry_run) {
  return pg::as_result([&]() -> Result<Pruned> {
    Pruned all;
    do {
      Transaction transaction(impl_->connection);
      impl_->become_operator(transaction);
      all += pg::prune(transaction, job, {.batch = rows_per_prune, .dry_run = dry_run, .wait = true});
      transaction.commit();
    } while (all.more);
    return all;
  });
}

Result<int> LedgerReader::drop_empty_months() {
  return pg::as_result([&]() -> Result<int> {
    Transaction transaction(impl_->connection);
    impl_->become_operator(transaction);
    const int dropped = pg::drop_empty_months(transaction);
    transaction.commit();
    return dropped;
  });
}

Result<std::int64_t> LedgerReader::request_run(const RunRequest& request) {
  return pg::as_result([&]() -> Result<std::int64_t> {
    Transaction transaction(impl_->connection);
    impl_->become_operator(transaction);
    const pg::Table made = transaction.run(
        sql::request_run, {request.job, text_of(request.as_of), text_of(request.effects), request.input,
                           text_of(std::optional(request.dry_run)), text_of(std::optional(request.even_if_paused)),
                           text_of(request.deliver), text_of(request.start_followers)});
    transaction.commit();
    return std::stoll(made.rows[0][0].value());
  });
}

Result<void> LedgerReader::pause(const JobName& job, const std::string& reason) {
  const Result<Value> paused = impl_->act(sql::pause, {job, reason});
  if (!paused) return paused.error();
  return boost::system::in_place_value;
}

Result<std::int64_t> LedgerReader::resume(const JobName& job) {
  const Result<Value> skipped = impl_->act(sql::resume, {job});
  if (!skipped) return skipped.error();
  return std::stoll(skipped->value());
}

Result<Instant> LedgerReader::skip_next(const ComputedOccurrences& next, const std::string& reason) {
  const Value why = reason.empty() ? Value() : Value(reason);
  const Result<Value> skipped = impl_->act(sql::skip_next, {next.job, why, computed_rows(next)});
  if (!skipped) return skipped.error();
  return pg::parse_timestamptz(skipped->value());
}

Result<std::int64_t> LedgerReader::accept(const std::string& cause, const std::string& reason) {
  const Result<Value> ended = impl_->act(cause == "clock" ? sql::accept_clock : sql::accept_ledger, {reason});
  if (!ended) return ended.error();
  return std::stoll(ended->value());
}

Result<JobName> LedgerReader::cancel(RunId run, const std::string& reason) {
  const Result<Value> job = impl_->act(sql::cancel, {std::to_string(run.value), reason});
  if (!job) return job.error();
  return job->value();
}

Result<Instant> LedgerReader::undo_skip(const JobName& job) {
  const Result<Value> undone = impl_->act(sql::undo_skip, {job});
  if (!undone) return undone.error();
  return pg::parse_timestamptz(undone->value());
}

Result<std::vector<Instant>> LedgerReader::skipped(const JobName& job) {
  return impl_->ask([&](Transaction& t) -> Result<std::vector<Instant>> {
    std::vector<Instant> found;
    for (const Values& row : t.run(sql::skipped, {job}).rows) found.push_back(pg::parse_timestamptz(row[0].value()));
    return found;
  });
}

Result<JobName> LedgerReader::cancel_request(std::int64_t request, const std::string& reason) {
  const Result<Value> job = impl_->act(sql::cancel_request, {std::to_string(request), reason});
  if (!job) return job.error();
  return job->value();
}

Result<std::vector<Json>> LedgerReader::waiting_requests(const std::optional<JobName>& job) {
  return impl_->ask([&](Transaction& t) -> Result<std::vector<Json>> {
    return impl_->rows->read(t, sql::waiting_requests, "requests", {text_of(job)});
  });
}

Result<std::vector<Json>> LedgerReader::backfill(const ComputedOccurrences& past, const Backfilling& how) {
  return pg::as_result([&]() -> Result<std::vector<Json>> {
    Transaction transaction(impl_->connection);
    impl_->become_operator(transaction);
    const pg::Table made =
        transaction.run(sql::backfill, {past.job, computed_rows(past), text_of(std::optional(how.effects)),
                                        text_of(std::optional(how.dry_run)), text_of(std::optional(how.deliver)),
                                        text_of(std::optional(how.start_followers))});
    transaction.commit();
    std::vector<Json> rows;
    for (const Values& row : made.rows)
      rows.push_back({{"scheduled_at", rfc3339(pg::parse_timestamptz(row[0].value()))},
                      {"what", row[1].value()},
                      {"was", row[2] ? Json(*row[2]) : Json()}});
    return rows;
  });
}

Result<bool> LedgerReader::is_served() {
  return impl_->ask([&](Transaction& t) -> Result<bool> {
    const pg::Table beats = t.run(sql::beats);
    return std::any_of(beats.rows.begin(), beats.rows.end(), [](const Values& row) { return row[2] == "t"; });
  });
}

Result<Json> LedgerReader::request_state(std::int64_t request) {
  return impl_->ask_for_texts([&](Transaction& t) -> Result<Json> {
    const Value number = std::to_string(request);
    Json state{{"request", impl_->rows->first(t, sql::request, "request", {number})}};
    if (state["request"].is_null()) return invalid("request " + *number + ": no such request in the ledger");
    state["run"] = impl_->rows->first(t, sql::newest_run_of_request, "runs", {number});
    state["in_the_way"] = impl_->rows->first(t, sql::in_the_way_of_request, "runs", {number});
    int alive = 0;
    for (const Values& row : t.run(sql::beats).rows) {
      const auto [seen, is_new] = impl_->beats.try_emplace(row[0].value(), row[1].value());
      const bool moved = !is_new && seen->second != row[1].value();
      seen->second = row[1].value();
      if (moved || row[2] == "t") ++alive;
    }
    state["daemons_alive"] = alive;
    return state;
  });
}

}  // namespace nowd
