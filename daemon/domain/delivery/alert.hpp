// Telling somebody that something is wrong: what makes two troubles the same, and what a message says. Pure.
//
// Each trouble with one cause is one row of the ledger from its first sign to its recovery. Somebody is told of it
// once, again after a cooldown if it goes on, and when it is over.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/ids.hpp"
#include "foundation/time/civil.hpp"

namespace nowd {

/// Something that somebody may have to be told of.
struct Trouble {
  std::string kind;    ///< run | provider | delivery | held
  std::string name;    ///< the job, the provider or the sink; of held: job files, clock, ledger, clock of HOST
  std::string reason;  ///< one word
  std::string detail;  ///< for people
  JobName job;         ///< that it hit; empty = none in particular
  std::optional<RunId> run;
  Instant at;
  bool operator==(const Trouble&) const = default;

  /// One outage of a provider is one cause, whatever jobs it hits and in whatever words it shows.
  std::string cause() const;
};

/// How long somebody who was told of a cause hears nothing more of it, however often it comes.
inline constexpr seconds alert_cooldown{hours{4}};

/// How long the first message waits for others of the same cause: thirty jobs on one dead provider make one message.
seconds gathering(std::string_view kind);

/// An alert that is due, as the ledger has it.
struct AlertNews {
  std::int64_t alert = 0;
  std::string kind, name, reason, detail;
  bool recovered = false;
  std::vector<JobName> jobs;
  std::int64_t count = 0;
  std::int64_t told_count = 0;  ///< of these, told of before
  Instant first_at, last_at;
  std::optional<Instant> recovered_at;
  std::optional<RunId> run;  ///< the latest it hit; when recovered, the one that showed it
  // Of that run:
  std::string zone;
  std::optional<Instant> scheduled_at, dispatched_at;
  std::string state, verdict;
  std::vector<std::string> findings;  ///< which clocks disagreed, with numbers
};

struct AlertMessage {
  std::string subject;
  std::string text;
};
/// What happened, to what, how often; which clocks disagreed; and the commands to look further.
AlertMessage alert_message(const AlertNews& news);

/// Who hears of it: the on_failure sinks of the jobs it hit, or else the default ones; never through the broken sink
/// alone. Names each sink once.
struct AlertSinks {
  std::vector<std::vector<std::string>> of_jobs;  ///< on_failure of each job that it hit
  std::vector<std::string> by_default;            ///< defaults.on_failure
};
std::vector<std::string> sinks_for(const AlertNews& news, const AlertSinks& sinks);

// Occurrences that did not run because their time was over: one line for the log, and a trouble for people.

/// Occurrences of one job that share a fate.
struct MissedOccurrences {
  JobName job;
  Instant first, last;
  std::int64_t count = 0;
  std::string reason;                ///< as in the ledger: down, window …; of those that another served, the cause
  std::optional<Instant> served_by;  ///< the later occurrence that runs for all of them

  bool operator==(const MissedOccurrences&) const = default;
};

/// "missed the occurrence of 2026-06-01 09:00:00 Europe/Berlin: nowd was not running"
std::string missed_text(const MissedOccurrences& missed, const Zone& zone);

/// Nothing where another occurrence runs for them.
std::optional<Trouble> trouble_of(const MissedOccurrences& missed, const Zone& zone, Instant now);

}  // namespace nowd
