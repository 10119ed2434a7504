#include "ledger/reader/subjects/schedule_audit.hpp"

#include <nlohmann/json.hpp>
#include <set>

#include "domain/planning/audit.hpp"
#include "ledger/pg/record/batch.hpp"
#include "ledger/reader/subjects/schedule_audit.sql.hpp"

namespace nowd::pg {
namespace {

constexpr int rows_per_page = 10'000;
/// The same limit as for nowd.verify.
constexpr std::size_t max_findings = 10'000;

std::string_view check_of(AuditFinding::What what) {
  switch (what) {
    case AuditFinding::What::absent:
      return "expected_occurrence_has_its_row";
    case AuditFinding::What::replaced:
      return "expected_occurrence_is_not_withdrawn";
    case AuditFinding::What::unexplained:
      return "row_has_its_schedule";
  }
  return "";
}

SlotKind slot_kind_of(const std::string& word) {
  for (const SlotKind kind : {SlotKind::gap, SlotKind::fold_first, SlotKind::fold_second})
    if (to_string(kind) == word) return kind;
  return SlotKind::plain;
}

LocalTime slot_of(const std::string& text) {
  const Result<LocalTime> slot = parse_local(text);
  if (!slot) throw std::runtime_error("ledger: " + slot.error().message);
  return *slot;
}

RecordedOccurrence occurrence_of(const Values& row) {
  RecordedOccurrence found;
  found.at = parse_timestamptz(*row[0]);
  found.slot = slot_of(*row[1]);
  found.offset = seconds{std::stoll(*row[2])};
  found.kind = slot_kind_of(*row[3]);
  found.schedule_revision = *row[4];
  found.replaced = row[5] == "t";
  found.older_zones = row[6] == "t";
  return found;
}

/// The audit of one job, in one pass over its rows.
class JobAudit {
 public:
  JobAudit(Transaction& transaction, JobName job, Instant since, std::vector<Json>& findings)
      : transaction_(transaction), job_(std::move(job)), since_(since), findings_(findings) {}

  void run(Instant now, const ScheduleReader& read) {
    look_at_rows();
    ScheduleAudit::Question asked = question(now);
    std::optional<std::map<std::string, Schedule>> schedules = read_schedules(read);
    if (!schedules) return;
    ScheduleAudit audit(std::move(asked), std::move(*schedules), [this](const AuditFinding& found) {
      note(std::string(check_of(found.what)), found.at, found.detail);
    });
    const Value zones_since = zones_since_ ? Value(rfc3339(*zones_since_)) : Value();
    Instant after = since_;
    for (bool more = true; more && findings_.size() < max_findings;) {
      const Table page =
          transaction_.run(sql::read_occurrences, {job_, rfc3339(after), zones_since, std::to_string(rows_per_page)});
      for (const Values& row : page.rows) audit.check_row(occurrence_of(row));
      more = page.size() == rows_per_page;
      if (more) after = parse_timestamptz(*page.rows.back()[0]);
      if (!more) audit.finish();
    }
  }

 private:
  void look_at_rows() {
    zones_since_ = instant_of(transaction_.run(sql::last_zone_change).rows.at(0)[0]);
    for (const Values& row :
         transaction_.run(sql::list_schedules_of_rows, {job_, rfc3339(since_), tzdata_version()}).rows) {
      revisions_.insert(*row[0]);
      zones_since_ = std::max(zones_since_, instant_of(row[1]));
    }
  }

  ScheduleAudit::Question question(Instant now) {
    ScheduleAudit::Question question;
    question.zones_since = zones_since_;
    const Value zones = zones_since_ ? Value(rfc3339(*zones_since_)) : Value();
    for (const Values& row : transaction_.run(sql::list_schedules_in_force, {job_, rfc3339(since_), rfc3339(now)}).rows)
      question.in_force.push_back({*row[0], parse_timestamptz(*row[1]), parse_timestamptz(*row[2])});
    for (const Values& row : transaction_.run(sql::list_ranges, {job_, rfc3339(since_), zones}).rows)
      question.ranges.push_back(
          {parse_timestamptz(*row[0]), parse_timestamptz(*row[1]), std::stoll(*row[2]), *row[3], row[4] == "t"});
    for (const InForce& each : question.in_force) revisions_.insert(each.schedule_revision);
    for (const RecordedRange& each : question.ranges) revisions_.insert(each.schedule_revision);
    return question;
  }

  /// The audit reports a missing revision. A revision that cannot be read makes an audit of the job impossible.
  std::optional<std::map<std::string, Schedule>> read_schedules(const ScheduleReader& read) {
    std::map<std::string, Schedule> found;
    for (const std::string& revision : revisions_)
      for (const Values& row : transaction_.run(sql::read_spec_of_schedule, {job_, revision}).rows) {
        Result<Schedule> schedule = read(*row[0]);
        if (!schedule) {
          note("schedule_can_be_read", since_, "schedule " + revision + ": " + schedule.error().message);
          return std::nullopt;
        }
        found.emplace(revision, std::move(*schedule));
      }
    return found;
  }

  void note(std::string check, Instant at, std::string detail) {
    if (findings_.size() >= max_findings) return;
    findings_.push_back({{"check", std::move(check)},
                         {"run", nullptr},
                         {"job", job_},
                         {"at", rfc3339(at)},
                         {"detail", std::move(detail)}});
  }

  Transaction& transaction_;
  const JobName job_;
  const Instant since_;
  std::vector<Json>& findings_;
  std::optional<Instant> zones_since_;  ///< since when zone data is what this reader has
  std::set<std::string> revisions_;     ///< schedules that are needed
};

}  // namespace

std::vector<Json> audit_schedules(Transaction& transaction, Instant since, const std::optional<JobName>& job,
                                  const ScheduleReader& read) {
  std::vector<Json> findings;
  for (const Values& row : transaction.run(sql::list_jobs_to_audit, {job}).rows)
    if (findings.size() < max_findings)
      JobAudit(transaction, *row[0], since, findings).run(parse_timestamptz(*row[1]), read);
  return findings;
}

}  // namespace nowd::pg

namespace nowd {

std::string computed_rows(const ComputedOccurrences& computed) {
  Json rows = Json::array();
  for (const auto& [at, due, previous] : computed.rows) {
    Json merged = Json::array();
    for (const LocalTime slot : at.merged) merged.push_back(iso(slot));
    rows.push_back({{"scheduled_at", rfc3339(at.at)},
                    {"due_at", rfc3339(due)},
                    {"window_start", rfc3339(previous)},
                    {"slot", iso(at.slot)},
                    {"zone", computed.zone.name()},
                    {"utc_offset", std::to_string(at.offset.count()) + " seconds"},
                    {"slot_kind", to_string(at.kind)},
                    {"merged_slots", std::move(merged)},
                    {"tzdata", tzdata_version()},
                    {"schedule_revision", computed.schedule_revision}});
  }
  return dump_json(rows);
}

}  // namespace nowd
