#include "foundation/time/civil.hpp"

#include <algorithm>

#include "foundation/time/zone_data.hpp"
#include "support/catch.hpp"

using namespace nowd;

namespace {

Zone zone(std::string_view name) { return *Zone::find(name); }
Instant utc(std::string_view text) { return *parse_rfc3339(text); }
LocalTime local(std::string_view text) { return *parse_local(text); }

}  // namespace

TEST_CASE("a local time that comes once is one instant") {
  const Resolution found = zone("Europe/Berlin").resolve(local("2026-06-01T09:00"));
  CHECK(found.what == Resolution::Case::unique);
  CHECK(found.first == utc("2026-06-01T07:00:00Z"));
  CHECK(found.second == found.first);
  CHECK(found.offset_before == hours{2});
  CHECK(found.offset_after == hours{2});
}

TEST_CASE("a local time that the zone jumped over has no instant but the first one after the gap") {
  const Zone berlin = zone("Europe/Berlin");
  for (const char* text : {"2026-03-29T02:00", "2026-03-29T02:30", "2026-03-29T02:59:59"}) {
    const Resolution found = berlin.resolve(local(text));
    CHECK(found.what == Resolution::Case::nonexistent);
    CHECK(found.first == utc("2026-03-29T01:00:00Z"));
    CHECK(found.second == found.first);
    CHECK(found.gap() == hours{1});
  }
  CHECK(berlin.resolve(local("2026-03-29T01:59:59")).what == Resolution::Case::unique);
  CHECK(berlin.resolve(local("2026-03-29T03:00")).what == Resolution::Case::unique);
}

TEST_CASE("a local time that the zone repeats has two instants, the earlier first") {
  const Zone berlin = zone("Europe/Berlin");
  const Resolution found = berlin.resolve(local("2026-10-25T02:30"));
  CHECK(found.what == Resolution::Case::ambiguous);
  CHECK(found.first == utc("2026-10-25T00:30:00Z"));
  CHECK(found.second == utc("2026-10-25T01:30:00Z"));
  CHECK(found.offset_before == hours{2});
  CHECK(found.offset_after == hours{1});
  CHECK(berlin.resolve(local("2026-10-25T02:00")).what == Resolution::Case::ambiguous);
  CHECK(berlin.resolve(local("2026-10-25T03:00")).what == Resolution::Case::unique);
}

TEST_CASE("a gap may be a whole day, and a fold half an hour") {
  const Resolution skipped = zone("Pacific/Apia").resolve(local("2011-12-30T12:00"));
  CHECK(skipped.what == Resolution::Case::nonexistent);
  CHECK(skipped.first == utc("2011-12-30T10:00:00Z"));
  CHECK(skipped.gap() == hours{24});
  const Resolution repeated = zone("Australia/Lord_Howe").resolve(local("2026-04-05T01:45"));
  CHECK(repeated.what == Resolution::Case::ambiguous);
  CHECK(repeated.second - repeated.first == minutes{30});
}

TEST_CASE("the year after the last listed change is ruled by the footer, not frozen") {
  CHECK(zone("Europe/Berlin").offset(utc("2088-07-01T00:00:00Z")) == hours{2});
  CHECK(zone("Europe/Berlin").offset(utc("2088-12-01T00:00:00Z")) == hours{1});
  CHECK(zone("America/New_York").offset(utc("2199-07-01T00:00:00Z")) == -hours{4});
  CHECK(zone("Europe/Dublin").period(utc("2088-12-01T00:00:00Z")).abbreviation == "GMT");
  CHECK(zone("Europe/Dublin").period(utc("2088-07-01T00:00:00Z")).abbreviation == "IST");
}

TEST_CASE("periods follow one another without a hole, and changes are where they meet") {
  const Zone berlin = zone("Europe/Berlin");
  const Instant begin = utc("2026-01-01T00:00:00Z"), end = utc("2200-01-01T00:00:00Z");
  const auto changes = berlin.changes(begin, end);
  CHECK(changes.size() == 2 * (2200 - 2026));
  for (const OffsetChange& change : changes) {
    CHECK(berlin.period(change.at).begin == change.at);
    CHECK(berlin.period(change.at - microseconds{1}).end == change.at);
    CHECK(berlin.offset(change.at - microseconds{1}) == change.before);
    CHECK(berlin.offset(change.at) == change.after);
  }
  SECTION("(from, until]") {
    const Instant spring = utc("2026-03-29T01:00:00Z");
    CHECK(berlin.changes(spring, spring + days{1}).empty());
    CHECK(berlin.changes(spring - microseconds{1}, spring).size() == 1);
    CHECK(berlin.changes(spring - days{1}, spring - microseconds{1}).empty());
  }
}

TEST_CASE("a local time is the floor to the second, before 1970 too") {
  CHECK(iso(zone("Asia/Kathmandu").local(utc("2026-06-01T00:00:00.999999Z"))) == "2026-06-01T05:45:00");
  CHECK(iso(Zone::utc().local(Instant{microseconds{-1}})) == "1969-12-31T23:59:59");
}

TEST_CASE("UTC needs no file") {
  CHECK(Zone::utc() == zone("UTC"));
  CHECK(Zone::utc().name() == "UTC");
  CHECK(Zone::utc().changes(Instant{}, utc("2200-01-01T00:00:00Z")).empty());
}

TEST_CASE("a zone that is not known is refused with the name that was probably meant") {
  const auto message = [](std::string_view name) { return Zone::find(name).error().message; };
  CHECK(message("Europe/Berln") == "time zone 'Europe/Berln' is not known: did you mean Europe/Berlin?");
  CHECK(message("europe/berlin") == "time zone 'europe/berlin' is not known: did you mean Europe/Berlin?");
  CHECK(message("Berlin") == "time zone 'Berlin' is not known: did you mean Europe/Berlin?");
  CHECK(message("New York") == "time zone 'New York' is not known: did you mean America/New_York?");
  CHECK(message("Mars/Olympus_Mons") ==
        "time zone 'Mars/Olympus_Mons' is not known: write an IANA name such as Europe/Berlin");
}

TEST_CASE("a zone name never leaves the directory, and never means the host's own zone") {
  for (const char* name : {"", "localtime", "posixrules", "Factory", "right/UTC", "posix/UTC", "posix", "Europe",
                           "Europe/", "/etc/localtime", "../zoneinfo/UTC", "Europe/../UTC", "zone.tab", "tzdata.zi",
                           "leapseconds", "Europe/Berlin\n", "CEST", "+02:00"}) {
    CAPTURE(name);
    CHECK(Zone::find(name).has_error());
  }
}

TEST_CASE("every zone name of the host can be loaded") {
  const auto names = zone_names();
  CHECK(names.size() > 300);
  CHECK(std::is_sorted(names.begin(), names.end()));
  for (const std::string& name : names) {
    CAPTURE(name);
    CHECK(Zone::find(name).has_value());
  }
}

TEST_CASE("the release of the zone data is a year and a letter") {
  const std::string version = tzdata_version();
  CAPTURE(version);
  CHECK((version == "unknown" || (version.size() >= 5 && version.starts_with("20"))));
}

TEST_CASE("a local time is formatted in English, whatever the host's locale is") {
  const auto text = [](std::string_view format) {
    return *format_local(format, local("2026-06-01T09:05:04"), hours{2}, "CEST");
  };
  CHECK(text("%Y %m %d %H %M %S") == "2026 06 01 09 05 04");
  CHECK(text("%d.%m.%Y") == "01.06.2026");
  CHECK(text("%j %V %G %u") == "152 23 2026 1");
  CHECK(text("%a %A %b %B") == "Mon Monday Jun June");
  CHECK(text("%e|%y|%z|%Z") == " 1|26|+0200|CEST");
  CHECK(text("%F %T 100%%") == "2026-06-01 09:05:04 100%");
  CHECK(text("") == "");
  CHECK(text("Grüße") == "Grüße");
  CHECK(*format_local("%z", local("2026-01-01"), -(hours{3} + minutes{30}), "NST") == "-0330");
}

TEST_CASE("a format that is not promised is refused, not passed through") {
  for (const char* format : {"%", "%Q", "%Ey", "%Y-%", "%-d", "%c", "%n"}) {
    CAPTURE(format);
    CHECK(format_local(format, local("2026-06-01"), seconds{0}, "UTC").has_error());
  }
  CHECK(format_local("%Y-%i", local("2026-06-01"), seconds{0}, "UTC")
            .error()
            .message.starts_with("'%i' is not a date format: use %Y"));
}

TEST_CASE("weekdays and ISO weeks, over the turn of the year") {
  CHECK(weekday_name(*parse_local_day("2026-06-01")) == "Monday");
  CHECK(weekday_short(*parse_local_day("2026-05-31")) == "Sun");
  CHECK(iso_week(*parse_local_day("2026-06-01")) == "2026-W23");
  CHECK(iso_week(*parse_local_day("2027-01-01")) == "2026-W53");
  CHECK(iso_week(*parse_local_day("2024-12-30")) == "2025-W01");
  CHECK(day_of(local("2026-06-01T23:59:59")) == *parse_local_day("2026-06-01"));
}
