// The occurrences of a ledger in memory; planned ones are indexed by due time.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "domain/model/fate.hpp"
#include "domain/prompt/run_time.hpp"
#include "foundation/ids.hpp"

namespace nowd::memory {

/// Identity of an occurrence.
using Key = std::pair<JobName, Instant>;

struct Occurrence {
  RunKind kind = RunKind::scheduled;
  OccurrenceState state = OccurrenceState::planned;
  OccurrenceReason reason = OccurrenceReason::none;
  Instant due_at;
  Instant window_start;
  std::optional<Instant> coalesced_into;
  bool buffered = false;
  int attempts = 0;
  std::int64_t fence = 0;
  std::optional<RunId> run;  ///< its newest
  std::optional<Instant> judged_at;

  bool is_planned() const { return state == OccurrenceState::planned; }
  /// True unless it is due on time: it waits for a lane, a catch-up slot or a restart.
  bool waits() const { return kind != RunKind::scheduled || buffered; }
  bool operator==(const Occurrence&) const = default;
};

/// Invariant: one row per identity.
class Occurrences {
 public:
  using Change = std::function<void(Occurrence&)>;
  using Wanted = std::function<bool(const JobName&, RunKind)>;

  const Occurrence* find(const Key& key) const;
  /// False, and nothing changed, if there is a row already.
  bool insert(const Key& key, Occurrence row);
  void change(const Key& key, const Change& change);
  void erase(const Key& key);

  /// Planned and due at `now`, the oldest first, of jobs that are wanted; at most `most`.
  std::vector<Key> due_on_time(Instant now, std::size_t most, const Wanted& wanted) const;
  /// Those that were due on time come before catch-ups and backfills; at most `most` of either.
  std::vector<Key> due_waiting(Instant now, std::size_t most, const Wanted& wanted) const;
  /// Everything planned and due of these jobs, by job, then the oldest first.
  std::vector<Key> due_of(const std::set<JobName>& jobs, Instant now) const;
  /// The earliest planned one that is due later than `now`.
  std::optional<Instant> next_due(Instant now) const;

  std::vector<Key> planned_of(const JobName& job) const;
  const std::map<Key, Occurrence>& all() const { return rows_; }

 private:
  using ByDue = std::set<std::tuple<Instant, JobName, Instant>>;
  ByDue& index_of(const Occurrence& row) {
    if (!row.waits()) return on_time_;
    return row.kind == RunKind::scheduled ? buffered_ : catch_ups_;
  }
  void add_to_index(const Key& key, const Occurrence& row);
  void remove_from_index(const Key& key, const Occurrence& row);

  std::map<Key, Occurrence> rows_;
  ByDue on_time_, buffered_, catch_ups_;  ///< planned rows only
};

}  // namespace nowd::memory
