// Reads the ledger for people, and acts for them: the side of nowctl. Synchronous; uses the rights of the person.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/schedule/schedule.hpp"
#include "foundation/error.hpp"
#include "foundation/ids.hpp"
#include "foundation/json.hpp"
#include "foundation/time/time.hpp"
#include "ledger/pruning.hpp"
#include "ledger/records.hpp"

namespace nowd {

struct RunsFilter {
  std::optional<JobName> job;
  std::optional<Instant> since;  ///< by scheduled_at
  std::optional<std::string> state;
  int limit = 50;
};

struct DeliveriesFilter {
  std::optional<JobName> job;
  std::optional<std::string> sink, state;
  std::optional<RunId> run;
  int limit = 50;
};

struct CallsFilter {
  std::optional<JobName> job;
  Instant since;  ///< the whole UTC day of this instant counts
};

/// A request for a run (nowctl run).
struct RunRequest {
  JobName job;
  std::optional<Instant> as_of;
  std::optional<bool> effects;
  std::optional<std::string> input;  ///< JSON
  bool dry_run = false;
  bool even_if_paused = false;
  // Default: true, but false if as_of is set.
  std::optional<bool> deliver = {}, start_followers = {};
};

/// Options of a backfill.
struct Backfilling {
  bool effects = false, deliver = false, start_followers = false;
  bool dry_run = false;  ///< the runs make no effects and show them
};

/// Occurrences of a job as its schedule in force names them.
struct ComputedOccurrences {
  struct Row {
    Occurrence occurrence;
    Instant due_at;
    Instant previous;  ///< the occurrence before it: start of its window
  };
  JobName job;
  std::vector<Row> rows;
  Zone zone = Zone::utc();
  std::string schedule_revision;
};

/// Reads the schedule of a canonical spec.
using ScheduleReader = std::function<Result<Schedule>(const std::string& spec)>;

/// Selects the runs for a report on a job's clocks.
struct JobClocksQuestion {
  JobName job;
  Instant since;           ///< by scheduled_at
  int max_runs = 100'000;  ///< the newest of them
  int recent = 0;          ///< number of runs that are listed one by one
};

/// Each row is a JSON object with the view's field names; instants are RFC 3339 in UTC with Z, intervals are seconds as
/// a number ("dispatch_lag": 4.012), NULL is null.
class LedgerReader {
 public:
  /// Errors: `unavailable` (no server), `refused` (login), `invalid` (no schema nowd; see `nowctl migrate`).
  /// A statement that takes longer than `patience` is cancelled: `unavailable`. None: no limit.
  static Result<LedgerReader> open(const std::string& conninfo, std::optional<milliseconds> patience = {});
  ~LedgerReader();
  LedgerReader(LedgerReader&&) noexcept;

  Result<std::vector<Json>> jobs();
  Result<std::vector<std::string>> job_names();  ///< of those that are not retired
  Result<std::vector<Json>> runs(const RunsFilter& filter);
  Result<std::vector<Json>> deliveries(const DeliveriesFilter& filter);
  Result<std::vector<Json>> spend(const CallsFilter& filter);  ///< spend_by_job, one row per job
  Result<std::vector<Json>> stops(const CallsFilter& filter);  ///< inference_stops, summed over days
  /// The run with everything that belongs to it: {"run": {…}, "clocks": {… run_clocks}, "inference": [...],
  /// "tool_calls": [...], "readings": [...], "gates": [...], "occurrence": {…} or null, "request": {…} or null,
  /// "deliveries": [...], "output": text or null, "texts_hidden": whether this role may read no texts: then they are
  /// null or absent}. Errors: `invalid` if there is no such run.
  Result<Json> run(RunId run);
  /// The texts of a run: {"run": n, "inference": […], "tool_calls": […], "bodies": [{"part", "seq", "content"}]}.
  /// Errors: `invalid` if there is no such run; `refused` without the right to read texts.
  Result<Json> texts(RunId run);
  /// The fate of (job, at): rows of occurrence_fate that contain `at`, the job's cursor and state, for `why`.
  Result<Json> why(const JobName& job, Instant at);
  /// {"job", "since", "zone", "overview": {… job_overview}, "runs": n, "gaps": [{"gap", "runs", "p50", "p95", "p99",
  /// "worst"}], "verdicts":
  /// [{"verdict", "runs"}], "remote_clocks": [… clock_skew], "model_beliefs": [...], "recent": [… run_gaps]}. Gaps and
  /// verdicts are of scheduled runs and catch-ups. Errors: `invalid` if there is no such job.
  Result<Json> job_clocks(const JobClocksQuestion& question);
  /// Rows of nowd.job_overview, as an array.
  Result<Json> job_overview();
  /// Findings of nowd.verify: {"check", "run", "job", "at", "detail"}, by check and run.
  Result<std::vector<Json>> verify(Instant since, const std::optional<JobName>& job);
  /// The number of rows that verify() examines: {"runs", "model_calls", "tool_calls", "occurrences"}.
  Result<Json> verified(Instant since, const std::optional<JobName>& job);
  /// Findings of the same form that nowd.verify cannot make: occurrences that the schedules in force since then name
  /// but the ledger lacks, and rows that no schedule explains.
  Result<std::vector<Json>> audit_schedules(Instant since, const std::optional<JobName>& job,
                                            const ScheduleReader& read);
  /// Figures for /metrics: {"due": n, "due_age": seconds or null, "outbox": [{"sink", "messages", "age": seconds}]}.
  Result<Json> gauges();
  Result<Json> job(const JobName& job);  ///< job, its revision and spec; `invalid` if unknown (names the nearest)

  /// Active jobs: {"job", "paused", "spec", "usual"}, the last how long its successful runs take, in seconds (the
  /// median of the last 50) or null.
  Result<std::vector<Json>> standing();

  /// Jobs with a retention, or one of them: {"job", "bodies", "runs"}, each how long it is kept in seconds or null.
  Result<std::vector<Json>> retention(const std::optional<JobName>& job);
  /// Applies a job's retention, or counts the rows that it would delete. Works in batches: if one fails, the batches
  /// before it remain deleted. Without a job: messages about several jobs or none.
  Result<Pruned> prune(const std::optional<JobName>& job, bool dry_run);
  Result<int> drop_empty_months();

  /// Asks for a run (nowd.run). Gives the number of the request.
  Result<std::int64_t> request_run(const RunRequest& request);
  /// Actions (nowd.pause and others). Errors: `invalid` (no such job or run, or not possible in its state), `refused`
  /// (not a member of nowd_operator). Each message has the remedy.
  Result<void> pause(const JobName& job, const std::string& reason);
  Result<std::int64_t> resume(const JobName& job);  ///< number of waiting occurrences that the pause skipped
  /// Skips the first occurrence still to come; `next` are those the schedule names. Gives which it was.
  Result<Instant> skip_next(const ComputedOccurrences& next, const std::string& reason);
  /// Ends the holds of a cause; returns their number. Requires: clock or ledger.
  Result<std::int64_t> accept_hold(HoldCause cause, const std::string& reason);
  /// Takes back the latest of these skips; gives which.
  Result<Instant> undo_skip(const JobName& job);
  /// The future occurrences that a person skipped, in order.
  Result<std::vector<Instant>> skipped(const JobName& job);
  Result<JobName> cancel(RunId run, const std::string& reason);  ///< gives the run's job; the run has not ended by then
  Result<JobName> cancel_request(std::int64_t request, const std::string& reason);  ///< gives its job
  /// Rows of nowd.requests that wait to be taken, the oldest first.
  Result<std::vector<Json>> waiting_requests(const std::optional<JobName>& job);
  /// {"scheduled_at", "what": "new" | "again" | "left alone", "was"} for each of at most 10 000 past occurrences.
  Result<std::vector<Json>> backfill(const ComputedOccurrences& past, const Backfilling& how);

  /// The newest run of a request and the request's state: {"request": {…}, "run": {…} or null, "in_the_way": a live run
  /// of its lane, while it is not taken, or null, "daemons_alive": n}.
  /// `daemons_alive` counts nodes with a beat that changed since the last call on this reader, or is younger
  /// than 4.5 s.
  Result<Json> request_state(std::int64_t request);
  /// Whether any daemon has beaten in the last 4.5 s.
  Result<bool> is_served();

 private:
  struct Impl;
  explicit LedgerReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace nowd
