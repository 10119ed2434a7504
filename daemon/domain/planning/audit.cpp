#include "domain/planning/audit.hpp"

#include <algorithm>

namespace nowd {
namespace {

/// No change of an offset moves a slot further.
constexpr hours max_move{26};

/// The schedule has the row's slot, under some rules of its zone.
bool has_slot(const Schedule& schedule, const RecordedOccurrence& row) {
  if (std::holds_alternative<Every>(schedule.kind)) return has_occurrence(schedule, row.at);
  const bool displaced = row.kind == SlotKind::gap;
  const Instant shown{row.slot.time_since_epoch()};
  if (!displaced && row.at + row.offset != shown) return false;
  Schedule local = schedule;
  local.zone = Zone::utc();
  return has_occurrence(local, shown);
}

}  // namespace

ScheduleAudit::ScheduleAudit(Question question, std::map<std::string, Schedule> schedules,
                             std::function<void(AuditFinding)> report)
    : schedules_(std::move(schedules)), report_(std::move(report)), zones_since_(question.zones_since) {
  std::sort(question.ranges.begin(), question.ranges.end(),
            [](const RecordedRange& a, const RecordedRange& b) { return a.first < b.first; });
  for (const RecordedRange& range : question.ranges) {
    check_range(range);
    if (!ranges_.empty() && range.first <= ranges_.back().last)
      ranges_.back().last = std::max(ranges_.back().last, range.last);
    else
      ranges_.push_back({range.first, range.last});
  }
  for (const InForce& each : question.in_force)
    if (const Schedule* schedule = find(each.schedule_revision)) {
      expecting_.push_back({schedule, each.until, {}});
      forward(expecting_.back(), each.after);
    }
}

void ScheduleAudit::check_row(const RecordedOccurrence& row) {
  for (Expecting& each : expecting_) {
    pass_over(each, row.at);
    if (!each.next || each.next->at != row.at) continue;
    if (row.replaced)
      report_({AuditFinding::What::replaced, row.at, "of " + each.schedule->text + ", and its row was withdrawn"});
    forward(each, row.at);
  }
  if (!is_explained(row)) {
    const Schedule* schedule = find(row.schedule_revision);
    report_({AuditFinding::What::unexplained, row.at,
             schedule ? schedule->text + " does not name it"
                      : "its schedule, revision " + row.schedule_revision + ", is not in the ledger"});
  } else if (row.older_zones) {
    const Schedule& schedule = *find(row.schedule_revision);
    if (!has_occurrence(schedule, row.at)) moved_ = row.at;
  }
  settle_doubts(row.at);
}

void ScheduleAudit::finish() {
  for (Expecting& each : expecting_) pass_over(each, Instant::max());
  settle_doubts(Instant::max());
}

/// Its ends must be occurrences, and its count the number of occurrences from one to the other.
void ScheduleAudit::check_range(const RecordedRange& range) {
  const Schedule* schedule = find(range.schedule_revision);
  if (!schedule)
    return report_({AuditFinding::What::unexplained, range.first,
                    "the range's schedule, revision " + range.schedule_revision + ", is not in the ledger"});
  if (!range.counted) return;
  std::int64_t found = 0;
  for (auto at = next_occurrence(*schedule, range.first - microseconds{1}); at && at->at <= range.last;
       at = next_occurrence(*schedule, at->at)) {
    ++found;
    if (at->at == range.last) break;
  }
  const bool ends = has_occurrence(*schedule, range.first) && has_occurrence(*schedule, range.last);
  if (found == range.count && ends) return;
  report_({AuditFinding::What::unexplained, range.first,
           "the range up to " + rfc3339(range.last) + " counts " + std::to_string(range.count) + ", and " +
               schedule->text + " names " + std::to_string(found) + (ends ? "" : ", with another first or last one")});
}

/// Reports the expected occurrences before an instant that no row and no range has.
void ScheduleAudit::pass_over(Expecting& expecting, Instant before) {
  while (expecting.next && expecting.next->at < before) {
    const Instant at = expecting.next->at;
    if (const Stretch* around = range_around(at)) {
      forward(expecting, std::min(around->last, before - microseconds{1}));
    } else {
      report_absent(*expecting.schedule, *expecting.next);
      forward(expecting, at);
    }
  }
}

void ScheduleAudit::forward(Expecting& expecting, Instant after) const {
  expecting.next = next_occurrence(*expecting.schedule, after);
  if (expecting.next && expecting.next->at > expecting.until) expecting.next.reset();
}

const ScheduleAudit::Stretch* ScheduleAudit::range_around(Instant at) const {
  const auto found =
      std::partition_point(ranges_.begin(), ranges_.end(), [&](const Stretch& each) { return each.last < at; });
  return found != ranges_.end() && found->first <= at ? &*found : nullptr;
}

bool ScheduleAudit::is_explained(const RecordedOccurrence& row) const {
  const Schedule* schedule = find(row.schedule_revision);
  if (!schedule) return false;
  return has_occurrence(*schedule, row.at) || ((row.older_zones || row.replaced) && has_slot(*schedule, row));
}

void ScheduleAudit::report_absent(const Schedule& schedule, const Occurrence& occurrence) {
  AuditFinding finding{AuditFinding::What::absent, occurrence.at,
                       schedule.text + " names it (" + iso(occurrence.slot) + "), and it has no row and no range"};
  const bool doubtful = zones_since_ && occurrence.at <= *zones_since_;
  if (!doubtful) return report_(std::move(finding));
  if (moved_ && occurrence.at - *moved_ <= max_move) return;
  finding.detail += "; zone data may have changed since";
  doubtful_.push_back(std::move(finding));
}

/// An absent occurrence is explained if older zone data moved a slot near it: then it moved this one, too.
void ScheduleAudit::settle_doubts(Instant now) {
  while (!doubtful_.empty()) {
    const Instant at = doubtful_.front().at;
    const bool explained = moved_ && std::chrono::abs(*moved_ - at) <= max_move;
    if (!explained && now != Instant::max() && now - at <= max_move) return;
    if (!explained) report_(std::move(doubtful_.front()));
    doubtful_.pop_front();
  }
}

const Schedule* ScheduleAudit::find(const std::string& revision) const {
  const auto found = schedules_.find(revision);
  return found == schedules_.end() ? nullptr : &found->second;
}

}  // namespace nowd
