// Counts again what the schedules of a job named, and holds it against what the ledger has: nothing is absent, and
// nothing is there that no schedule explains. Pure, in one pass, in memory that does not grow with the rows.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "domain/schedule/schedule.hpp"

namespace nowd {

/// A row of the ledger.
struct RecordedOccurrence {
  Instant at;
  LocalTime slot;
  seconds offset{};
  SlotKind kind = SlotKind::plain;
  std::string schedule_revision;
  /// It will not run because another schedule, or another rule of its zone, took its place.
  bool replaced = false;
  /// Another release of the zone data may have computed it: its instant need not be what today's says of its slot.
  bool older_zones = false;
};

/// Many missed ones in one row.
struct RecordedRange {
  Instant first, last;
  std::int64_t count = 0;
  std::string schedule_revision;
  bool counted = true;  ///< whether its ends and its number are held against its schedule
};

/// A schedule was in force for what lies in (after, until].
struct InForce {
  std::string schedule_revision;
  Instant after, until;
};

struct AuditFinding {
  enum class What {
    absent,      ///< the schedule names it, and the ledger does not have it
    replaced,    ///< the schedule names it, and its row says that it was withdrawn
    unexplained  ///< the ledger has it, and its schedule does not name it
  };
  What what;
  Instant at;
  std::string detail;
  bool operator==(const AuditFinding&) const = default;
};

/// One job's. Requires: rows come in the order of their instants.
class ScheduleAudit {
 public:
  struct Question {
    std::vector<InForce> in_force;
    std::vector<RecordedRange> ranges;
    /// Until when the zone data may have been another: what was expected up to then may have been served elsewhere.
    std::optional<Instant> zones_since;
  };
  /// `schedules`: by revision; one that is not there explains nothing.
  ScheduleAudit(Question question, std::map<std::string, Schedule> schedules, std::function<void(AuditFinding)> report);

  void row(const RecordedOccurrence& row);
  /// After the last row.
  void finish();

 private:
  struct Expecting {
    const Schedule* schedule;
    Instant until;
    std::optional<Occurrence> next;
  };
  struct Stretch {
    Instant first, last;
  };

  void count(const RecordedRange& range);
  void pass_over(Expecting& expecting, Instant before);
  void forward(Expecting& expecting, Instant after) const;
  const Stretch* range_around(Instant at) const;
  bool is_explained(const RecordedOccurrence& row) const;
  void absent(const Schedule& schedule, const Occurrence& occurrence);
  void settle(Instant before);
  const Schedule* find(const std::string& revision) const;

  std::map<std::string, Schedule> schedules_;
  std::function<void(AuditFinding)> report_;
  std::optional<Instant> zones_since_;
  std::vector<Expecting> expecting_;
  std::vector<Stretch> ranges_;        ///< apart and ascending
  std::deque<AuditFinding> doubtful_;  ///< absent, unless other zone data explains it
  std::optional<Instant> moved_;       ///< the newest row that other zone data put where it is
};

}  // namespace nowd
