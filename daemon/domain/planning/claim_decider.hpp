// Decides a claim: which of all due candidates start, wait or are closed. Pure, over judge(); every ledger uses it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "domain/planning/claim.hpp"

namespace nowd {

/// Catch-ups and backfills that may be live at once. They start after live work.
inline constexpr int max_concurrent_catch_ups = 4;
/// Candidates that a claim judges although there is no capacity for a run: they may have to be skipped or missed.
inline constexpr int min_candidates = 64;

/// A due candidate, and the run that it becomes if it may start.
struct Due {
  Candidate candidate;
  ClaimedRun run;
};

using DueByJob = std::map<JobName, std::vector<Due>>;

/// The jobs in the order in which a claim judges them: requests by number; then live work, and work that waited for its
/// lane, by due time; then catch-ups and backfills.
std::vector<JobName> in_order(const DueByJob& due);

/// The judgement of this candidate needs all due candidates of its job, because missed ones may coalesce and buffered
/// ones supersede each other.
bool needs_all(const Due& due, const Job& job);

struct Decisions {
  /// A candidate that will not run. With `request` set the request is refused, and no occurrence is closed.
  struct Closing {
    JobName job;
    Instant at;
    OccurrenceState state;
    OccurrenceReason reason;
    std::optional<Instant> into;
    std::optional<std::int64_t> request;
  };
  /// A candidate that stays planned, with a changed kind, buffer or window.
  struct Waiting {
    JobName job;
    Instant at;
    RunKind kind;
    bool buffered;
    std::optional<Instant> window_start;
  };
  std::vector<ClaimedRun> starting;
  std::vector<Closing> closed;
  std::vector<Waiting> waiting;
  std::set<std::string> lanes_to_end;  ///< lanes whose live run is to be cancelled
  bool more = false;                   ///< more would have started with more capacity
};

/// The closings that may be written: all but those that a run in `wanted` was to serve and that did not start, because
/// another daemon took its lane. The next claim judges these again.
std::vector<Decisions::Closing> closing(const Decisions& decisions, const std::vector<ClaimedRun>& wanted,
                                        const std::vector<ClaimedRun>& started);

/// Judges job after job. Requires: the order of in_order(). Invariant: no two of the runs that it starts share a lane.
class ClaimDecider {
 public:
  /// `capacity`: runs that may start; `live_catch_ups`: catch-ups and backfills that are live.
  ClaimDecider(const Jobs& jobs, int capacity, int live_catch_ups);

  /// Decides all due candidates of one job, oldest first. Takes the runs that start out of `due`.
  void decide_job(std::vector<Due>& due);
  /// The decisions since the last call.
  Decisions take_decisions() { return std::exchange(decisions_, {}); }

 private:
  bool has_capacity(const Judgement& judgement) const {
    return capacity_ > 0 && (!judgement.catch_up || catch_up_capacity_ > 0);
  }
  /// `not_yet`: the run that this candidate would have waited for could not start (no capacity), so it is not closed.
  void apply(Due& due, const Judgement& judgement, bool not_yet, const std::optional<std::string>& lane);
  void keep_waiting(const Candidate& candidate, const Judgement& judgement);

  const Jobs& jobs_;
  int capacity_;
  int catch_up_capacity_;
  std::set<std::string> lanes_;
  Decisions decisions_;
};

}  // namespace nowd
