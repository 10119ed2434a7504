#include "ledger/reader/subjects/schedule_audit.hpp"

#include <nlohmann/json.hpp>
#include <set>

#include "domain/planning/audit.hpp"
#include "ledger/pg/record/batch.hpp"

namespace nowd::pg {
namespace {

constexpr int rows_per_page = 10'000;
/// As many as nowd.verify is asked for.
constexpr std::size_t max_findings = 10'000;

constexpr Statement jobs_to_audit{"audit_jobs",
                                  "select c.job, clock_timestamp() from nowd.job_cursor c"
                                  " where $1::text is null or c.job = $1 order by c.job"};

constexpr Statement in_force{
    "audit_in_force",
    "select s.schedule_revision, greatest(s.planned_from, $2::timestamptz), s.planned_until from nowd.past_schedule s"
    " where s.job = $1 and s.planned_until > $2::timestamptz"
    " union all select c.schedule_revision, greatest(c.planned_from, $2::timestamptz),"
    " least(c.materialised_through, $3::timestamptz) from nowd.job_cursor c where c.job = $1"};

// A range that began before is taken as it is: counting it would reach back beyond what is asked about.
constexpr Statement ranges_since{"audit_ranges",
                                 "select g.first_at, g.last_at, g.count, g.schedule_revision,"
                                 " g.first_at > $2::timestamptz and coalesce(g.recorded_at > $3::timestamptz, true)"
                                 " from nowd.occurrence_range g where g.job = $1 and g.last_at > $2::timestamptz"};

// Of several revisions with one schedule any will do.
constexpr Statement schedule_of_revision{"audit_schedule",
                                         "select v.spec::text from nowd.revisions v where v.job = $1"
                                         " and v.schedule_revision = $2 order by v.number desc limit 1"};

// With the last moment at which it was planned by other zone data than this reader has.
constexpr Statement schedules_of_rows{
    "audit_schedules_of_rows",
    "select o.schedule_revision, max(o.recorded_at) filter (where o.tzdata <> $3) from nowd.occurrence o"
    " where o.job = $1 and o.scheduled_at > $2::timestamptz group by o.schedule_revision"};
constexpr Statement zones_changed{"audit_zones_changed",
                                  "select max(e.recorded_at) from nowd.clock_event e where e.kind = 'tzdata'"};

// An edit withdraws what still waits of the schedule before: that is as it should be.
constexpr Statement occurrences_page{
    "audit_occurrences",
    "select o.scheduled_at, o.slot, extract(epoch from o.utc_offset)::bigint, o.slot_kind, o.schedule_revision,"
    " o.state = 'withdrawn' and o.reason is distinct from 'retired' and not exists (select from nowd.past_schedule p"
    " where p.job = o.job and p.schedule_revision = o.schedule_revision and o.scheduled_at <= p.planned_until"
    " and o.judged_at >= p.planned_until), coalesce(o.recorded_at <= $3::timestamptz, false)"
    " from nowd.occurrence o where o.job = $1 and o.scheduled_at > $2::timestamptz order by o.scheduled_at"
    " limit $4::integer"};

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

/// One job's, in one pass over its rows.
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
          transaction_.run(occurrences_page, {job_, rfc3339(after), zones_since, std::to_string(rows_per_page)});
      for (const Values& row : page.rows) audit.row(occurrence_of(row));
      more = page.size() == rows_per_page;
      if (more) after = parse_timestamptz(*page.rows.back()[0]);
      if (!more) audit.finish();
    }
  }

 private:
  void look_at_rows() {
    zones_since_ = instant_of(transaction_.run(zones_changed).rows.at(0)[0]);
    for (const Values& row : transaction_.run(schedules_of_rows, {job_, rfc3339(since_), tzdata_version()}).rows) {
      revisions_.insert(*row[0]);
      zones_since_ = std::max(zones_since_, instant_of(row[1]));
    }
  }

  ScheduleAudit::Question question(Instant now) {
    ScheduleAudit::Question question;
    question.zones_since = zones_since_;
    const Value zones = zones_since_ ? Value(rfc3339(*zones_since_)) : Value();
    for (const Values& row : transaction_.run(in_force, {job_, rfc3339(since_), rfc3339(now)}).rows)
      question.in_force.push_back({*row[0], parse_timestamptz(*row[1]), parse_timestamptz(*row[2])});
    for (const Values& row : transaction_.run(ranges_since, {job_, rfc3339(since_), zones}).rows)
      question.ranges.push_back(
          {parse_timestamptz(*row[0]), parse_timestamptz(*row[1]), std::stoll(*row[2]), *row[3], row[4] == "t"});
    for (const InForce& each : question.in_force) revisions_.insert(each.schedule_revision);
    for (const RecordedRange& each : question.ranges) revisions_.insert(each.schedule_revision);
    return question;
  }

  /// A revision that is not there is the audit's to tell; of one that cannot be read nothing can be told.
  std::optional<std::map<std::string, Schedule>> read_schedules(const ScheduleReader& read) {
    std::map<std::string, Schedule> found;
    for (const std::string& revision : revisions_)
      for (const Values& row : transaction_.run(schedule_of_revision, {job_, revision}).rows) {
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
  for (const Values& row : transaction.run(jobs_to_audit, {job}).rows)
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
