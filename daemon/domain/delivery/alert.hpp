// Alerts: which troubles have the same cause, which sinks receive an alert, and the text of its message. Pure.
//
// All troubles with one cause are one row of nowd.alert, from the first of them to the recovery. The sinks receive one
// message at the start, one after each cooldown while the troubles continue, and one at the recovery.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/model/fate.hpp"
#include "foundation/ids.hpp"
#include "foundation/time/civil.hpp"

namespace nowd {

enum class AlertKind {
  run,       ///< runs of a job fail
  provider,  ///< a provider fails
  delivery,  ///< a sink takes no messages
  held,      ///< dispatch is held, or a job file is broken
  missed,    ///< occurrences of a job were missed
};
inline constexpr std::array<std::string_view, 5> alert_kind_words{"run", "provider", "delivery", "held", "missed"};
static_assert(covers(alert_kind_words, AlertKind::missed));
/// The word that the ledger stores.
constexpr std::string_view to_string(AlertKind kind) { return word_of(alert_kind_words, kind); }
/// Nothing for a word that is no such kind.
constexpr std::optional<AlertKind> parse_alert_kind(std::string_view word) {
  return parse_word<AlertKind>(alert_kind_words, word);
}

/// A condition that may become an alert.
struct Trouble {
  AlertKind kind = AlertKind::run;
  std::string name;    ///< the job, the provider or the sink; of held: job files, clock, ledger, clock of HOST
  std::string reason;  ///< one word
  std::string detail;  ///< for people
  JobName job;         ///< the affected job; empty: no single one
  std::optional<RunId> run;
  Instant at;
  bool operator==(const Trouble&) const = default;

  /// Equal for troubles of one alert. All troubles of one provider have one cause, for all jobs and reasons.
  std::string cause() const;
};

/// After a message about a cause, no further message about it is sent for this long.
inline constexpr seconds alert_cooldown{hours{4}};

/// How long the first message waits for more troubles of the same cause, so that thirty jobs of one dead provider make
/// one message.
seconds gathering_time(AlertKind kind);

/// An alert whose next message is due: a row of nowd.alert.
struct AlertNews {
  std::int64_t alert = 0;
  AlertKind kind = AlertKind::run;
  std::string name, reason, detail;
  bool recovered = false;
  std::vector<JobName> jobs;
  std::int64_t count = 0;
  std::int64_t reported_count = 0;  ///< how many of `count` an earlier message reported
  Instant first_at, last_at;
  std::optional<Instant> recovered_at;
  std::optional<RunId> run;  ///< the latest affected run; of a recovery, the run that proved it
  // Of that run:
  std::string zone;
  std::optional<Instant> scheduled_at, dispatched_at;
  std::string state, verdict;
  std::vector<std::string> findings;  ///< clocks that disagreed, with numbers
};

struct AlertMessage {
  std::string subject;
  std::string text;
};
/// The trouble, how often it occurred, the clocks that disagreed, and commands for a closer look.
AlertMessage alert_message(const AlertNews& news);

struct AlertSinks {
  std::vector<std::vector<std::string>> of_jobs;  ///< on_failure of each affected job
  std::vector<std::string> by_default;            ///< defaults.on_failure
};
/// The sinks that receive the alert, each once: those of the affected jobs, or else the default ones. An alert about a
/// broken sink goes to the others, and to that sink only if there is no other.
std::vector<std::string> sinks_for(const AlertNews& news, const AlertSinks& sinks);

/// Missed or coalesced occurrences of one job that share a fate.
struct MissedOccurrences {
  JobName job;
  Instant first, last;
  std::int64_t count = 0;
  OccurrenceReason reason = OccurrenceReason::none;  ///< when coalesced: the cause, if known
  std::optional<Instant> served_by;                  ///< the later occurrence that runs for all of them

  bool operator==(const MissedOccurrences&) const = default;
};

/// A line for the log: "missed the occurrence of 2026-06-01 09:00:00 Europe/Berlin: nowd was not running"
std::string missed_text(const MissedOccurrences& missed, const Zone& zone);

/// The trouble to report; nothing if another occurrence runs for them.
std::optional<Trouble> trouble_of(const MissedOccurrences& missed, const Zone& zone, Instant now);

}  // namespace nowd
