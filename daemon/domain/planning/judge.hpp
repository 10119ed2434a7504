// Decides the fate of occurrences that are due: a pure rule, called in the transaction that claims them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/job/job.hpp"
#include "domain/model/fate.hpp"
#include "domain/prompt/run_time.hpp"

namespace nowd {

/// A due occurrence, or a request for a run, with the facts that a judgement needs.
struct Candidate {
  JobName job;
  RunKind kind = RunKind::scheduled;
  Instant scheduled_at;
  Instant due_at;
  std::optional<Instant> planned_window_start;  ///< scheduled: the previous occurrence; after: the leader's window
  std::optional<Instant> succeeded_through;     ///< end of the job's last succeeded window
  int attempts = 0;                             ///< runs started for it so far
  bool busy = false;                            ///< a run in the job's lane is live
  bool catching_up = false;                     ///< busy, and that run is a catch-up or backfill of this job
  bool other_job = false;                       ///< busy, and that run belongs to another job of the same lane
  bool paused = false;
  bool even_if_paused = false;  ///< a request that runs during a pause, too
  /// A person or a program made the request, or made the one that it follows: it waits, and is never skipped.
  bool asked = false;
  bool buffered = false;      ///< it was due while the lane was busy, and waits
  Instant now;                ///< database time, in the claiming transaction
  bool seen_on_time = false;  ///< this daemon polled while it was on time, and had no capacity for it
  bool unseen = false;        ///< this daemon did not poll when it fell due: a run that was live then may have ended
  std::optional<OccurrenceReason> unwatched;  ///< suspended or clock_jump, if that kept the daemon from polling

  bool operator==(const Candidate&) const = default;
};

struct Judgement {
  enum class What {
    run,     ///< start it; `window_start` is set
    leave,   ///< not now: judge it again at the next claim
    buffer,  ///< it waits for the live run; `cancel_running`: that run is to be cancelled
    close,   ///< it will not run: `state` and `reason` are set
  };
  What what = What::leave;
  OccurrenceState state = OccurrenceState::planned;  ///< close: missed, skipped, coalesced or superseded
  OccurrenceReason reason = OccurrenceReason::none;
  Instant window_start;
  std::optional<Instant> coalesced_into;  ///< close: the occurrence that serves it, too
  bool catch_up = false;                  ///< it runs late, after live work
  bool cancel_running = false;
  bool operator==(const Judgement&) const = default;
};

/// Judges all due candidates of one job together, in their order (oldest first). Returns one judgement for each.
///
/// Lateness counts from due_at. A candidate that is late by up to `grace` is on time.
/// - Later: the job's MissedRules decide. A second attempt after a crash may be late by up to `restart_window`.
/// - While a run of the job's lane is live, its OverlapRules decide. Manual runs, catch-ups and backfills wait. The
///   newest candidate that is on time waits for a catch-up, a backfill or a run of another job; it is not skipped.
/// - A candidate that fell due while this daemon did not poll is not skipped for a live run: it is judged as missed
///   (with missed: skip, the newest waits if it is on time).
/// - Of several that are on time at once (seconds apart, after a short absence) the newest runs, and the others are
///   judged as missed; with overlap: buffer_all or allow each of them runs.
/// - Where a candidate on time starts and missed is `latest`, its run serves all that were missed before it.
/// - Runs after another job's: the newest waits while it cannot start; buffer_all lets `max` of them wait. The others
///   are skipped.
/// - A pause skips occurrences and runs after another job's. Manual runs and backfills wait for the end of the pause.
/// Invariant: at most one of them runs, unless overlap is `allow`.
std::vector<Judgement> judge(const std::vector<Candidate>& due, const Job& job);

/// The reason why a start at `now` is too late to be made up for: window or cutoff; nothing if it may start. `day` is
/// the local date of the slot.
std::optional<OccurrenceReason> too_late(const MissedRules& rules, const Zone& zone, LocalDay day, Instant due_at,
                                         Instant now);

/// The start of a manual run's window: the end of the last success, or else local midnight of its day.
Instant manual_window_start(const Candidate& candidate, const Zone& zone);

using Jobs = std::map<JobName, Job>;
/// A snapshot of the jobs in force. A reload replaces it as a whole; it never changes.
using JobsSnapshot = std::shared_ptr<const Jobs>;

}  // namespace nowd
