// Compares the occurrences in the ledger with the schedules of their job: each occurrence of a schedule has a row, and
// each row has a schedule that explains it. Pure, in one pass, with memory that does not grow with the rows.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "domain/schedule/schedule.hpp"

namespace nowd {

/// A row of nowd.occurrence.
struct RecordedOccurrence {
  Instant at;
  LocalTime slot;
  seconds offset{};
  SlotKind kind = SlotKind::plain;
  std::string schedule_revision;
  /// It will not run, because another schedule or another rule of its zone replaced it.
  bool replaced = false;
  /// Another release of the zone data may have computed it, so its instant may differ from today's for its slot.
  bool older_zones = false;
};

/// A row of nowd.occurrence_range: many missed occurrences.
struct RecordedRange {
  Instant first, last;
  std::int64_t count = 0;
  std::string schedule_revision;
  bool counted = true;  ///< its ends and its count are compared with its schedule
};

/// A schedule was in force for occurrences in (after, until].
struct InForce {
  std::string schedule_revision;
  Instant after, until;
};

struct AuditFinding {
  enum class What {
    absent,      ///< the schedule has it, and the ledger does not
    replaced,    ///< the schedule has it, and its row says that it was withdrawn
    unexplained  ///< the ledger has it, and its schedule does not
  };
  What what;
  Instant at;
  std::string detail;
  bool operator==(const AuditFinding&) const = default;
};

/// Audits one job. Requires: rows come in the order of their instants.
class ScheduleAudit {
 public:
  struct Question {
    std::vector<InForce> in_force;
    std::vector<RecordedRange> ranges;
    /// Up to this instant the zone data may have been older: an expected occurrence may have run at another instant.
    std::optional<Instant> zones_since;
  };
  /// `schedules`: by revision. `report` is called for each finding.
  ScheduleAudit(Question question, std::map<std::string, Schedule> schedules, std::function<void(AuditFinding)> report);

  void check_row(const RecordedOccurrence& row);
  /// Call it after the last row.
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

  void check_range(const RecordedRange& range);
  void pass_over(Expecting& expecting, Instant before);
  void forward(Expecting& expecting, Instant after) const;
  const Stretch* range_around(Instant at) const;
  bool is_explained(const RecordedOccurrence& row) const;
  void report_absent(const Schedule& schedule, const Occurrence& occurrence);
  void settle_doubts(Instant now);
  const Schedule* find(const std::string& revision) const;

  std::map<std::string, Schedule> schedules_;
  std::function<void(AuditFinding)> report_;
  std::optional<Instant> zones_since_;
  std::vector<Expecting> expecting_;
  std::vector<Stretch> ranges_;        ///< disjoint and ascending
  std::deque<AuditFinding> doubtful_;  ///< absent, unless older zone data explains it
  std::optional<Instant> moved_;       ///< the newest row that older zone data explains
};

}  // namespace nowd
