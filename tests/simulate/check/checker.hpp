// The checker: after each transaction it compares the tables of the ledger with the rules that always hold, and at the end
// of a simulation with the occurrences that the schedules name.
#pragma once

#include <map>
#include <vector>

#include "simulate/check/schedules.hpp"
#include "simulate/check/witness.hpp"

namespace nowd::sim {

class Checker {
 public:
  Checker(const memory::Store& store, Witness& witness) : store_(store), witness_(witness) {}

  /// Which beat a job file of this schedule revision has.
  void know(const Files& files);
  /// After a transaction that changed something, at the database's `now` and the true time `at`.
  void check(Instant now, nanoseconds at);
  /// The transaction of a node: it beats, and is not silent.
  void see_beat(const Uuid& node, nanoseconds at) { beats_[node] = at; }
  /// The process of the node is gone, or its successor on the same host says so.
  void see_death(const Uuid& node) { dead_.insert(node); }

  /// The first thing that still moves; nothing: the world is at rest.
  std::optional<std::string> unrest(Instant now) const;
  /// After the faults have stopped and all is at rest.
  void check_end(Instant end);

 private:
  /// A stretch of time in which one schedule of a job was in force.
  struct Era {
    Beat beat;
    Instant from;
    Instant planned_through;
    std::string revision;
    std::optional<Instant> until;
  };
  struct Ended {
    RunState state;
    RunReason reason = RunReason::none;
    std::size_t facts;
  };

  void check_runs();
  void check_new_end(const memory::Run& run);
  void check_lanes(Instant now);
  void check_start(const memory::Run& run, Instant now);
  void check_cursors();
  void check_nodes(nanoseconds at);
  void check_deliveries();
  void check_spending();
  void check_fate(const JobName& job, Instant at);
  void check_rows(const JobName& job);
  bool is_expected(const JobName& job, Instant at) const;

  const memory::Store& store_;
  Witness& witness_;
  std::map<std::string, Beat> beat_of_;  ///< by schedule revision
  std::map<JobName, std::string> lanes_;
  std::map<JobName, std::vector<Era>> eras_;
  std::map<RunId, Ended> ended_;
  std::set<RunId> seen_;
  std::map<std::int64_t, DeliveryState> settled_;
  std::map<Uuid, nanoseconds> beats_;
  std::set<Uuid> dead_;
  std::map<std::pair<JobName, std::int64_t>, std::int64_t> spent_;
};

}  // namespace nowd::sim
