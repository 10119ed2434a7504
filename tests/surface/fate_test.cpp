#include "surface/terminal/fate.hpp"

#include <nlohmann/json.hpp>

#include "support/catch.hpp"

using namespace nowd;

namespace {

Instant at(const char* text) { return parse_rfc3339(text).value(); }
bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Schedule daily(const char* cron = "30 2 * * *", Gap gap = Gap::next) {
  Schedule schedule;
  schedule.kind = Cron::parse(cron).value();
  schedule.zone = Zone::find("Europe/Berlin").value();
  schedule.gap = gap;
  schedule.text = std::string(cron) + " Europe/Berlin";
  return schedule;
}

/// A question about a job that has planned up to 2026-06-02, asked on 2026-06-01 at noon UTC.
FateQuestion question(const char* moment) {
  FateQuestion q;
  q.ledger = {{"job", {{"job", "backup"}, {"state", "active"}, {"paused_at", nullptr}}},
              {"cursor",
               {{"planned_from", "2026-01-01T00:00:00Z"},
                {"materialised_through", "2026-06-02T00:30:00Z"},
                {"zone", "Europe/Berlin"}}},
              {"fate", Json::array()},
              {"manual_runs", Json::array()},
              {"served_by", nullptr}};
  q.at = at(moment);
  q.schedule = daily();
  q.now = at("2026-06-01T12:00:00Z");
  return q;
}

void add_row(FateQuestion& q, Json more) {
  Json row{{"scheduled_at", rfc3339(q.at)},
           {"until_at", rfc3339(q.at)},
           {"count", 1},
           {"kind", "scheduled"},
           {"reason", nullptr},
           {"due_at", rfc3339(q.at)},
           {"attempts", 0},
           {"run", nullptr}};
  row.update(more);
  q.ledger["fate"].push_back(row);
}

std::string answer(const FateQuestion& q) { return fate_text(q, {}); }

}  // namespace

TEST_CASE("why: an occurrence whose run was deleted by retention still says that it ran") {
  FateQuestion q = question("2026-06-01T00:30:00Z");
  add_row(q, {{"state", "done"}, {"attempts", 2}});
  CHECK(holds(answer(q), "done, it ran 2 times; the records of that were deleted (retention)"));
}

TEST_CASE("why: an occurrence that ran names its run, how late it was and where to look") {
  FateQuestion q = question("2026-06-01T00:30:00Z");
  add_row(q, {{"state", "done"},
              {"run", 7},
              {"run_state", "failed"},
              {"verdict", "late"},
              {"attempts", 2},
              {"dispatched_at", "2026-06-01T00:34:10Z"}});
  const std::string text = answer(q);
  CHECK(text ==
        "backup at Mon 2026-06-01 02:30:00 +02:00 (00:30:00Z): ran as run 7, failed, clocks late\n"
        "dispatched at Mon 2026-06-01 02:34:10 +02:00 (00:34:10Z), 4m10s late\n"
        "it is the last of 2 attempts\n"
        "next: nowctl show 7\n");
}

TEST_CASE("why: a missed or skipped one gives the reason in words") {
  FateQuestion q = question("2026-05-30T00:30:00Z");
  add_row(q, {{"state", "missed"}, {"reason", "down"}, {"judged_at", "2026-06-01T08:00:00Z"}});
  CHECK(holds(answer(q), "missed, nowd was not running\ndecided at Mon 2026-06-01 10:00:00 +02:00"));
  q.ledger["fate"][0]["state"] = "skipped";
  q.ledger["fate"][0]["reason"] = "overlap";
  CHECK(holds(answer(q), "skipped, a run of the job was still going when its turn came"));
}

TEST_CASE("why: every reason the ledger knows has words") {
  for (const char* reason : {"down", "suspended", "clock_jump", "window", "cutoff", "frozen", "paused", "overlap",
                             "limit", "nothing_to_do", "crash_loop", "rescheduled", "retired"}) {
    INFO(reason);
    CHECK(reason_in_words(reason).find(' ') != std::string::npos);
  }
}

TEST_CASE("why: a coalesced one names the occurrence and the run that served it") {
  FateQuestion q = question("2026-05-30T00:30:00Z");
  add_row(q, {{"state", "coalesced"}, {"coalesced_into", "2026-05-31T00:30:00Z"}});
  q.ledger["served_by"] = {{"run", 6}, {"run_state", "succeeded"}};
  CHECK(
      holds(answer(q),
            "the later occurrence at Sun 2026-05-31 02:30:00 +02:00 (00:30:00Z) served it too, as run 6 (succeeded)"));
}

TEST_CASE("why: of a long absence that one run made up for, that run is named") {
  FateQuestion q = question("2026-05-11T00:30:00Z");
  add_row(q, {{"scheduled_at", "2026-05-10T00:30:00Z"},
              {"until_at", "2026-05-20T00:30:00Z"},
              {"count", 11},
              {"state", "coalesced"},
              {"coalesced_into", "2026-05-21T00:30:00Z"}});
  q.ledger["served_by"] = {{"run", 6}, {"run_state", "succeeded"}};
  const std::string text = answer(q);
  CHECK(holds(text, "coalesced, the later occurrence at Thu 2026-05-21 02:30:00 +02:00 (00:30:00Z) served it too"));
  CHECK(holds(text, "it is one of 11 from"));
  CHECK(text.ends_with("next: nowctl show 6\n"));
}

TEST_CASE("why: a planned one is due, or overdue, or held by a pause") {
  FateQuestion q = question("2026-06-02T00:30:00Z");
  add_row(q, {{"state", "planned"}});
  CHECK(holds(answer(q), "planned, due in 12h30m"));
  q.now = at("2026-06-02T01:00:00Z");
  CHECK(holds(answer(q), "planned, due for 30m00s and taken by no daemon"));
  q.ledger["job"]["paused_at"] = "2026-06-01T00:00:00Z";
  q.ledger["job"]["paused_by"] = "alice";
  q.ledger["job"]["paused_reason"] = "migration";
  CHECK(holds(answer(q), "the job is paused by alice: migration"));
}

TEST_CASE("why: one inside a range is explained by it, but only if the schedule names it") {
  FateQuestion q = question("2026-05-11T00:30:00Z");
  add_row(q, {{"scheduled_at", "2026-05-10T00:30:00Z"},
              {"until_at", "2026-05-20T00:30:00Z"},
              {"count", 11},
              {"state", "missed"},
              {"reason", "down"}});
  CHECK(holds(answer(q), "missed, nowd was not running\nit is one of 11 from"));
  q.at = at("2026-05-11T00:31:00Z");
  CHECK(!holds(answer(q), "missed"));
  CHECK(holds(answer(q), "not an occurrence of 30 2 * * * Europe/Berlin"));
  q.schedule.reset();
  CHECK(holds(answer(q), "if it is an occurrence, missed"));
}

TEST_CASE("why: a moment that is no occurrence names the nearest two") {
  const std::string text = answer(question("2026-06-01T09:00:00Z"));
  CHECK(holds(text, "not an occurrence of 30 2 * * * Europe/Berlin"));
  CHECK(holds(text, "the one before: Mon 2026-06-01 02:30:00 +02:00 (00:30:00Z)   2026-06-01T00:30:00Z"));
  CHECK(holds(text, "the one after:  Tue 2026-06-02 02:30:00 +02:00 (00:30:00Z)   2026-06-02T00:30:00Z"));
}

TEST_CASE("why: a slot that gap: skip dropped is named, asked for as a local time or as the jump") {
  FateQuestion q = question("2026-03-29T01:00:00Z");
  q.schedule = daily("30 2 * * *", Gap::skip);
  CHECK(holds(answer(q), "2026-03-29T02:30:00 does not exist in Europe/Berlin"));
  CHECK(holds(answer(q), "the job says gap: skip"));
  q.missing = parse_local("2026-03-29T02:30").value();
  CHECK(holds(answer(q), "the job says gap: skip"));
  // Another local time of the same gap is no slot of this job.
  q.missing = parse_local("2026-03-29T02:15").value();
  CHECK(!holds(answer(q), "the job says gap: skip"));
}

TEST_CASE("why: before the schedule was in force, to come, missing, and after the job was retired") {
  CHECK(holds(answer(question("2025-12-31T01:30:00Z")), "in force only since Thu 2026-01-01 01:00:00 +01:00"));
  CHECK(holds(answer(question("2026-06-05T00:30:00Z")), "to come in 3d 12h, not planned yet"));
  CHECK(holds(answer(question("2026-05-05T00:30:00Z")), "should have a row in the ledger and has none"));
  FateQuestion retired = question("2026-06-05T00:30:00Z");
  retired.ledger["job"]["state"] = "retired";
  CHECK(holds(answer(retired), "the job is retired"));
}

TEST_CASE("why: a run that somebody asked for by hand is named too") {
  FateQuestion q = question("2026-06-01T09:00:00Z");
  q.ledger["manual_runs"].push_back({{"run", 9}, {"state", "succeeded"}});
  CHECK(holds(answer(q), "asked for by hand for this moment: run 9, succeeded"));
  q.schedule->kind = Manual{};
  CHECK(holds(answer(q), "the job has no schedule"));
}

TEST_CASE("why: an occurrence that somebody wanted skipped says who and why") {
  FateQuestion q = question("2026-06-02T00:30:00Z");
  add_row(q, {{"state", "skipped"}, {"reason", "asked"}});
  q.ledger["decided"] = {{"by", "alice"}, {"why", "public holiday"}};
  CHECK(holds(answer(q), "skipped, a person asked for that"));
  CHECK(holds(answer(q), "it was alice, because: public holiday"));
}
