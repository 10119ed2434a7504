// Schedules as people write them (time.md 1).
#include "config/support.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

Schedule schedule_of(const std::string& text) {
  const auto found = load(job_with_schedule(text));
  for (const std::string& message : said(found.diagnostics)) UNSCOPED_INFO(message);
  REQUIRE(found.jobs.size() == 1);
  return found.jobs.front().schedule;
}

std::vector<std::string> said_of(const std::string& schedule) { return said_of_job(job_with_schedule(schedule)); }

/// Without a configuration there is no default zone.
LoadedJobs without_config(const std::string& schedule) {
  return parse_jobs(job_with_schedule(schedule), "job.yaml", {.now = early_june()});
}

}  // namespace

TEST_CASE("the text forms say kind and zone") {
  CHECK(schedule_of("0 9 * * mon-fri Europe/Paris").text == "0 9 * * mon-fri Europe/Paris");
  CHECK(schedule_of("\"@daily America/New_York\"").text == "@daily America/New_York");
  CHECK(schedule_of("30 0 9 * * * UTC").text == "30 0 9 * * * UTC");
  CHECK(std::get<Every>(schedule_of("every 15m").kind) == Every{minutes{15}, Instant{}});
  CHECK(schedule_of("every 90s").text == "every 90s");
  CHECK(std::holds_alternative<Manual>(schedule_of("manual").kind));
  CHECK(schedule_of("manual Asia/Tokyo").zone.name() == "Asia/Tokyo");
}

TEST_CASE("the last word of a text is a zone only if no cron field reads like it") {
  CHECK(schedule_of("0 9 * * MON").text == "0 9 * * MON Europe/Berlin");
  CHECK(schedule_of("0 9 * * mon-fri").text == "0 9 * * mon-fri Europe/Berlin");
  CHECK(schedule_of("0 9 L * ?").text == "0 9 L * ? Europe/Berlin");
  CHECK(schedule_of("0 9 * * 5L").zone.name() == "Europe/Berlin");
  CHECK(schedule_of("0 9 * * * UTC").zone.name() == "UTC");
  CHECK(schedule_of("0 9 * * fri EST5EDT").zone.name() == "EST5EDT");
}

TEST_CASE("the short form is short for the mapping") {
  Schedule text = schedule_of("0 9 * * mon-fri Europe/Paris");
  CHECK(text == schedule_of("{cron: \"0 9 * * mon-fri\", timezone: Europe/Paris}"));
  CHECK(schedule_of("every 15m") == schedule_of("{every: 15m}"));
  CHECK(schedule_of("manual") == schedule_of("{manual: true}"));
}

TEST_CASE("the mapping sets every policy") {
  const Schedule schedule = schedule_of(
      "{cron: 0 9 1 * mon, timezone: Europe/Paris, gap: skip, fold: both, day_match: and, jitter: 2m, from: "
      "2026-01-01, "
      "until: 2027-01-01, except: [2026-12-26, 2026-12-25, 2026-12-25], overlap: {policy: skip}}");
  CHECK(schedule.gap == Gap::skip);
  CHECK(schedule.fold == Fold::both);
  CHECK(schedule.day_match == DayMatch::all);
  CHECK(schedule.jitter == minutes{2});
  CHECK(iso_date(*schedule.from) == "2026-01-01");
  CHECK(iso_date(*schedule.until) == "2027-01-01");
  REQUIRE(schedule.except.size() == 2);
  CHECK(iso_date(schedule.except.front()) == "2026-12-25");
}

TEST_CASE("an anchor is an instant, or a local time of the schedule's zone") {
  const Instant expected = *parse_rfc3339("2026-01-01T00:00:00+01:00");
  CHECK(std::get<Every>(schedule_of("{every: 1h, anchor: \"2025-12-31T23:00:00Z\"}").kind).anchor == expected);
  CHECK(std::get<Every>(schedule_of("{every: 1h, anchor: 2026-01-01T00:00}").kind).anchor == expected);
  CHECK(says(said_of("{every: 1h, anchor: yesterday}"), {"schedule.anchor: 'yesterday' is not a time"}));
}

TEST_CASE("`at` takes one local time or several, in any order, each once") {
  const Schedule schedule = schedule_of("{at: [2026-12-02T09:00, 2026-12-01T09:00, 2026-12-02T09:00]}");
  REQUIRE(std::get<At>(schedule.kind).slots.size() == 2);
  CHECK(schedule.text == "at 2026-12-01T09:00 and 1 more Europe/Berlin");
  CHECK(schedule_of("{at: 2026-12-01T09:00:30}").text == "at 2026-12-01T09:00:30 Europe/Berlin");
  CHECK(says(said_of("{at: \"2026-12-01T09:00Z\"}"), {"3:16: schedule.at:", "without an offset"}));
  CHECK(says(said_of("{at: []}"), {"the list is empty"}));
}

TEST_CASE("the host's zone is never taken in silence") {
  for (const std::string schedule :
       {"0 9 * * *", "{cron: 0 9 * * *}", "{at: 2026-12-01T09:00}", "{every: 1h, from: 2026-06-02}"}) {
    INFO(schedule);
    CHECK(says(said(without_config(schedule).diagnostics),
               {"there is no time zone", "defaults.timezone", "no nowd.yaml was read"}));
  }
  CHECK(without_config("every 1h").ok());
  CHECK(without_config("manual").ok());
  CHECK(without_config("0 9 * * * Europe/Berlin").ok());
}

TEST_CASE("an unknown zone is refused with the one that was probably meant") {
  CHECK(says(said_of("0 9 * * * Europe/Berln"), {"3:11: ", "'Europe/Berln'", "Europe/Berlin"}));
  CHECK(says(said_of("{cron: 0 9 * * *, timezone: europe/berlin}"), {"3:39: ", "'europe/berlin'", "Europe/Berlin"}));
}

TEST_CASE("a field that is out of range is refused with the value and the range") {
  CHECK(says(said_of("61 9 * * *"), {"3:11: minute '61' is not in 0-59"}));
  CHECK_FALSE(load(job_with_schedule("0 9 * *")).ok());
  CHECK_FALSE(load(job_with_schedule("hourly")).ok());
}

TEST_CASE("a schedule that can never fire is refused") {
  CHECK_FALSE(load(job_with_schedule("0 9 30 2 *")).ok());
  CHECK(says(said_of("{cron: 0 9 * * *, from: 2026-07-01, until: 2026-07-02, except: 2026-07-01}"),
             {"can never fire within from, until and except"}));
  CHECK(says(said_of("{at: 2026-12-01T09:00, until: 2026-11-01}"), {"can never fire within"}));
  CHECK(says(said_of("{cron: 0 9 * * *, from: 2026-07-02, until: 2026-07-02}"),
             {"schedule.until: must be later than from"}));
}

TEST_CASE("a schedule that is over is no fault") {
  CHECK(load(job_with_schedule("{cron: 0 9 * * *, until: 2025-01-01}")).ok());
  CHECK(load(job_with_schedule("{cron: 0 9 * * *, from: 2024-01-01, until: 2025-01-01}")).ok());
}

TEST_CASE("`at` inside a gap is refused: there is no such time") {
  // Europe/Berlin, 2027-03-28: 02:00 to 03:00 does not exist.
  CHECK(says(said_of("{at: [2027-03-28T02:30, 2027-03-28T03:30]}"),
             {"3:17: ", "'2027-03-28T02:30' does not exist", "Europe/Berlin", "to 03:00"}));
}

TEST_CASE("a new `at` in the past is refused, an old one is not") {
  const std::string text = job_with_schedule("{at: 2026-05-31T09:00, timezone: UTC}");
  CHECK(says(said_of_job(text), {"3:16: ", "'2026-05-31T09:00' is in the past"}));
  CHECK(parse_jobs(text, "job.yaml", {.config = &sample_config(), .now = early_june(), .known_past_at = {"standup"}})
            .ok());
  CHECK_FALSE(
      parse_jobs(text, "job.yaml", {.config = &sample_config(), .now = early_june(), .known_past_at = {"other"}}).ok());
}

TEST_CASE("a schedule is of exactly one kind") {
  CHECK(says(said_of("{cron: 0 9 * * *, every: 5m}"), {"cron and every cannot stand together"}));
  CHECK(says(said_of("{timezone: UTC}"), {"needs one of cron, every, at and manual"}));
  CHECK(says(said_of("{manual: false}"), {"write manual: true"}));
  CHECK(says(said_of("{cron: every 5m}"), {"is no cron expression"}));
  CHECK(says(said_of("{cron: 0 9 * * * Europe/Berlin}"), {"write timezone: Europe/Berlin"}));
  CHECK(says(said_of("manual every day"), {"nothing can follow 'manual'"}));
}

TEST_CASE("a policy that makes no difference is refused, not ignored") {
  CHECK(says(said_of("{every: 5m, gap: skip}"), {"schedule.gap: makes no difference to 'every'"}));
  CHECK(says(said_of("{cron: 0 9 * * *, anchor: 2026-01-01}"), {"schedule.anchor: makes no difference to 'cron'"}));
  CHECK(says(said_of("{manual: true, jitter: 5m}"), {"schedule.jitter: makes no difference to 'manual'"}));
  CHECK(says(said_of("{at: 2026-12-01T09:00, day_match: and}"), {"makes no difference to 'at'"}));
}

TEST_CASE("periods and jitter are bounded and count in whole seconds") {
  CHECK(says(said_of("every 500ms"), {"is not a period in whole seconds"}));
  CHECK(says(said_of("every 0s"), {"out of range"}));
  CHECK(says(said_of("{every: 100ms}"), {"out of range"}));
  CHECK(says(said_of("{every: 1500ms}"), {"not a whole number of seconds"}));
  CHECK(says(said_of("{every: 5m, jitter: 5m}"), {"jitter", "must be shorter than the period"}));
  CHECK(load(job_with_schedule("{every: 5m, jitter: 4m}")).ok());
  CHECK(says(said_of("{cron: \"*/5 * * * *\", jitter: 5m}"), {"warning", "may start in the wrong order"}));
}

TEST_CASE("words that are not policies are refused with those that are") {
  CHECK(says(said_of("{cron: 0 9 * * *, gap: nxt}"), {"schedule.gap: 'nxt' is not known here; did you mean 'next'?"}));
  CHECK(says(said_of("{cron: 0 9 * * *, overlap: queue}"), {"schedule.overlap: 'queue' is not known here"}));
}

TEST_CASE("slots that meet a gap or a fold within two years are announced with their dates, in one line each") {
  const auto messages = said_of("30 2 * * * Europe/Berlin");
  REQUIRE(messages.size() == 2);
  CHECK(says(messages, {"3:11: warning:", "Europe/Berlin has no 02:30 on 2027-03-28 and 2028-03-26", "gap: next"}));
  CHECK(says(messages, {"3:11: warning:", "has 02:30 on 2026-10-25 and 2027-10-31 twice", "fold: first"}));
  CHECK(said_of("30 4 * * * Europe/Berlin").empty());
  CHECK(said_of("30 2 * * mon-fri Europe/Berlin").empty());  // the clocks change on Sundays
}

TEST_CASE("slots that gap: skip drops are announced too") {
  CHECK(says(said_of("{cron: 30 2 * * *, gap: skip}"), {"has no 02:30 on 2027-03-28", "it does not run then"}));
}

TEST_CASE("many slots in one clock change are one line") {
  const auto messages = said_of("{cron: \"*/5 2 * * *\", gap: shift}");
  REQUIRE(messages.size() == 2);
  CHECK(says(messages, {"02:00 (and 11 more) on 2027-03-28 and 2028-03-26"}));
}

TEST_CASE("a cadence follows real time, so clock changes are no news for it") {
  CHECK(said_of("\"*/15 * * * * Europe/Berlin\"").empty());
  CHECK(said_of("every 1h").empty());
}

TEST_CASE("two restricted day fields without day_match are a warning, with it they are not") {
  CHECK(says(said_of("0 9 13 * fri"), {"warning", "both day fields are set", "day_match"}));
  CHECK(said_of("{cron: 0 9 13 * fri, day_match: or}").empty());
}

TEST_CASE("a slot from which a usual run reaches the next day is a warning") {
  CHECK(says(said_of("50 23 * * *"), {"warning", "close to midnight"}));
  CHECK(says(said_of("{at: 2026-12-01T23:55}"), {"close to midnight"}));
  CHECK(said_of("30 23 * * *").empty());
  CHECK(said_of("50 22 * * *").empty());
}
