// The ledger: the durable memory of everything nowd decided and saw.
//
// Who is authoritative for what: the *database* decides when an occurrence is due (its clock_timestamp()) and who may
// write to a run (fence and claim id); the *schedule* decides what is planned; this process decides nothing that it has
// not committed. Each transaction of a daemon is also its heartbeat: a compare-and-set on its beat counter. So a commit
// whose answer was lost is looked up by reading that counter again, and a daemon that others have declared dead can
// commit nothing more.
//
// States of an occurrence:
//
//   planned ──► claimed ──► done            claimed ──► planned (its run was orphaned, or its time aside is over)
//      └──────► skipped · missed · coalesced · superseded · withdrawn (──► planned, when the schedule comes back)
//
// States of a request: planned ──► claimed ──► done, and claimed ──► planned as above; planned ──► refused, with the
// reason: paused · overlap (runs after another job's) · rescheduled (it follows that job no more) · retired ·
// unreadable.
//
// A row that cannot be read, and a run that the schema refuses, are set aside (unreadable); the others are claimed.
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

/// Somebody wants a live run of ours to end.
struct CancelRequest {
  RunId run;
  std::string by;
  std::string reason;
  bool operator==(const CancelRequest&) const = default;
};

struct Written {
  bool fenced = false;  ///< the run is not ours any more (another daemon ended it): nothing was written; stop at once
  std::optional<Usd> spent_today;  ///< where a call was reserved: what the job's calls of this UTC day come to
};

/// Where the planning of a job stands.
struct Cursor {
  JobName job;
  std::optional<Instant> next_at;  ///< the first occurrence that is not planned yet; nothing = the schedule is over
  bool held = false;               ///< another daemon has a newer revision: the job is left to it
};

/// Operations complete when they are committed: while the database is away they wait, in order, and nothing is dropped.
/// They fail with `unavailable` only when the ledger is being stopped. Called from the io_context's thread.
class Ledger {
 public:
  virtual ~Ledger() = default;

  /// Records facts of one run, all or none, together with whatever other callers queue at the same time.
  virtual boost::asio::awaitable<Result<Written>> write(Claim claim, Facts facts) = 0;

  /// Brings the ledger's jobs in line with the snapshot: new revisions, retired jobs (in no daemon's files any more),
  /// cursors of changed schedules set to now (their future rows withdrawn; nothing fires, nothing is lost). Jobs of
  /// which another live daemon has a newer revision are held. Gives the cursors of the jobs that have a schedule, and
  /// of all that are held. The same snapshot again: a look whether those are still held.
  virtual boost::asio::awaitable<Result<std::vector<Cursor>>> load(JobsSnapshot jobs) = 0;

  /// The canonical specs of the revisions in force, retired jobs left out. For files that broke, and for `at` that is
  /// over.
  virtual boost::asio::awaitable<Result<std::map<JobName, std::string>>> accepted() = 0;

  /// Plans the occurrences of these jobs up to `horizon` after database now.
  /// Jobs that another daemon is planning at this moment are left out of the answer, and all of them while dispatch is
  /// held; those of newer files elsewhere are left alone.
  virtual boost::asio::awaitable<Result<std::vector<Cursor>>> plan(JobsSnapshot jobs, std::vector<JobName> names,
                                                                   seconds horizon) = 0;

  /// Recomputes what is still to come of these jobs, whose zones have new rules in the snapshot; logs what moved. The
  /// answer is as of plan().
  virtual boost::asio::awaitable<Result<std::vector<Cursor>>> rezone(JobsSnapshot jobs, std::vector<JobName> names) = 0;

  /// Claims what is due, requests first, at most `limit` runs, judging each candidate by judge(). Jobs that are not in
  /// the snapshot are left alone.
  struct Claimed {
    std::vector<ClaimedRun> runs;
    int closed = 0;                   ///< occurrences that were skipped or missed, and requests that were refused
    bool more = false;                ///< more may be due: claim again once there is room
    std::optional<Instant> next_due;  ///< the earliest planned occurrence still to come
    Instant database_now;
    std::optional<Held> held;  ///< nothing was claimed, and why
  };
  virtual boost::asio::awaitable<Result<Claimed>> claim(JobsSnapshot jobs, int limit) = 0;

  /// Outputs of succeeded runs, for templates: of the job's newest one before `claimed`, and of the run it follows.
  struct Outputs {
    std::optional<std::string> previous, after;
  };
  virtual boost::asio::awaitable<Result<Outputs>> outputs(ClaimedRun claimed) = 0;

  /// What this process has in hand: runs that it serves, messages that it is sending.
  struct Serving {
    std::set<RunId> runs;
    std::set<std::int64_t> messages;
  };
  /// Beats, when nothing else has for a while, ends what dead daemons left, and wakes what was put aside. With
  /// `serving`, it ends in the same way what is this daemon's and stood in no `serving` of two sweeps in a row: a run
  /// that was lost here (its end was refused, its task broke) keeps no job waiting.
  struct Sweep {
    int ended_runs = 0;                  ///< their occurrences may be due at once
    std::vector<CancelRequest> cancels;  ///< of this daemon's live runs; given again until they have ended
    Instant database_now;                ///< read in the beat's transaction
    Reading around;  ///< this host's clock at the middle of that round trip; uncertainty = half of it
  };
  virtual boost::asio::awaitable<Result<Sweep>> sweep(std::optional<Serving> serving = {}) = 0;

  /// The boot time before the last confirmed beat was sent: until 12 s later nobody can have declared us dead.
  virtual Tick confirmed() const = 0;
  /// The ledger's identity, part of every idempotency key.
  virtual const std::string& identity() const = 0;
  /// Whether the last transaction succeeded (for /readyz).
  virtual bool reachable() const = 0;
};

}  // namespace nowd
