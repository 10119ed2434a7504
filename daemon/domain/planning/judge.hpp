// What becomes of occurrences that are due: a pure rule, asked in the transaction that claims them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/job/job.hpp"
#include "domain/planning/unwatched.hpp"
#include "domain/prompt/run_time.hpp"

namespace nowd {

/// A due occurrence, or a request for a run, as the ledger knows it.
struct Candidate {
  JobName job;
  RunKind kind = RunKind::scheduled;
  Instant scheduled_at;
  Instant due_at;
  std::optional<Instant> planned_window_start;  ///< scheduled: the previous occurrence; after: the leader's window
  std::optional<Instant> succeeded_through;     ///< end of the job's last succeeded window
  int attempts = 0;                             ///< runs started for it so far
  bool busy = false;                            ///< a run in the job's lane is live
  bool making_up = false;                       ///< and it is a catch-up or backfill of this job
  bool other_job = false;                       ///< and it is another job's, of the same concurrency_key
  bool paused = false;
  bool even_if_paused = false;  ///< a request that a pause does not hold
  /// A person or a program asked for it, or for the run that it follows: it waits for its turn, and is never skipped.
  bool asked = false;
  bool buffered = false;      ///< it was due while the lane was busy, and waits
  Instant now;                ///< database time, in the claiming transaction
  bool seen_on_time = false;  ///< this daemon looked while it was not late yet, and could not take it
  bool unseen = false;        ///< this daemon could not look when it fell due: what was live then may have ended since
  /// Why nobody looked when it fell due, where the clocks say it: "suspended" | "clock_jump".
  std::optional<std::string> unwatched;

  bool operator==(const Candidate&) const = default;
};

struct Judgement {
  enum class What {
    run,     ///< start it; `window_start` is set
    leave,   ///< not now: ask again later
    buffer,  ///< it waits for the run that is live; `cancel_running`: which is to be ended for it
    close,   ///< it will not run: `state` and `reason` say why
  };
  What what = What::leave;
  std::string state;   ///< close: missed | skipped | coalesced | superseded
  std::string reason;  ///< close: down | suspended | clock_jump | limit | overlap | window | cutoff | paused
  Instant window_start;
  std::optional<Instant> coalesced_into;  ///< close: the occurrence that serves it too
  bool catch_up = false;                  ///< it is made up for later: behind live work
  bool cancel_running = false;
  bool operator==(const Judgement&) const = default;
};

/// Judges all due candidates of one job together, in the order given (oldest first); one judgement each.
///
/// Lateness counts from due_at; up to `grace` is on time. Later: as the job's MissedRules say. A start again after a
/// crash may be up to `restart_window` late. While a run of the job's lane is live: as its OverlapRules say; a manual
/// run, a catch-up and a backfill wait, and the newest on-time one waits for a catch-up, a backfill and a run of
/// another job rather than be skipped. What fell due while nobody could look is not skipped for a live run either: it
/// is judged as missed (where that is `skip`, the newest waits if it is on time). Of several that are on time at
/// once (seconds apart, after a short absence) the newest runs and the others are judged as missed, unless each is to
/// run (overlap: buffer_all or allow). Where an on-time one starts and the policy is `latest`, it runs for all that was
/// missed before it. Runs after another job's: the newest waits while it cannot start, as many as `max` with
/// buffer_all; the others are skipped. A pause skips occurrences and runs after another job's; manual runs and
/// backfills wait for its end. Invariant: at most one of them is to run, unless overlap is allowed.
std::vector<Judgement> judge(const std::vector<Candidate>& due, const Job& job);

/// Why a start at `now` is too late for good: "window" or "cutoff"; or nothing. `day`: the slot's.
std::optional<std::string> too_late(const MissedRules& rules, const Zone& zone, LocalDay day, Instant due_at,
                                    Instant now);

/// The start of a manual run's window: where the last success ended, else local midnight of its day.
Instant manual_window_start(const Candidate& candidate, const Zone& zone);

/// What is inserted when a job's schedule is planned over (cursor, until].
struct PlannedOccurrence {
  Occurrence occurrence;
  Instant due_at;
  Instant previous;  ///< the occurrence before it: start of its window; of a catch-up, of the first that it stands for
  bool catch_up = false;
  bool operator==(const PlannedOccurrence&) const = default;
};
struct MissedRange {
  Instant first, last;
  std::int64_t count = 0;
  std::string state = "missed";           ///< missed | coalesced | skipped
  std::string reason = "down";            ///< down | suspended | clock_jump | limit | paused; empty when coalesced
  std::optional<Instant> coalesced_into;  ///< the occurrence that serves them all
  std::string cause = "down";             ///< why nobody looked, whatever became of them: down | suspended | clock_jump

  /// Whether what was planned just before it, and missed too, shares its fate: one absence is made up for once.
  bool is_made_up_for() const { return coalesced_into || reason == "limit"; }
  bool operator==(const MissedRange&) const = default;
};
struct Plan {
  std::optional<MissedRange> paused;  ///< the same of a pause: no run makes up for it
  std::optional<MissedRange> missed;  ///< what nobody looked at for longer than grace, when there is much of it
  std::vector<PlannedOccurrence> rows;
  std::optional<Occurrence> next;  ///< the first one after `until`
  bool operator==(const Plan&) const = default;
};

/// Every occurrence in (cursor, until] is in exactly one of `paused`, `missed` and `rows`. `unwatched`: what explains
/// that nobody looked. `paused_through`: what fell due up to then is a pause's.
Plan plan_ahead(const Job& job, Instant cursor, Instant now, Instant until, const Stretches& unwatched = {},
                std::optional<Instant> paused_through = {});

using Jobs = std::map<JobName, Job>;
/// A snapshot of the jobs in force: replaced as a whole on reload, never changed.
using JobsSnapshot = std::shared_ptr<const Jobs>;

}  // namespace nowd
