// The ledger: the durable memory of everything nowd decided and saw. See docs/ledger.md.
//
// Authority: the *database* decides when an occurrence is due (its clock_timestamp()) and which daemon may write to a
// run (fence and claim id); the *schedule* decides which occurrences are planned; a decision of this process counts
// only once it is committed. Each transaction of a daemon is also its heartbeat: a compare-and-set on its beat counter.
// Therefore a commit without an answer is looked up by reading that counter again, and a daemon that others have
// declared dead cannot commit any more.
//
// States of an occurrence:
//
//   planned ──► claimed ──► done            claimed ──► planned (its run was orphaned, or its deferral is over)
//      └──────► skipped · missed · coalesced · superseded · withdrawn (──► planned, when the schedule comes back)
//
// States of a request: planned ──► claimed ──► done, and claimed ──► planned as above; planned ──► refused, with the
// reason: paused · overlap (runs after another job's) · rescheduled (the job no longer runs after that one) · retired ·
// unreadable.
//
// A row that cannot be read, and a run that the schema refuses, are closed (unreadable); the others are claimed.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/planning/claim.hpp"
#include "domain/planning/judge.hpp"
#include "domain/policy/budget.hpp"
#include "domain/run/facts.hpp"
#include "ledger/records.hpp"

namespace nowd {

/// A request of a person or a rule to end a live run of this daemon.
struct CancelRequest {
  RunId run;
  std::string by;
  std::string reason;
  bool operator==(const CancelRequest&) const = default;
};

struct Written {
  bool fenced = false;             ///< another daemon owns or ended the run: nothing was written; stop at once
  std::optional<Usd> spent_today;  ///< after a reservation: reserved and spent by the job on this UTC day
};

/// How far a job is planned.
struct Cursor {
  JobName job;
  std::optional<Instant> next_at;  ///< the first occurrence that is not planned yet; none: the schedule is over
  bool held = false;               ///< another daemon has a newer revision and serves the job
};

/// Operations complete when they are committed. While the database is away they wait, in order; none is dropped. They
/// fail with `unavailable` only while the ledger stops. Requires: called from the thread of the io_context.
class Ledger {
 public:
  virtual ~Ledger() = default;

  /// Records facts of one run, all or none; writes that other callers queue at the same time share the commit.
  virtual boost::asio::awaitable<Result<Written>> write_facts(Claim claim, Facts facts) = 0;

  /// Updates the ledger's jobs from the snapshot: new revisions, retired jobs (in the files of no daemon), and cursors
  /// of changed schedules, which start now (their future occurrences are withdrawn; no occurrence before now fires).
  /// Jobs of which another live daemon has a newer revision are left to that daemon. Returns the cursors of jobs with a
  /// schedule, and of all jobs left to others. Call it again with the same snapshot to re-check which jobs are still
  /// left to others.
  virtual boost::asio::awaitable<Result<std::vector<Cursor>>> load_jobs(JobsSnapshot jobs) = 0;

  /// The canonical forms of the revisions in force, without retired jobs. Used for broken files, and for schedules with
  /// `at` in the past.
  virtual boost::asio::awaitable<Result<std::map<JobName, std::string>>> accepted() = 0;

  /// Plans the occurrences of these jobs up to `horizon` after the database's now. The answer leaves out jobs that
  /// another daemon is planning at this moment, and is empty during a hold. Jobs with a newer revision elsewhere are
  /// not planned.
  virtual boost::asio::awaitable<Result<std::vector<Cursor>>> plan_jobs(JobsSnapshot jobs, std::vector<JobName> names,
                                                                        seconds horizon) = 0;

  /// Recomputes the future occurrences of jobs with new zone rules in the snapshot, and logs each that moved. Returns
  /// the same as plan_jobs().
  virtual boost::asio::awaitable<Result<std::vector<Cursor>>> rezone(JobsSnapshot jobs, std::vector<JobName> names) = 0;

  /// Claims at most `limit` due runs, requests first; judge() decides about each candidate. Jobs outside the snapshot
  /// are not claimed.
  struct Claimed {
    std::vector<ClaimedRun> runs;
    int closed = 0;                   ///< skipped or missed occurrences, and refused requests
    bool more = false;                ///< more may be due: claim again when a run can start
    std::optional<Instant> next_due;  ///< due time of the earliest planned occurrence after now
    Instant database_now;
    std::optional<Held> held;  ///< the hold because of which nothing was claimed
  };
  virtual boost::asio::awaitable<Result<Claimed>> claim_due(JobsSnapshot jobs, int limit) = 0;

  /// Outputs of succeeded runs, for templates: of the job's newest run before `claimed`, and of the run it follows.
  struct Outputs {
    std::optional<std::string> previous, after;
  };
  virtual boost::asio::awaitable<Result<Outputs>> outputs(ClaimedRun claimed) = 0;

  /// The runs that this process serves and the deliveries that it is sending.
  struct Serving {
    std::set<RunId> runs;
    std::set<std::int64_t> messages;
  };
  /// Beats, ends the runs of dead daemons, and wakes deferred runs. With `serving`, it also ends runs and releases
  /// deliveries that the ledger assigns to this daemon but that were missing in `serving` of two sweeps in a row: a run
  /// that was lost here (its end was refused, its task failed) does not keep its job waiting.
  struct Sweep {
    int ended_runs = 0;                  ///< their occurrences may be due now
    std::vector<CancelRequest> cancels;  ///< of this daemon's live runs; repeated until they have ended
    Instant database_now;                ///< read in the beat's transaction
    Reading around;  ///< this host's clock at the middle of that round trip; uncertainty = half of it
  };
  virtual boost::asio::awaitable<Result<Sweep>> sweep(std::optional<Serving> serving = {}) = 0;

  /// The boot time before the last confirmed beat was sent (for /readyz). It says nothing about a run: a daemon that was
  /// declared dead beats again as another node.
  virtual Tick confirmed() const = 0;
  /// The ledger's identity, part of every idempotency key.
  virtual const std::string& identity() const = 0;
  /// Whether the last transaction succeeded (for /readyz).
  virtual bool reachable() const = 0;
};

}  // namespace nowd
