// A rehearsal of a stretch of time, past or to come: the real scheduler and supervisor on a virtual clock and a ledger
// in memory, with a driver that executes nothing.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ledger/ledger.hpp"
#include "runtime/rehearsal/rehearsal_driver.hpp"

namespace nowd {

struct Rehearsal {
  JobsSnapshot jobs;
  int concurrency = 64;  ///< runs at once
  Instant from, until;   ///< occurrences with from < at <= until
  /// nowd is killed at `from`, and started again at `until`.
  struct Outage {
    Instant from, until;
  };
  std::vector<Outage> down;  ///< ascending, none touching another, within (from, until)
  RunLength length;
  std::set<JobName> paused;  ///< during the whole rehearsal
};

/// The rehearsed fate of an occurrence, of a run after another job's (kind after), or of a range of missed
/// occurrences.
struct RehearsedFate {
  JobName job;
  RunKind kind = RunKind::scheduled;
  Instant at;
  Instant due_at;
  Instant last;                                      ///< of a range; else `at`
  std::int64_t count = 1;                            ///< of a range
  OccurrenceState state = OccurrenceState::planned;  ///< never claimed; planned: it waits at the end
  OccurrenceReason reason = OccurrenceReason::none;
  std::optional<Instant> started, ended;
  std::string run_state;  ///< of its last run: succeeded | cancelled | interrupted … running: when it all ends
  int attempts = 0;
  std::optional<Instant> coalesced_into;

  bool operator==(const RehearsedFate&) const = default;
};

/// By moment, then by job.
bool in_order(const RehearsedFate& one, const RehearsedFate& other);

/// Calls `report` once for each fate, roughly in the order of time. The same rehearsal gives the same fates.
void rehearse(const Rehearsal& plan, const std::function<void(RehearsedFate)>& report);

}  // namespace nowd
