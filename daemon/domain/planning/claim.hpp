// A claimed run: the result of a claim, with everything that its dispatch needs.
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
  bool dry_run = false;                     ///< effects and deliveries are shown, not made
  bool even_if_paused = false;              ///< a pause does not hold it
  bool deliver = true;                      ///< its output and its heartbeat may go out
  bool starts_followers = true;             ///< its success asks for the runs that follow it
  OutsideTexts outside_texts;               ///< the input; outputs of other runs are read at dispatch
  std::optional<RunId> after_run;           ///< the run whose success asked for this one
  UsedBefore before;                        ///< by earlier attempts
  std::optional<Instant> previous_success;  ///< when the job's last successful run ended
};

}  // namespace nowd
