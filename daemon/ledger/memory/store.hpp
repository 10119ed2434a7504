// The tables of a ledger in memory, as the schema `nowd` in Postgres. Values only; MemoryLedger acts on them.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/planning/plan_ahead.hpp"
#include "ledger/memory/occurrences.hpp"
#include "ledger/memory/outbox.hpp"
#include "ledger/memory/runs.hpp"
#include "ledger/records.hpp"

namespace nowd::memory {

struct JobRow {
  std::string revision;
  std::optional<std::string> lane;
  bool retired = false;
  std::optional<Instant> paused_at;
  std::optional<Instant> resumed_at;         ///< occurrences due until then get no catch-up
  std::optional<Instant> succeeded_through;  ///< end of the window of its last success
  std::optional<Instant> succeeded_at;       ///< when that ended
};

struct CursorRow {
  std::string schedule_revision;
  Instant planned_from;
  Instant through;  ///< Invariant: only grows, but for another schedule
  std::optional<Instant> next_at;
};

/// A request for a run, by a person or by the success of another run.
struct Request {
  JobName job;
  Instant scheduled_at;
  Instant requested_at;
  bool effects = true;
  bool dry_run = false;
  std::string input;
  std::optional<RunId> after_run;
  std::optional<Instant> window_start;
  bool asked = true;              ///< by a person or a program; or it follows a run that was
  bool even_if_paused = false;    ///< a pause does not hold it
  bool deliver = true;            ///< its output may go out
  bool starts_followers = true;   ///< its success asks for more runs
  std::string state = "planned";  ///< planned, claimed, done, refused
  std::string reason;             ///< why it was refused
  int attempts = 0;
  std::int64_t fence = 0;
  std::optional<RunId> run;  ///< its newest
};

struct NodeRow {
  bool alive = true;
  std::int64_t beat = 0;
};

/// Money for the model calls of a job on one UTC day: reserved before a call, spent after it. The reservation of a call
/// without an answer stays.
struct BudgetRow {
  Usd reserved, spent;
};

struct Store {
  std::map<JobName, JobRow> jobs;
  std::map<JobName, CursorRow> cursors;
  std::map<std::pair<JobName, std::string>, std::string> specs;  ///< (job, revision) → canonical spec
  std::map<JobName, std::vector<MissedRange>> ranges;
  std::map<std::int64_t, Request> requests;
  /// Planned requests by job. Invariant: set_state makes every change of a state.
  std::map<JobName, std::set<std::int64_t>> waiting;
  std::map<Uuid, NodeRow> nodes;
  std::map<std::array<std::string, 3>, AccountRow> keys;
  Occurrences occurrences;
  Runs runs;
  OutboxRows outbox;
  std::map<std::pair<JobName, std::int64_t>, BudgetRow> budgets;  ///< by job and day since 1970
  std::map<std::pair<RunId, int>, std::int64_t> reserved_on;      ///< day of a call with a reservation
  std::string identity = "00000000-0000-4000-8000-000000000000";

  /// Distinct within this store, and the same in every repetition.
  Uuid fresh_uuid();
  std::int64_t ask(Request request);  ///< gives its number
  void set_state(std::int64_t request, const std::string& state, const std::string& reason = "");

 private:
  std::int64_t last_uuid_ = 0;
};

/// A pause and its end, as nowd.pause() and nowd.resume(): no occurrence during the pause fires. Requires: the job
/// exists.
void pause(Store& store, const JobName& job, Instant now);
void resume(Store& store, const JobName& job, Instant now);

}  // namespace nowd::memory
