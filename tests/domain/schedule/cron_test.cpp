#include "domain/schedule/cron.hpp"

#include "support/catch.hpp"

using namespace nowd;

namespace {

std::string error(std::string_view expression) {
  const auto cron = Cron::parse(expression);
  return cron ? "accepted" : cron.error().message;
}

/// The matching days of a month, "1 15 30".
std::string days_of(std::string_view day_of_month, std::string_view day_of_week, int year, unsigned month,
                    DayMatch match = DayMatch::any) {
  const auto cron = Cron::parse("0 0 " + std::string(day_of_month) + " * " + std::string(day_of_week));
  REQUIRE(cron.has_value());
  std::string out;
  for (unsigned day = 1; day <= 31; ++day) {
    const auto date = std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day);
    if (!date.ok() || !cron->matches_day(LocalDay{std::chrono::local_days{date}}, match)) continue;
    out += (out.empty() ? "" : " ") + std::to_string(day);
  }
  return out;
}

bool matches(std::string_view expression, std::string_view local) {
  return Cron::parse(expression)->matches(*parse_local(local), DayMatch::any);
}

/// Whether two ways of writing give the same fields.
bool same(std::string_view a, std::string_view b) {
  const auto left = Cron::parse(a), right = Cron::parse(b);
  REQUIRE(left.has_value());
  REQUIRE(right.has_value());
  for (int day = 0; day < 1500; ++day) {
    const LocalDay date = *parse_local_day("2024-01-01") + nowd::days{day};
    if (left->matches_day(date, DayMatch::any) != right->matches_day(date, DayMatch::any)) return false;
  }
  return left->seconds() == right->seconds() && left->minutes() == right->minutes() &&
         left->hours() == right->hours() && left->months() == right->months();
}

}  // namespace

TEST_CASE("five fields start at the full minute; a sixth in front names seconds") {
  CHECK(matches("30 9 * * *", "2026-06-01T09:30"));
  CHECK_FALSE(matches("30 9 * * *", "2026-06-01T09:30:01"));
  CHECK_FALSE(matches("30 9 * * *", "2026-06-01T09:31"));
  CHECK(matches("15 30 9 * * *", "2026-06-01T09:30:15"));
  CHECK_FALSE(matches("15 30 9 * * *", "2026-06-01T09:30"));
}

TEST_CASE("lists, ranges, steps and names") {
  CHECK(same("0,30 9-17 * * *", "*/30 9,10,11,12,13,14,15,16,17 * * *"));
  CHECK(same("5/20 * * * *", "5,25,45 * * * *"));
  CHECK(same("10-40/15 * * * *", "10,25,40 * * * *"));
  CHECK(same("0 0 1 jan,MAR-May *", "0 0 1 1,3,4,5 *"));
  CHECK(same("0 0 * * Mon-FRI", "0 0 * * 1-5"));
  CHECK(same("07 09 01 06 *", "7 9 1 6 *"));
  CHECK(same("0 0 * * *", "0 0 ? * ?"));
}

TEST_CASE("Sunday is 0, 7 and sun, and ends a week as well as it begins one") {
  CHECK(same("0 0 * * 7", "0 0 * * 0"));
  CHECK(same("0 0 * * 7", "0 0 * * sun"));
  CHECK(same("0 0 * * 5-7", "0 0 * * 0,5,6"));
  CHECK(same("0 0 * * 6-7", "0 0 * * sat,sun"));
  CHECK(same("0 0 * * fri-sun", "0 0 * * 5-7"));
  CHECK(same("0 0 * * 0-7", "0 0 * * 0-6"));
  CHECK(same("0 0 * * sun-tue", "0 0 * * 0-2"));
}

TEST_CASE("the names of usual times") {
  CHECK(same("@hourly", "0 * * * *"));
  CHECK(same("@daily", "0 0 * * *"));
  CHECK(same("@midnight", "0 0 * * *"));
  CHECK(same("@weekly", "0 0 * * 0"));
  CHECK(same("@monthly", "0 0 1 * *"));
  CHECK(same("@yearly", "0 0 1 1 *"));
  CHECK(same("@Annually", "0 0 1 1 *"));
  CHECK(error("@reboot") ==
        "'@reboot' is not known: write @hourly, @daily, @weekly, @monthly or @yearly, or five fields");
}

TEST_CASE("the text is kept as written, with one space between fields") {
  CHECK(Cron::parse("  0   9\t* * MON-fri ")->text() == "0 9 * * MON-fri");
  CHECK(Cron::parse("@daily")->text() == "@daily");
  CHECK(*Cron::parse("0  9 * * *") == *Cron::parse("0 9 * * *"));
}

TEST_CASE("an hour field that covers the day makes a cadence, however it is written") {
  for (const char* expression : {"*/15 * * * *", "0 */1 * * *", "0 0-23 * * *", "5 0-11,12-23 * * mon", "@hourly"})
    CHECK(Cron::parse(expression)->is_cadence());
  for (const char* expression : {"0 0-22 * * *", "0 */2 * * *", "@daily"})
    CHECK_FALSE(Cron::parse(expression)->is_cadence());
}

// June 2026 begins on a Monday and has 30 days.
TEST_CASE("two restricted day fields match either day, and both under `and`") {
  CHECK(days_of("15", "1", 2026, 6) == "1 8 15 22 29");
  CHECK(days_of("13", "fri", 2026, 6) == "5 12 13 19 26");
  CHECK(days_of("13", "fri", 2026, 2, DayMatch::all) == "13");
  CHECK(days_of("13", "fri", 2026, 6, DayMatch::all) == "");
  CHECK(Cron::parse("0 0 15 * 1")->restricts_both_days());
}

TEST_CASE("a day field that starts with * is not restricted, so both must match") {
  CHECK(days_of("*/2", "mon", 2026, 6) == "1 15 29");
  CHECK(days_of("1-7", "*/3", 2026, 6) == "3 6 7");
  CHECK(days_of("?", "mon", 2026, 6) == "1 8 15 22 29");
  CHECK(days_of("1-31", "mon", 2026, 4) == days_of("*", "*", 2026, 4));
  CHECK_FALSE(Cron::parse("0 0 */2 * 1")->restricts_both_days());
  CHECK_FALSE(Cron::parse("0 0 1 * *")->restricts_both_days());
}

TEST_CASE("L is the last day of its month, leap years included") {
  CHECK(days_of("L", "*", 2026, 1) == "31");
  CHECK(days_of("L", "*", 2026, 2) == "28");
  CHECK(days_of("l", "*", 2028, 2) == "29");
  CHECK(days_of("L", "*", 2100, 2) == "28");
  CHECK(days_of("1,L", "*", 2026, 4) == "1 30");
  CHECK(days_of("L-3", "*", 2026, 6) == "27");
  CHECK(days_of("L-30", "*", 2026, 5) == "1");
  CHECK(days_of("L-30", "*", 2026, 6) == "");
  CHECK(days_of("L-28", "*", 2028, 2) == "1");
}

TEST_CASE("15W is the nearest weekday, which never leaves the month") {
  CHECK(days_of("15W", "*", 2026, 6) == "15");   // a Monday
  CHECK(days_of("15W", "*", 2026, 8) == "14");   // the 15th is a Saturday
  CHECK(days_of("15w", "*", 2026, 11) == "16");  // a Sunday
  CHECK(days_of("1W", "*", 2026, 8) == "3");     // Saturday the 1st: not 31 July
  CHECK(days_of("1W", "*", 2026, 11) == "2");    // Sunday the 1st
  CHECK(days_of("31W", "*", 2026, 1) == "30");   // Saturday the 31st
  CHECK(days_of("31W", "*", 2026, 5) == "29");   // Sunday the 31st: not 1 June
  CHECK(days_of("30W", "*", 2026, 2) == "");
  CHECK(days_of("LW", "*", 2026, 5) == "29");
  CHECK(days_of("LW", "*", 2026, 10) == "30");
  CHECK(days_of("LW", "*", 2026, 6) == "30");
  CHECK(days_of("1W,15W,LW", "*", 2026, 8) == "3 14 31");
}

TEST_CASE("friL is the last Friday and mon#2 the second Monday") {
  CHECK(days_of("*", "friL", 2026, 6) == "26");
  CHECK(days_of("*", "5L", 2026, 7) == "31");
  CHECK(days_of("*", "7l", 2026, 5) == "31");
  CHECK(days_of("*", "mon#2", 2026, 6) == "8");
  CHECK(days_of("*", "1#5", 2026, 6) == "29");
  CHECK(days_of("*", "wed#5", 2026, 6) == "");
  CHECK(days_of("?", "sun#1,7#3", 2026, 6) == "7 21");
  CHECK(days_of("*", "tue,friL", 2026, 6) == "2 9 16 23 26 30");
  CHECK(days_of("1", "friL", 2026, 6) == "1 26");
}

TEST_CASE("what is out of range is refused by field, value and range") {
  CHECK(error("61 * * * *") == "minute '61' is not in 0-59");
  CHECK(error("60 0 0 * * *") == "second '60' is not in 0-59");
  CHECK(error("0 24 * * *") == "hour '24' is not in 0-23");
  CHECK(error("0 0 0 * *") == "day-of-month '0' is not in 1-31");
  CHECK(error("0 0 1-32 * *") == "day-of-month '32' is not in 1-31");
  CHECK(error("0 0 1 13 *") == "month '13' is not in 1-12");
  CHECK(error("0 0 * * 8") == "day-of-week '8' is not in 0-7");
  CHECK(error("0 0 32W * *") == "day-of-month '32' is not in 1-31");
  CHECK(error("99999999999999999999 * * * *") == "minute '99999999999999999999' is not in 0-59");
}

TEST_CASE("what cannot be understood is refused, not skipped") {
  CHECK(error("") ==
        "'' has 0 fields: write 5 (minute hour day-of-month month day-of-week), or 6 with leading seconds");
  CHECK(error("* * * *").starts_with("'* * * *' has 4 fields"));
  CHECK(error("0 0 0 1 1 ? 2026").find("has 7 fields") != std::string::npos);
  CHECK(error("foo * * * *") == "minute 'foo' is not understood: write 0-59, with , - * and /");
  CHECK(error("0 0 1 june *") == "month 'june' is not understood at 'e'");
  CHECK(error("0 0 1 foo *") == "month 'foo' is not understood: write 1-12 or jan-dec, with , - * and /");
  CHECK(error("1,,2 * * * *") == "minute '1,,2' has an empty part");
  CHECK(error(", * * * *") == "minute ',' has an empty part");
  CHECK(error("*/0 * * * *") == "minute '*/0' has a step that is not in 1-60");
  CHECK(error("*/90 * * * *") == "minute '*/90' has a step that is not in 1-60");
  CHECK(error("*/ * * * *") == "minute '*/' has a step that is not in 1-60");
  CHECK(error("? * * * *") == "minute '?' is not understood: write 0-59, with , - * and /");
  CHECK(error("0 0 ?/2 * *") == "day-of-month '?/2' is not understood: write 1-31, with , - * and /");
  CHECK(error("0 0 L-31 * *") == "day-of-month 'L-31' has a distance from the last day that is not in 1-30");
  CHECK(error("0 0 L15 * *") == "day-of-month 'L15' is not understood: write L, L-3 or LW");
  CHECK(error("0 0 1-5W * *") == "day-of-month '1-5W' is not understood: write 15W or LW");
  CHECK(error("0 0 W * *") == "day-of-month 'W' is not understood: write 1-31, with , - * and /");
  CHECK(error("0 0 * * L") == "day-of-week 'L' needs a weekday: write friL for the last Friday");
  CHECK(error("0 0 * * mon#6") == "day-of-week 'mon#6' has a week that is not in 1-5");
  CHECK(error("0 0 * * mon#") == "day-of-week 'mon#' has a week that is not in 1-5");
  CHECK(error("0 0 * * mon-friL") == "day-of-week 'mon-friL' is not understood: write friL or mon#2");
  for (const char* text : {"-1 * * * *", "1- * * * *", "1-2-3 * * * *", "1/2/3 * * * *", "1.5 * * * *", "** * * * *",
                           "*5 * * * *", "0 0 * L *", "0 LW * * *", "0x1 * * * *", "+1 * * * *"}) {
    CAPTURE(text);
    CHECK(error(text) != "accepted");
  }
}

TEST_CASE("a range that runs backwards is refused with the two that were meant") {
  CHECK(error("0 22-2 * * *") == "hour '22-2' runs backwards: write 22-23,0-2");
  CHECK(error("0 0 25-5 * *") == "day-of-month '25-5' runs backwards: write 25-31,1-5");
  CHECK(error("0 0 * * fri-mon") == "day-of-week 'fri-mon' runs backwards: write 5-7,0-1");
  CHECK(error("59-3 * * * *") == "minute '59-3' runs backwards: write 59,0-3");
}

TEST_CASE("a range with a step that runs backwards is refused with the very values that were meant") {
  CHECK(error("56-4/4 * * * *") == "minute '56-4/4' runs backwards: write 56,0,4");
  CHECK(error("0 23-3/2 * * *") == "hour '23-3/2' runs backwards: write 23,1,3");
  CHECK(error("0 0 20-5/5 * *") == "day-of-month '20-5/5' runs backwards: write 20,25,30,4");
  CHECK(error("0 0 1 Apr-Mar/3 *") == "month 'Apr-Mar/3' runs backwards: write 4,7,10,1");
  CHECK(error("0 0 * * sat-tue/2") == "day-of-week 'sat-tue/2' runs backwards: write 6,1");
  CHECK(error("0 0 * * 7-2/2") == "day-of-week '7-2/2' runs backwards: write 7,2");
  CHECK(error("50-40/25 * * * * *") == "second '50-40/25' runs backwards: write 50,15,40");
  // What is written is taken, and fires at those values alone.
  CHECK(Cron::parse("56,0,4 * * * *")->minutes().count() == 3);
  CHECK(same("0 0 * * 5-7,0-1", "0 0 * * fri,sat,sun,mon"));
}

TEST_CASE("an expression that can never fire is refused") {
  CHECK(error("0 0 30 2 *") == "day-of-month '30' never comes in month '2'");
  CHECK(error("0 0 31 4,6,9,11 *") == "day-of-month '31' never comes in month '4,6,9,11'");
  CHECK(error("0 0 31W feb ?") == "day-of-month '31W' never comes in month 'feb'");
  CHECK(error("0 0 L-29 2 *") == "day-of-month 'L-29' never comes in month '2'");
  CHECK(error("0 0 */31 * mon#2") ==
        "day-of-month '*/31' and day-of-week 'mon#2' never fall on the same day in month '*'");
}

TEST_CASE("what fires rarely is not refused") {
  for (const char* text :
       {"0 0 29 2 *", "0 0 29 2 */7", "0 0 * 2 mon#5", "0 0 31 2,3 *", "0 0 30 2 mon", "0 0 L-28 2 *"}) {
    CAPTURE(text);
    CHECK(error(text) == "accepted");
  }
}

TEST_CASE("`and` can ask for days that never meet, which only can_fire knows") {
  const Cron cron = *Cron::parse("0 0 31 * mon#1");
  CHECK(cron.can_fire(DayMatch::any));
  CHECK_FALSE(cron.can_fire(DayMatch::all));
}

TEST_CASE("the first match lies in [from, before) and keeps to each field") {
  const auto first = [](std::string_view expression, std::string_view from, std::string_view before) {
    const auto found = Cron::parse(expression)->first_match(*parse_local(from), *parse_local(before), DayMatch::any);
    return found ? iso(*found) : "none";
  };
  CHECK(first("30 9 * * *", "2026-06-01T09:30", "2026-06-02") == "2026-06-01T09:30:00");
  CHECK(first("30 9 * * *", "2026-06-01T09:30:01", "2026-06-03") == "2026-06-02T09:30:00");
  CHECK(first("30 9 * * *", "2026-06-01T09:31", "2026-06-02T09:30") == "none");
  CHECK(first("10 20 8-9 * * *", "2026-06-01T08:20:11", "2026-06-02") == "2026-06-01T09:20:10");
  CHECK(first("10 20,40 8 * * *", "2026-06-01T08:20:11", "2026-06-02") == "2026-06-01T08:40:10");
  CHECK(first("0 0 29 2 *", "2097-01-01", "2200-01-01") == "2104-02-29T00:00:00");
  CHECK(first("59 59 23 31 12 *", "2026-12-31T23:59:59", "2027-01-01") == "2026-12-31T23:59:59");
  CHECK(first("0 0 * * *", "2026-06-01T00:00:01", "2026-06-02") == "none");
  CHECK(first("0 0 * * *", "2026-06-02", "2026-06-01") == "none");
}
