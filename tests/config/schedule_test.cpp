// Schedules as people write them (docs/schedules.md).
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

TEST_CASE("a day field that starts with */ is restricted only where `or` is written out, and a warning says so") {
  const auto days_of = [](const std::string& text) {
    std::string out;
    const Schedule schedule = schedule_of(text);
    for (const Occurrence& at : occurrences(schedule, early_june(), early_june() + days{30}, 100))
      out += iso(at.slot).substr(5, 5) + " ";
    return out;
  };
  // June 2026: Sundays are 7, 14, 21 and 28.
  CHECK(days_of("0 0 */10 * sun UTC") == "06-21 ");
  CHECK(days_of("{cron: 0 0 */10 * sun, timezone: UTC, day_match: and}") == "06-21 ");
  CHECK(days_of("{cron: 0 0 */10 * sun, timezone: UTC, day_match: or}") == "06-07 06-11 06-14 06-21 06-28 07-01 ");
  CHECK(days_of("{cron: 0 0 11 * */3, timezone: UTC, day_match: or}") ==
        days_of("{cron: \"0 0 11 * 0,3,6\", timezone: UTC, day_match: or}"));
  CHECK(says(said_of("\"0 0 */10 * sun UTC\""), {"warning", "both day fields match", "day_match: or"}));
  CHECK(said_of("{cron: 0 0 */10 * sun, timezone: UTC, day_match: or}").empty());
  CHECK(said_of("\"0 0 */10 * * UTC\"").empty());
  // Where it makes no difference, the expression stays as it was written.
  CHECK(schedule_of("{cron: 0 0 */10 * *, timezone: UTC, day_match: or}").text == "0 0 */10 * * UTC");
}

TEST_CASE("steps that do not divide their field are a warning, with what to write for equal distances") {
  CHECK(says(said_of("\"*/55 * * * * UTC\""), {"warning", "minute '*/55'", "5 minutes long", "every: 55m"}));
  CHECK(says(said_of("\"0 */13 * * * UTC\""), {"warning", "hour '*/13'", "11 hours long", "every: 13h"}));
  CHECK(says(said_of("\"*/7 * * * * * UTC\""), {"warning", "second '*/7'", "4 seconds long", "every: 7s"}));
  const auto in_hours = said_of("\"*/25 9-17 * * * UTC\"");
  CHECK(says(in_hours, {"warning", "minute '*/25'"}));
  CHECK_FALSE(says(in_hours, {"every:"}));
  for (const char* even : {"*/15 * * * * UTC", "0 */6 * * * UTC", "*/60 * * * * UTC", "0 0 */10 * * UTC"}) {
    CAPTURE(even);
    CHECK(said_of("\"" + std::string(even) + "\"").empty());
  }
}

TEST_CASE("a zone in front of the fields is refused, with where it belongs") {
  CHECK(says(said_of("CRON_TZ=Europe/Berlin 0 9 * * *"), {"begins with a zone", "0 9 * * * Europe/Berlin"}));
  CHECK(says(said_of("TZ=Asia/Tokyo 0 9 * * *"), {"begins with a zone", "0 9 * * * Asia/Tokyo"}));
  CHECK(says(said_of("{cron: \"TZ=Asia/Tokyo 0 9 * * *\"}"), {"begins with a zone", "timezone: Asia/Tokyo"}));
}

TEST_CASE("periods may be written in words") {
  const auto period = [](const std::string& text) { return std::get<Every>(schedule_of(text).kind).period; };
  CHECK(period("every 2 hours") == hours{2});
  CHECK(period("every 15 minutes") == minutes{15});
  CHECK(period("every hour") == hours{1});
  CHECK(period("every 1 hour 30 minutes") == minutes{90});
  CHECK(period("every 1w") == days{7});
  CHECK(period("every 15 minutes Europe/Paris") == minutes{15});
  CHECK(says(said_of("every fortnight"), {"time zone 'fortnight' is not known"}));
  CHECK(says(said_of("every 2 moons UTC"), {"'2 moons' is not a period"}));
}

TEST_CASE("an offset that is written as a zone gets the right side of UTC for a remedy") {
  CHECK(says(said_of("{cron: 0 9 * * *, timezone: GMT+5}"), {"name a region, such as Asia/Karachi", "Etc/GMT-5"}));
  CHECK(says(said_of("{cron: 0 9 * * *, timezone: UTC-3}"), {"America/Sao_Paulo", "3 hours behind UTC", "Etc/GMT+3"}));
  CHECK(says(said_of("{cron: 0 9 * * *, timezone: \"+05:30\"}"), {"it is an offset; name a region"}));
  CHECK(says(said_of("{cron: 0 9 * * *, timezone: Etc/GMT+5}"),
             {"warning", "Etc/GMT+5 is 5 hours behind UTC", "America/New_York"}));
  CHECK(says(said_of("{cron: 0 9 * * *, timezone: Etc/GMT-1}"), {"warning", "1 hour ahead of UTC"}));
  CHECK(said_of("{cron: 0 9 * * *, timezone: Etc/GMT}").empty());
}

TEST_CASE("a file that is only looked at may hold an `at` that is over: a warning, no error") {
  const std::string text = job_with_schedule("{at: 2020-12-01T09:00, timezone: UTC}");
  const LoadedJobs looked_at = parse_jobs(text, "job.yaml", {.now = early_june(), .past_at_is_warned = true});
  CHECK(looked_at.ok());
  CHECK(looked_at.jobs.size() == 1);
  CHECK(says(said(looked_at.diagnostics), {"warning", "is in the past: it does not run any more"}));
  CHECK_FALSE(parse_jobs(text, "job.yaml", {.now = early_june()}).ok());
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
