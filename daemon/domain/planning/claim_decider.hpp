// What a claim decides over everything that is due: pure, over judge(); asked by every ledger.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "domain/planning/claim.hpp"

namespace nowd {

/// Catch-ups and backfills go behind live work, a few at a time.
inline constexpr int max_concurrent_catch_ups = 4;
/// Candidates looked at though there is no room for a run: they may be skipped or missed.
inline constexpr int min_candidates = 64;

/// Something that is due, and the run that it becomes if it may start.
struct Due {
  Candidate candidate;
  ClaimedRun run;
};

using DueByJob = std::map<JobName, std::vector<Due>>;

/// The jobs, in the order of what they wait for: requests by their numbers; live work, what waited for its lane
/// included, by when it fell due; then what is made up for.
std::vector<JobName> in_order(const DueByJob& due);

/// Missed occurrences coalesce, buffered ones supersede each other: whether all of the job's are needed for that.
bool needs_all(const Due& due, const Job& job);

struct Decisions {
  struct Closing {
    JobName job;
    Instant at;
    std::string state, reason;
    std::optional<Instant> into;
    std::optional<std::int64_t> request;  ///< this one is refused, and no occurrence is closed
  };
  /// It stays planned, as something else than before.
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
  std::set<std::string> lanes_to_end;  ///< lanes whose runs make way
  bool more = false;                   ///< something would have started, had there been room
};

/// What may be closed: not what was to be served by a run that another daemon did not let start; that is judged again.
std::vector<Decisions::Closing> closing(const Decisions& decisions, const std::vector<ClaimedRun>& wanted,
                                        const std::vector<ClaimedRun>& started);

/// Judges job after job, in the order in which they wait. Invariant: no two of what it starts are in one lane.
class Deciding {
 public:
  /// `room`: runs that may start; `making_up`: catch-ups and backfills that are live.
  Deciding(const Jobs& jobs, int room, int making_up);

  /// All that is due of one job, oldest first.
  void job(std::vector<Due>& due);
  /// What was decided since the last call.
  Decisions take() { return std::exchange(decisions_, {}); }

 private:
  bool has_room(const Judgement& judgement) const { return room_ > 0 && (!judgement.catch_up || catch_up_room_ > 0); }
  /// `not_yet`: what would have run did not for want of room, so nothing was in this one's way.
  void apply(Due& due, const Judgement& judgement, bool not_yet, const std::optional<std::string>& lane);
  void wait(const Candidate& candidate, const Judgement& judgement);

  const Jobs& jobs_;
  int room_;
  int catch_up_room_;
  std::set<std::string> lanes_;
  Decisions decisions_;
};

}  // namespace nowd
