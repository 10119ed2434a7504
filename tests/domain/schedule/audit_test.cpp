// Schedules counted again: what is absent, what nothing explains, and what only looks like it. Zone data of another
// release is played by another zone.
#include "domain/planning/audit.hpp"

#include "support/catch.hpp"

using namespace nowd;

namespace {

using What = AuditFinding::What;

Instant at(std::string_view text) { return *parse_rfc3339(text); }

Schedule cron(const char* fields, const char* zone) {
  Schedule made;
  made.kind = *Cron::parse(fields);
  made.zone = *Zone::find(zone);
  made.text = std::string(fields) + " " + zone;
  return made;
}
Schedule every(seconds period) {
  Schedule made;
  made.kind = Every{period, {}};
  made.text = "every";
  return made;
}

RecordedOccurrence recorded(const Occurrence& occurrence, const std::string& revision = "a") {
  return {occurrence.at, occurrence.slot, occurrence.offset, occurrence.kind, revision, false, false};
}
std::vector<RecordedOccurrence> all(const Schedule& schedule, Instant after, Instant until,
                                    const std::string& revision = "a") {
  std::vector<RecordedOccurrence> rows;
  for (const Occurrence& each : occurrences(schedule, after, until, 100'000)) rows.push_back(recorded(each, revision));
  return rows;
}

using Found = std::vector<std::pair<What, Instant>>;

Found audited(ScheduleAudit::Question question, std::map<std::string, Schedule> schedules,
              const std::vector<RecordedOccurrence>& rows) {
  Found found;
  ScheduleAudit audit(std::move(question), std::move(schedules),
                      [&](const AuditFinding& each) { found.push_back({each.what, each.at}); });
  for (const RecordedOccurrence& row : rows) audit.check_row(row);
  audit.finish();
  return found;
}

const Instant monday = at("2026-03-23T00:00:00Z"), tuesday = at("2026-03-24T00:00:00Z"),
              next_monday = at("2026-03-30T00:00:00Z");  // the clocks of Berlin change on the 29th

}  // namespace

TEST_CASE("a ledger that has everything gives nothing, over a clock change too") {
  for (const char* fields : {"*/15 * * * *", "30 2 * * *", "0 9 * * mon-fri", "30 2,3 * * *"}) {
    const Schedule schedule = cron(fields, "Europe/Berlin");
    CHECK(audited({{{"a", monday, next_monday}}, {}, {}}, {{"a", schedule}}, all(schedule, monday, next_monday)) ==
          Found{});
  }
}

TEST_CASE("each row that is taken out is named, first and last too, and no other") {
  const Schedule schedule = cron("0 */6 * * *", "UTC");
  const std::vector<RecordedOccurrence> rows = all(schedule, monday, tuesday);
  REQUIRE(rows.size() == 4);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    std::vector<RecordedOccurrence> left = rows;
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(k));
    CHECK(audited({{{"a", monday, tuesday}}, {}, {}}, {{"a", schedule}}, left) == Found{{What::absent, rows[k].at}});
  }
}

TEST_CASE("a row that its schedule does not name, or whose schedule nobody knows, is named") {
  const Schedule schedule = cron("0 */6 * * *", "UTC");
  std::vector<RecordedOccurrence> rows = all(schedule, monday, tuesday);
  RecordedOccurrence stranger = rows[1];
  stranger.at += minutes{1};
  rows.insert(rows.begin() + 2, stranger);
  CHECK(audited({{{"a", monday, tuesday}}, {}, {}}, {{"a", schedule}}, rows) ==
        Found{{What::unexplained, stranger.at}});
  rows[2] = rows[1];
  rows[2].at = stranger.at;
  rows[2].schedule_revision = "unknown";
  CHECK(audited({{{"a", monday, tuesday}}, {}, {}}, {{"a", schedule}}, rows) ==
        Found{{What::unexplained, stranger.at}});
}

TEST_CASE("a range stands for what lies in it; one that counts wrong, or ends elsewhere, is named") {
  const Schedule schedule = every(minutes{1});
  const Instant first = monday + hours{3}, last = monday + hours{6};
  std::vector<RecordedOccurrence> rows = all(schedule, monday, first - minutes{1});
  for (const RecordedOccurrence& row : all(schedule, last, monday + hours{8})) rows.push_back(row);
  const std::vector<InForce> in_force{{"a", monday, monday + hours{8}}};
  CHECK(audited({in_force, {{first, last, 181, "a", true}}, {}}, {{"a", schedule}}, rows) == Found{});
  CHECK(audited({in_force, {{first, last, 180, "a", true}}, {}}, {{"a", schedule}}, rows) ==
        Found{{What::unexplained, first}});
  CHECK(audited({in_force, {{first, last, 180, "a", false}}, {}}, {{"a", schedule}}, rows) == Found{});  // not counted
  CHECK(audited({in_force, {{first, last + seconds{1}, 181, "a", true}}, {}}, {{"a", schedule}}, rows) ==
        Found{{What::unexplained, first}});
  CHECK(audited({in_force, {{first, last - minutes{1}, 180, "a", true}}, {}}, {{"a", schedule}}, rows) ==
        Found{{What::absent, last}});
  // A backfill in the middle of it is a row within a range.
  rows.insert(rows.begin() + 179, recorded(*next_occurrence(schedule, first + hours{1})));
  CHECK(audited({in_force, {{first, last, 181, "a", true}}, {}}, {{"a", schedule}}, rows) == Found{});
}

TEST_CASE("an edit: each schedule answers for its own stretch, and what it had planned beyond is explained") {
  const Schedule before = cron("0 * * * *", "UTC"), after = cron("30 * * * *", "UTC");
  const Instant edit = monday + hours{6} + minutes{15};
  std::vector<RecordedOccurrence> rows = all(before, monday, edit, "a");
  for (const RecordedOccurrence& row : all(after, edit, tuesday, "b")) rows.push_back(row);
  RecordedOccurrence withdrawn = recorded(*next_occurrence(before, edit));
  withdrawn.replaced = true;
  rows.insert(rows.begin() + 7, withdrawn);  // 06:30 of the new one comes first
  const std::map<std::string, Schedule> schedules{{"a", before}, {"b", after}};
  const std::vector<InForce> in_force{{"a", monday, edit}, {"b", edit, tuesday}};
  CHECK(audited({in_force, {}, {}}, schedules, rows) == Found{});

  std::vector<RecordedOccurrence> early = rows;
  early.erase(early.begin());
  CHECK(audited({in_force, {}, {}}, schedules, early) == Found{{What::absent, rows[0].at}});
  std::vector<RecordedOccurrence> lost = rows;
  lost[8].replaced = true;  // 07:30 is named, and would never run
  CHECK(audited({in_force, {}, {}}, schedules, lost) == Found{{What::replaced, rows[8].at}});
}

TEST_CASE("what is planned ahead of the stretch is looked at, and not expected") {
  const Schedule schedule = every(minutes{1});
  std::vector<RecordedOccurrence> rows = all(schedule, monday, monday + hours{1} + minutes{1});
  CHECK(audited({{{"a", monday, monday + hours{1}}}, {}, {}}, {{"a", schedule}}, rows) == Found{});
  rows.back().at += seconds{1};
  CHECK(audited({{{"a", monday, monday + hours{1}}}, {}, {}}, {{"a", schedule}}, rows) ==
        Found{{What::unexplained, rows.back().at}});
}

TEST_CASE("rows of older zone data need name their slot only, and a slot served elsewhere is not absent") {
  // What was 09:00 in Berlin's data is 09:00 in London's now: an hour later.
  const Schedule then = cron("0 9 * * *", "Europe/Berlin"), now = cron("0 9 * * *", "Europe/London");
  const Instant upgrade = monday + days{3};
  std::vector<RecordedOccurrence> rows = all(then, monday, upgrade);
  for (RecordedOccurrence& row : rows) row.older_zones = true;
  for (const RecordedOccurrence& row : all(now, upgrade, next_monday)) rows.push_back(row);
  const std::vector<InForce> in_force{{"a", monday, next_monday}};
  CHECK(audited({in_force, {}, upgrade}, {{"a", now}}, rows) == Found{});

  std::vector<RecordedOccurrence> strange = rows;
  strange[1].slot += minutes{1};
  strange[1].at += minutes{1};
  CHECK(audited({in_force, {}, upgrade}, {{"a", now}}, strange) == Found{{What::unexplained, strange[1].at}});
  std::vector<RecordedOccurrence> lost = rows;
  lost.erase(lost.begin() + 4);
  CHECK(audited({in_force, {}, upgrade}, {{"a", now}}, lost) == Found{{What::absent, rows[4].at}});
}

TEST_CASE("before an upgrade that moved nothing a gap is told, with a word of doubt") {
  const Schedule schedule = cron("0 9 * * *", "Europe/Berlin");
  std::vector<RecordedOccurrence> rows = all(schedule, monday, next_monday);
  for (RecordedOccurrence& row : rows) row.older_zones = true;
  const Instant gone = rows[2].at;
  rows.erase(rows.begin() + 2);
  std::vector<std::string> details;
  ScheduleAudit audit({{{"a", monday, next_monday}}, {}, next_monday}, {{"a", schedule}},
                      [&](const AuditFinding& each) {
                        CHECK(each.at == gone);
                        details.push_back(each.detail);
                      });
  for (const RecordedOccurrence& row : rows) audit.check_row(row);
  audit.finish();
  CHECK(details == std::vector<std::string>{"0 9 * * * Europe/Berlin names it (2026-03-25T09:00:00), and it has no row "
                                            "and no range; zone data may have changed since"});
}
