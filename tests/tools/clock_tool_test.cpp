#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "tools/clock/clock_tool.hpp"
#include "tools/schema/arguments.hpp"
#include "tools/tool.hpp"

using namespace nowd;

namespace {

Instant at(std::string_view text) { return parse_rfc3339(text).value(); }

Json ask(std::string_view arguments) {
  RunTime run;
  run.zone = Zone::find("Europe/Berlin").value();
  run.as_of = at("2026-06-01T07:00:00Z");
  const Now now{at("2026-06-03T08:15:30.5Z"), Tick{}};
  const auto answer = clock_tool(parse_json(arguments).value(), run, now);
  return answer ? *answer : Json{{"error", answer.error().message}};
}
std::string time_of(std::string_view arguments) { return ask(arguments).value("time", "none"); }
std::string error_of(std::string_view arguments) { return ask(arguments).value("error", "none"); }

}  // namespace

TEST_CASE("now is the true time, and as_of stands beside it in every answer") {
  CHECK(ask(R"({"operation":"now"})") ==
        parse_json(R"({"operation":"now","time":"2026-06-03T10:15:30+02:00","utc":"2026-06-03T08:15:30Z",
          "date":"2026-06-03","weekday":"Wednesday","iso_week":"2026-W23","zone":"Europe/Berlin",
          "as_of":"2026-06-01T09:00:00+02:00","now":"2026-06-03T10:15:30+02:00"})")
            .value());
}

TEST_CASE("a time is converted to another zone") {
  CHECK(time_of(R"({"operation":"convert","time":"2026-06-01T09:00","to_zone":"America/New_York"})") ==
        "2026-06-01T03:00:00-04:00");
  CHECK(time_of(R"({"operation":"convert","time":"2026-06-01T09:00","zone":"Asia/Tokyo","to_zone":"UTC"})") ==
        "2026-06-01T00:00:00+00:00");
  CHECK(time_of(R"({"operation":"convert","to_zone":"Asia/Kolkata"})") == "2026-06-01T12:30:00+05:30");
}

TEST_CASE("months end where they end") {
  CHECK(time_of(R"({"operation":"add","time":"2026-01-31","months":1})") == "2026-02-28T00:00:00+01:00");
  CHECK(time_of(R"({"operation":"add","time":"2024-01-31","months":1})") == "2024-02-29T00:00:00+01:00");
  CHECK(time_of(R"({"operation":"add","time":"2024-02-29","years":1})") == "2025-02-28T00:00:00+01:00");
  CHECK(time_of(R"({"operation":"add","time":"2026-03-31","months":-1,"days":1})") == "2026-03-01T00:00:00+01:00");
  CHECK(time_of(R"({"operation":"add","days":-1})") == "2026-05-31T09:00:00+02:00");
}

TEST_CASE("a day keeps the local time over a clock change, twenty-four hours do not") {
  CHECK(time_of(R"({"operation":"add","time":"2026-03-28T12:00","days":1})") == "2026-03-29T12:00:00+02:00");
  CHECK(time_of(R"({"operation":"add","time":"2026-03-28T12:00","hours":24})") == "2026-03-29T13:00:00+02:00");
  CHECK(time_of(R"({"operation":"add","time":"2026-10-25T01:30","hours":2,"minutes":30})") ==
        "2026-10-25T03:00:00+01:00");
}

TEST_CASE("a local time that does not exist or exists twice is answered with a note") {
  const Json gap = ask(R"({"operation":"add","time":"2026-03-28T02:30","days":1})");
  CHECK(gap["time"] == "2026-03-29T03:00:00+02:00");
  CHECK(gap["note"].get<std::string>().find("2026-03-29T02:30:00 does not exist in Europe/Berlin") == 0);
  const Json fold = ask(R"({"operation":"weekday","time":"2026-10-25T02:30"})");
  CHECK(fold["time"] == "2026-10-25T02:30:00+02:00");
  CHECK(fold["note"] ==
        "2026-10-25T02:30:00 happens twice in Europe/Berlin; the first is taken, the second is "
        "2026-10-25T02:30:00+01:00");
  CHECK_FALSE(ask(R"({"operation":"weekday","time":"2026-10-25T12:30"})").contains("note"));
}

TEST_CASE("a difference is in calendar days and in elapsed time") {
  const Json week = ask(R"({"operation":"diff","time":"2026-03-28","until":"2026-04-04"})");
  CHECK(week["days"] == 7);
  CHECK(week["seconds"] == 7 * 86400 - 3600);  // an hour was left out on the 29th
  CHECK(week["human"] == human(hours{7 * 24 - 1}));
  const Json back = ask(R"({"operation":"diff","until":"2026-05-31T23:00:00+02:00"})");
  CHECK(back["days"] == -1);
  CHECK(back["seconds"] == -36000);
}

TEST_CASE("weekdays and ISO weeks") {
  const Json day = ask(R"({"operation":"weekday","time":"2027-01-01"})");
  CHECK(day["weekday"] == "Friday");
  CHECK(day["iso_week"] == "2026-W53");
  CHECK(ask(R"({"operation":"next_weekday","weekday":"friday"})")["date"] == "2026-06-05");
  const Json same = ask(R"({"operation":"next_weekday","weekday":"monday"})");  // as_of is a Monday: strictly after
  CHECK(same["date"] == "2026-06-08");
  CHECK(same["days"] == 7);
}

TEST_CASE("units begin and end on local days, and the end is exclusive") {
  CHECK(time_of(R"({"operation":"start_of","unit":"day"})") == "2026-06-01T00:00:00+02:00");
  CHECK(time_of(R"({"operation":"start_of","unit":"week","time":"2026-06-07"})") == "2026-06-01T00:00:00+02:00");
  CHECK(time_of(R"({"operation":"start_of","unit":"month","time":"2026-03-29T12:00"})") == "2026-03-01T00:00:00+01:00");
  CHECK(time_of(R"({"operation":"start_of","unit":"year"})") == "2026-01-01T00:00:00+01:00");
  const Json february = ask(R"({"operation":"end_of","unit":"month","time":"2024-02-10"})");
  CHECK(february["time"] == "2024-03-01T00:00:00+01:00");
  CHECK(february["last_date"] == "2024-02-29");
  CHECK(time_of(R"({"operation":"end_of","unit":"day","time":"2026-03-29","zone":"Europe/Berlin"})") ==
        "2026-03-30T00:00:00+02:00");
  CHECK(time_of(R"({"operation":"end_of","unit":"year"})") == "2027-01-01T00:00:00+01:00");
}

TEST_CASE("a day without a midnight begins when it begins") {
  const Json day = ask(R"({"operation":"start_of","unit":"day","time":"2018-11-04T12:00","zone":"America/Sao_Paulo"})");
  CHECK(day["time"] == "2018-11-04T01:00:00-02:00");
  CHECK(day.contains("note"));
}

TEST_CASE("errors tell what is expected") {
  CHECK(error_of(R"({})").find("argument 'operation' is missing") == 0);
  CHECK(
      error_of(R"({"operation":"subtract"})").find("argument 'operation' is \"subtract\", wanted {\"enum\":[\"now\"") ==
      0);
  CHECK(error_of(R"({"operation":"convert"})") == "operation 'convert' needs 'to_zone'");
  CHECK(error_of(R"({"operation":"diff"})") == "operation 'diff' needs 'until'");
  CHECK(error_of(R"({"operation":"add"})").find("operation 'add' needs at least one of years") == 0);
  CHECK(error_of(R"({"operation":"add","time":"2026-01-01","zone":"UTC"})").find("operation 'add' needs") == 0);
  CHECK(error_of(R"({"operation":"now","time":"2026-01-01"})") == "operation 'now' takes no 'time'");
  CHECK(error_of(R"({"operation":"weekday","time":"tomorrow"})").find("argument 'time' is 'tomorrow', wanted a time") ==
        0);
  CHECK(error_of(R"({"operation":"now","zone":"Europe/Berln"})").find("Europe/Berlin") != std::string::npos);
  CHECK(error_of(R"({"operation":"add","years":230})").find("out of range") != std::string::npos);
  CHECK(error_of(R"({"operation":"weekday","time":"2200-01-01"})").find("1970 to 2199") != std::string::npos);
  CHECK(error_of(R"({"operation":"weekday","time":"1950-01-01"})") != "none");
  CHECK(error_of(R"({"operation":"add","days":1e9})") != "none");
}

TEST_CASE("the offer's own schema passes the check of schemas") {
  CHECK(clock_tool_offer().name == "clock");
  CHECK_FALSE(check_schema(clock_tool_offer().input));
}

TEST_CASE("calendar sums agree with counting day by day") {
  LocalDay day = parse_local_day("1999-12-27").value();
  LocalDay monday = day;  // a Monday
  LocalDay month = parse_local_day("1999-12-01").value();
  for (int i = 0; i < 3000; ++i, day += days{1}) {
    if (i % 7 == 0) monday = day;
    if (iso_date(day).substr(8) == "01") month = day;
    const bool right =
        first_day(CalendarUnit::week, day) == monday && first_day(CalendarUnit::month, day) == month &&
        next_first_day(CalendarUnit::week, day) == monday + days{7} &&
        next_weekday(day, std::chrono::Monday) == monday + days{7} &&
        first_day(CalendarUnit::year, day) == parse_local_day(iso_date(day).substr(0, 4) + "-01-01").value();
    INFO(iso_date(day));
    if (!right) CHECK(right);
  }
}
