// What becomes of an occurrence that is due: a pure rule, asked in the transaction that claims it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "domain/clocks/run_time.hpp"
#include "domain/job.hpp"

namespace nowd {

/// A due occurrence, or a request for a run, as the ledger knows it.
struct Candidate {
  JobName job;
  RunKind kind = RunKind::scheduled;
  Instant scheduled_at;
  Instant due_at;
  std::optional<Instant> planned_window_start;  ///< scheduled: the previous occurrence
  std::optional<Instant> succeeded_through;     ///< end of the job's last succeeded window
  int attempts = 0;                             ///< runs started for it so far
  bool busy = false;                            ///< a run of the job is live
  Instant now;                                  ///< database time, in the claiming transaction
  std::optional<Instant> last_look;             ///< database time of this daemon's claim before this one

  bool operator==(const Candidate&) const = default;
};

struct Judgement {
  enum class What {
    run,    ///< start it; `window_start` is set
    leave,  ///< not now: ask again later
    close,  ///< it will not run: `state` and `reason` say why
  };
  What what = What::leave;
  std::string state;   ///< close: missed | skipped
  std::string reason;  ///< close: down | limit | overlap | window
  Instant window_start;
  bool operator==(const Judgement&) const = default;
};

/// Lateness counts from due_at. A first start up to `grace` late is on time; later it is missed: `limit` if it was seen
/// due but there was no room, else `down`. A start again after a crash may be up to `restart_window` late. While a run
/// of the job is live a scheduled occurrence is skipped (overlap), a manual one waits.
Judgement judge(const Candidate& candidate, const Job& job);

/// The start of a manual run's window: where the last success ended, else local midnight of its day.
Instant manual_window_start(const Candidate& candidate, const Zone& zone);

/// What is inserted when a job's schedule is planned over (cursor, until].
struct PlannedOccurrence {
  Occurrence occurrence;
  Instant due_at;
  Instant previous;  ///< the occurrence before it: start of its window
  bool operator==(const PlannedOccurrence&) const = default;
};
struct MissedRange {
  Instant first, last;
  std::int64_t count = 0;
  bool operator==(const MissedRange&) const = default;
};
struct Plan {
  std::optional<MissedRange> missed;  ///< what nobody looked at for longer than grace, when there is much of it
  std::vector<PlannedOccurrence> rows;
  std::optional<Occurrence> next;  ///< the first one after `until`
  bool operator==(const Plan&) const = default;
};

/// Every occurrence in (cursor, until] is in exactly one of `missed` and `rows`.
Plan plan_ahead(const Job& job, Instant cursor, Instant now, Instant until);

using Jobs = std::map<JobName, Job>;
/// A snapshot of the jobs in force: replaced as a whole on reload, never changed.
using JobsSnapshot = std::shared_ptr<const Jobs>;

}  // namespace nowd
