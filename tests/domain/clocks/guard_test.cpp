#include "domain/gates/guard.hpp"

#include <nlohmann/json.hpp>

#include "domain/clocks/clock_runs.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

/// A run of the stand-up, and what the guard looks at; every case changes one thing.
struct Case {
  RunTime run = standup();
  ClockRules rules;
  Now now = after_dispatch(run, seconds{30});
  std::optional<Now> prompted = after_dispatch(run, seconds{20});
  std::vector<DataSeen> data;
  std::vector<RemoteSkew> remotes;

  std::vector<Objection> objections() const {
    return objections_to({run, rules, run.scheduled_at + hours{2}, now, prompted, data, remotes});
  }
  /// "rollover flag rolled_over", or "" where nothing objects.
  std::string first() const {
    const auto all = objections();
    if (all.empty()) return "";
    return std::string(to_string(all[0].rule)) + " " + std::string(to_string(all[0].response)) + " " +
           std::string(to_string(all[0].finding.verdict));
  }
};

DataTimes notes(std::string_view oldest, std::string_view newest, std::int64_t count, std::int64_t inside) {
  return {at(oldest), at(newest), count, 0, inside};
}

}  // namespace

TEST_CASE("a run whose clocks agree meets no objection") { CHECK(Case().first().empty()); }

TEST_CASE("an effect after the run's validity is refused, and only flagged under observe") {
  Case late;
  late.now = after_dispatch(late.run, hours{2});
  CHECK(late.first() == "valid_for refuse expired");
  late.rules = clock_preset("observe").value();
  CHECK(late.first() == "valid_for flag expired");
}

TEST_CASE("a clock block that is too old is refused by the boot clock, whatever the wall clock says") {
  Case old;
  old.now.boot += minutes{11};  // the wall clock was set back meanwhile
  CHECK(old.first() == "fresh refuse aligned");
  old.rules = clock_preset("observe").value();
  CHECK(old.first().empty());
}

TEST_CASE("an effect on another local date than as_of is flagged, and refused under strict") {
  Case midnight;
  midnight.run.as_of = at("2026-06-01T21:59:50Z");  // 23:59:50 in Berlin
  midnight.run.scheduled_at = midnight.run.as_of;
  midnight.now.wall = at("2026-06-01T22:00:01Z");
  CHECK(midnight.first() == "rollover flag rolled_over");
  midnight.rules = clock_preset("strict").value();
  CHECK(midnight.first() == "rollover refuse rolled_over");
}

TEST_CASE("who makes up for a day by hand, with effects, is not refused for their landing today") {
  Case past;
  past.run.kind = RunKind::backfill;
  past.run.as_of = at("2026-05-20T07:00:00Z");
  past.rules = clock_preset("strict").value();
  CHECK(past.first() == "rollover flag rolled_over");
}

TEST_CASE("a clock that is proven to be ahead by more than skew is named; one that is less is not") {
  Case ahead;
  ahead.remotes = {{"https://a:443", seconds{2}}, {"https://b:443", seconds{90}}};
  CHECK(ahead.first() == "skew flag skewed");
  CHECK(ahead.objections()[0].finding.detail.find("https://b:443") != std::string::npos);
  ahead.rules = clock_preset("strict").value();
  CHECK(ahead.first() == "skew refuse skewed");
  ahead.remotes.pop_back();
  CHECK(ahead.first().empty());
}

TEST_CASE("yesterday's notes are stale: nothing of an input lies in the window") {
  Case stale;
  stale.data = {{"notes", true, notes("2026-05-28T08:00:00Z", "2026-05-28T16:00:00Z", 4, 0)}};
  CHECK(stale.first() == "data refuse stale");
  // What another input gives does not make them fresh.
  stale.data.push_back({"calendar", true, notes("2026-05-31T08:00:00Z", "2026-05-31T09:00:00Z", 3, 3)});
  CHECK(stale.first() == "data refuse stale");
  stale.rules.data = Response::none;
  CHECK(stale.first().empty());
}

TEST_CASE("parts outside the window are flagged, and nothing read at all is no error") {
  Case some;
  some.data = {{"notes", true, notes("2026-05-28T08:00:00Z", "2026-05-31T16:00:00Z", 4, 3)}};
  CHECK(some.first() == "data flag stale");
  some.data = {{"notes", true, DataTimes{}}};
  CHECK(some.first().empty());
}

TEST_CASE("a read tool may look at older things, as long as something of what was read lies in the window") {
  Case read;
  read.data = {{"notes", true, notes("2026-05-31T08:00:00Z", "2026-05-31T09:00:00Z", 3, 3)},
               {"crm.get", false, notes("2025-01-01T08:00:00Z", "2025-01-01T08:00:00Z", 1, 0)}};
  CHECK(read.first() == "data flag stale");
  read.data.erase(read.data.begin());
  CHECK(read.first() == "data refuse stale");
}

TEST_CASE("a run on time may read up to now; one that is late, or for the past, reads its window alone") {
  RunTime run = standup();
  const Instant now = run.dispatched_at + seconds{5};
  CHECK(data_window(run, seconds{90}, now) == DataWindow{run.window_start, now + minutes{1}});
  run.dispatched_at += hours{3};
  CHECK(data_window(run, seconds{90}, now + hours{3}) == DataWindow{run.window_start, run.window_end});
  run = standup();
  run.kind = RunKind::backfill;
  CHECK(data_window(run, seconds{90}, now).end == run.window_end);
}

TEST_CASE("a decision carries what it was decided from") {
  Case c;
  c.data = {{"notes", true, notes("2026-05-31T08:00:00Z", "2026-05-31T09:00:00Z", 3, 3)}};
  c.remotes = {{"https://a:443", seconds{1}}};
  const GuardInputs inputs{c.run, c.rules, c.run.scheduled_at + hours{2}, c.now, c.prompted, c.data, c.remotes};
  CHECK(objections_to(inputs).empty());
  const Json evidence = evidence_of(inputs);
  CHECK(evidence["as_of"] == "2026-06-01T07:00:00Z");
  CHECK(evidence["valid_until"] == "2026-06-01T09:00:00Z");
  CHECK(evidence["data"][0]["inside"] == 3);
  CHECK(evidence["remotes"][0]["ahead_ns"] == 1'000'000'000);
}

TEST_CASE("the clock block says what was read") {
  CHECK(data_line({}, standup().zone).empty());
  const std::vector<DataSeen> data = {{"notes", true, notes("2026-05-28T08:00:00Z", "2026-05-31T16:00:00Z", 4, 3)},
                                      {"mail", true, DataTimes{}}};
  CHECK(data_line(data, standup().zone) ==
        "data: notes from 2026-05-28T10:00:00+02:00 to 2026-05-31T18:00:00+02:00, 3 of 4 in the window; mail gave "
        "nothing with a time");
}
