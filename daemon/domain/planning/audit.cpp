#include "domain/planning/audit.hpp"

#include <algorithm>

namespace nowd {
namespace {

/// More than a change of offset ever moved a slot.
constexpr hours far_enough{26};

bool names(const Schedule& schedule, Instant at) {
  const auto found = next_occurrence(schedule, at - microseconds{1});
  return found && found->at == at;
}

/// Whether the schedule names a slot, whatever its zone makes of it.
bool names_slot(const Schedule& schedule, const RecordedOccurrence& row) {
  if (std::holds_alternative<Every>(schedule.kind)) return names(schedule, row.at);
  const bool displaced = row.kind == SlotKind::gap;
  const Instant shown{row.slot.time_since_epoch()};
  if (!displaced && row.at + row.offset != shown) return false;
  Schedule local = schedule;
  local.zone = Zone::utc();
  return names(local, shown);
}

}  // namespace

ScheduleAudit::ScheduleAudit(Question question, std::map<std::string, Schedule> schedules,
                             std::function<void(AuditFinding)> report)
    : schedules_(std::move(schedules)), report_(std::move(report)), zones_since_(question.zones_since) {
  std::sort(question.ranges.begin(), question.ranges.end(),
            [](const RecordedRange& a, const RecordedRange& b) { return a.first < b.first; });
  for (const RecordedRange& range : question.ranges) {
    count(range);
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

void ScheduleAudit::row(const RecordedOccurrence& row) {
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
    if (!names(schedule, row.at)) moved_ = row.at;
  }
  settle(row.at);
}

void ScheduleAudit::finish() {
  for (Expecting& each : expecting_) pass_over(each, Instant::max());
  settle(Instant::max());
}

/// Its ends are occurrences, and it counts all between them.
void ScheduleAudit::count(const RecordedRange& range) {
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
  const bool ends = names(*schedule, range.first) && names(*schedule, range.last);
  if (found == range.count && ends) return;
  report_({AuditFinding::What::unexplained, range.first,
           "the range up to " + rfc3339(range.last) + " counts " + std::to_string(range.count) + ", and " +
               schedule->text + " names " + std::to_string(found) + (ends ? "" : ", with another first or last one")});
}

/// What is expected before an instant, and has no row.
void ScheduleAudit::pass_over(Expecting& expecting, Instant before) {
  while (expecting.next && expecting.next->at < before) {
    const Instant at = expecting.next->at;
    if (const Stretch* around = range_around(at)) {
      forward(expecting, std::min(around->last, before - microseconds{1}));
    } else {
      absent(*expecting.schedule, *expecting.next);
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
  return names(*schedule, row.at) || ((row.older_zones || row.replaced) && names_slot(*schedule, row));
}

void ScheduleAudit::absent(const Schedule& schedule, const Occurrence& occurrence) {
  AuditFinding finding{AuditFinding::What::absent, occurrence.at,
                       schedule.text + " names it (" + iso(occurrence.slot) + "), and it has no row and no range"};
  const bool doubtful = zones_since_ && occurrence.at <= *zones_since_;
  if (!doubtful) return report_(std::move(finding));
  if (moved_ && occurrence.at - *moved_ <= far_enough) return;
  finding.detail += "; zone data may have changed since";
  doubtful_.push_back(std::move(finding));
}

/// A slot near to it was put elsewhere by other zone data: so was this one.
void ScheduleAudit::settle(Instant now) {
  while (!doubtful_.empty()) {
    const Instant at = doubtful_.front().at;
    const bool explained = moved_ && std::chrono::abs(*moved_ - at) <= far_enough;
    if (!explained && now != Instant::max() && now - at <= far_enough) return;
    if (!explained) report_(std::move(doubtful_.front()));
    doubtful_.pop_front();
  }
}

const Schedule* ScheduleAudit::find(const std::string& revision) const {
  const auto found = schedules_.find(revision);
  return found == schedules_.end() ? nullptr : &found->second;
}

}  // namespace nowd
