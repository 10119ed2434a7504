#include "surface/timeline/axis.hpp"

#include "support/catch.hpp"
#include "surface/moment.hpp"
#include "surface/terminal/tables.hpp"
#include "surface/timeline/timeline_steps.hpp"

#include <nlohmann/json.hpp>

using namespace nowd;

namespace {

Instant at(double seconds) {
  return parse_rfc3339("2026-06-01T07:00:00Z").value() + microseconds{static_cast<std::int64_t>(seconds * 1e6)};
}
Span moment(double seconds) { return {at(seconds), at(seconds)}; }
std::size_t cuts(const Axis& axis) {
  return static_cast<std::size_t>(
      std::count_if(axis.stretches().begin(), axis.stretches().end(), [](const Stretch& s) { return s.cut; }));
}

}  // namespace

TEST_CASE("an axis is linear from its first column to its last") {
  const Axis axis({moment(0), {at(0), at(60)}}, 61);
  CHECK(cuts(axis) == 0);
  CHECK(axis.column(at(0)) == 0);
  CHECK(axis.column(at(30)) == 30);
  CHECK(axis.column(at(60)) == 60);
  CHECK(axis.column(at(-5)) == 0);
  CHECK(axis.column(at(99)) == 60);
}

TEST_CASE("an idle stretch of more than half the axis is cut, a busy one of any length is not") {
  CHECK(cuts(Axis({moment(0), {at(100), at(110)}}, 60)) == 1);
  CHECK(cuts(Axis({moment(0), {at(4), at(10)}}, 60)) == 0);
  CHECK(cuts(Axis({moment(0), {at(1), at(20'000)}}, 60)) == 0);
  CHECK(cuts(Axis({moment(0), moment(100), moment(10'000)}, 60)) == 1);
}

TEST_CASE("an axis of two moments alone is not cut: there would be nothing left") {
  const Axis axis({moment(0), moment(100)}, 60);
  CHECK(cuts(axis) == 0);
  CHECK(axis.column(at(100)) == 59);
}

TEST_CASE("an axis of one moment, and one cut as often as it may be, stay within their width") {
  const Axis one({moment(0)}, 60);
  CHECK(one.column(at(0)) == 0);
  const Axis many({moment(0), moment(1e6), moment(1e7), moment(1e8), moment(1e9), moment(1e9 + 1)}, 60);
  CHECK(cuts(many) == 3);
  for (const Stretch& stretch : many.stretches()) {
    CHECK(stretch.width >= 1);
    CHECK(stretch.column + stretch.width <= 60);
  }
}

TEST_CASE("columns never run backwards, wherever the cuts are") {
  const Axis axis({moment(0), {at(9'000), at(9'001)}, {at(9'001.5), at(9'040)}, moment(20'000)}, 66);
  int before = 0;
  for (double t = -10; t < 21'000; t += 0.7) {
    const int column = axis.column(at(t));
    REQUIRE(column >= before);
    REQUIRE(column < 66);
    before = column;
  }
}

TEST_CASE("ticks are round in local time and leave room for their labels") {
  const Zone kathmandu = Zone::find("Asia/Kathmandu").value();  // +05:45
  const Axis axis({moment(0), {at(0), at(7'200)}}, 66);
  const auto ticks = axis_ticks(axis, kathmandu, 1);
  REQUIRE(ticks.size() > 3);
  for (std::size_t i = 1; i < ticks.size(); ++i) {
    CHECK(ticks[i].column >= ticks[i - 1].column + 11);
    CHECK(time_of_day(kathmandu, ticks[i].at, 0).substr(3) != "07:00");
    CHECK(time_of_day(kathmandu, ticks[i].at, 0).substr(6) == "00");
  }
}

TEST_CASE("local midnights and clock changes between two instants are found, in a zone without midnight too") {
  const Zone berlin = Zone::find("Europe/Berlin").value();
  const auto spring =
      local_marks(berlin, parse_rfc3339("2026-03-28T20:00:00Z").value(), parse_rfc3339("2026-03-29T03:00:00Z").value());
  REQUIRE(spring.size() == 2);
  CHECK(spring[0].text == "midnight: Sun 2026-03-29 begins in Europe/Berlin");
  CHECK(spring[0].at == parse_rfc3339("2026-03-28T23:00:00Z").value());
  CHECK(spring[1].text == "the clocks go forward: +01:00 becomes +02:00");
  CHECK(local_marks(berlin, at(0), at(0)).empty());
  // Where the clocks jump over midnight, the day begins with the jump.
  const Zone cairo = Zone::find("Africa/Cairo").value();
  const auto day =
      local_marks(cairo, parse_rfc3339("2026-04-23T20:00:00Z").value(), parse_rfc3339("2026-04-24T00:00:00Z").value());
  REQUIRE(!day.empty());
  CHECK(day[0].at == parse_rfc3339("2026-04-23T22:00:00Z").value());
}

TEST_CASE("spans and offsets are written to the precision of a comparison") {
  CHECK(precise(microseconds{0}) == "0 µs");
  CHECK(precise(microseconds{250}) == "250 µs");
  CHECK(precise(microseconds{1200}) == "1.2 ms");
  CHECK(precise(milliseconds{412}) == "412 ms");
  CHECK(precise(microseconds{999'700}) == "1 s");
  CHECK(precise(milliseconds{3'613}) == "3.61 s");
  CHECK(precise(milliseconds{41'200}) == "41.2 s");
  CHECK(precise(milliseconds{59'990}) == "59 s");
  CHECK(precise(seconds{250}) == "4m10s");
  CHECK(precise(-seconds{250}) == "4m10s");
  CHECK(signed_span(-milliseconds{715}) == "-715 ms");
  CHECK(offset_text(seconds{20'700}) == "+05:45");
  CHECK(offset_text(-seconds{12'600}) == "-03:30");
  CHECK(both_moments(Zone::find("Pacific/Auckland").value(), at(36'000)) ==
        "Tue 2026-06-02 05:00:00 +12:00 (2026-06-01T17:00:00Z)");
}

TEST_CASE("a table leaves out empty columns, and is clipped on a terminal only") {
  const std::vector<Json> runs{{{"run", 1}, {"job", "a"}, {"state", "succeeded"}, {"late", 0.012}},
                               {{"run", 22}, {"job", "digest"}, {"state", "failed"}, {"detail", std::string(80, 'x')}}};
  const std::string text = runs_table(runs, {});
  CHECK(text.substr(0, text.find('\n')) == "RUN  JOB     STATE      LATE   DETAIL");
  CHECK(text.find(std::string(80, 'x')) != std::string::npos);
  const std::string clipped = runs_table(runs, {.width = 60, .terminal = true});
  CHECK(clipped.find(std::string(80, 'x')) == std::string::npos);
  CHECK(clipped.find("x…") != std::string::npos);
}

TEST_CASE("what prune deleted is told apart from what it would delete") {
  const Json row{{"job", "digest"},     {"bodies", 7'776'000},     {"runs", nullptr},  {"deleted_runs", 0},
                 {"deleted_bodies", 3}, {"deleted_bytes", 20'480}, {"dry_run", false}, {"deleted_messages", 2}};
  const std::string done = pruned_table({row}, {});
  CHECK(done.find("TEXTS DELETED") != std::string::npos);
  CHECK(done.find("digest  90d 0h      for ever   0             3              20 KiB") != std::string::npos);
  CHECK(done.find("20 KiB  2") != std::string::npos);
  const Json nobodys{{"job", nullptr}, {"bodies", nullptr}, {"runs", nullptr}, {"deleted_messages", 7}};
  CHECK(pruned_table({row, nobodys}, {}).find("(several or none)") != std::string::npos);
  Json counted = row;
  counted["dry_run"] = true;
  CHECK(pruned_table({counted}, {}).find("TEXTS TO DELETE") != std::string::npos);
}
