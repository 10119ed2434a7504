// A claimed run: what a claim returns, with everything that the dispatch of the run needs.
#pragma once

#include <optional>
#include <string>

#include "domain/planning/judge.hpp"
#include "domain/policy/budget.hpp"
#include "domain/run/facts.hpp"

namespace nowd {

/// A run that this daemon now owns.
struct ClaimedRun {
  Claim claim;
  JobName job;
  std::string revision;
  RunKind kind = RunKind::scheduled;
  int attempt = 1;
  std::optional<std::int64_t> request;
  Instant scheduled_at;
  Instant due_at;
  Instant window_start;
  Instant claimed_at;  ///< database time
  bool effects = true;
  bool dry_run = false;                     ///< effects and deliveries are shown, not executed
  bool even_if_paused = false;              ///< it runs during a pause of the job, too
  bool deliver = true;                      ///< its output and its heartbeat may be sent
  bool starts_followers = true;             ///< its success requests the runs that follow it
  OutsideTexts outside_texts;               ///< its input; the driver reads outputs of other runs at dispatch
  std::optional<RunId> after_run;           ///< the run whose success requested this one
  UsedBefore before;                        ///< usage of earlier attempts
  std::optional<Instant> previous_success;  ///< end of the job's last successful run
};

}  // namespace nowd
