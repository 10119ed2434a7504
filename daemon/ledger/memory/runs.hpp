// The runs of a ledger in memory, with those that are live by lane.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ledger/ledger.hpp"

namespace nowd::memory {

struct Run {
  ClaimedRun claimed;
  Uuid node;
  std::optional<std::string> lane;
  RunState state = RunState::running;
  RunReason reason = RunReason::none;
  std::string detail;
  Facts facts;                          ///< all recorded facts except its end
  std::optional<CancelRequest> cancel;  ///< a person or a rule wants it to end
  std::optional<Instant> dispatched_at, ended_at, not_before;

  /// Live, and not deferred.
  bool is_served() const { return !is_terminal(state) && state != RunState::suspended; }
  /// An effect has an intent, and no certain outcome.
  bool is_in_doubt() const;
  bool has_acted() const;
  bool is_opaque() const;
  std::optional<std::string> output() const;
  /// By it and by the attempts before it.
  UsedBefore used() const;
};

/// Invariant: at most one live run per lane.
class Runs {
 public:
  /// Gives it the next number; nothing, if its lane is taken.
  std::optional<RunId> insert(Run run);
  Run* find(RunId run);
  const Run* find(RunId run) const;
  void end(RunId run, RunState state, RunReason reason, std::string detail, Instant at);
  /// Defers the run: it keeps its lane, and no daemon serves it.
  void defer(RunId run, RunReason reason, std::string detail, Instant not_before);
  void erase(RunId run);

  bool is_busy(const std::optional<std::string>& lane) const { return lane && lanes_.count(*lane) > 0; }
  /// Whether the lane is taken by a catch-up or backfill of this very job.
  bool is_catching_up(const JobName& job, const std::optional<std::string>& lane) const;
  bool is_of_another(const JobName& job, const std::optional<std::string>& lane) const;
  std::vector<RunId> live_of(const Uuid& node) const;
  /// Runs with a deferral until now or earlier, or with a cancel request.
  std::vector<RunId> due_again(Instant now) const;
  std::optional<RunId> live_in(const std::string& lane) const;
  int served_catch_ups() const { return served_catch_ups_; }  ///< catch-ups and backfills that are served
  const std::map<RunId, Run>& all() const { return rows_; }

 private:
  static bool is_catch_up(const Run& run);
  void leave(RunId run);

  std::map<RunId, Run> rows_;
  std::map<std::string, RunId> lanes_;
  std::map<RunId, Uuid> live_;  // but for those that are deferred
  std::set<RunId> deferred_;
  int served_catch_ups_ = 0;
  std::int64_t last_ = 0;
};

}  // namespace nowd::memory
