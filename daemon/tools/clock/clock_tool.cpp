#include "tools/clock/clock_tool.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "foundation/text/enum_words.hpp"
#include "tools/schema/arguments.hpp"

namespace nowd {
namespace {

constexpr std::array<std::string_view, 4> unit_words{"day", "week", "month", "year"};
static_assert(covers(unit_words, CalendarUnit::year));

using std::chrono::month_day_last;
using std::chrono::year_month_day;

year_month_day fields(LocalDay day) {
  return year_month_day{std::chrono::local_days{std::chrono::duration_cast<std::chrono::days>(day.time_since_epoch())}};
}

LocalDay joined(year_month_day date) {
  return LocalDay{days{std::chrono::local_days{date}.time_since_epoch().count()}};
}

std::chrono::weekday weekday_of(LocalDay day) {
  return std::chrono::weekday{
      std::chrono::local_days{std::chrono::duration_cast<std::chrono::days>(day.time_since_epoch())}};
}

days since_monday(LocalDay day) { return days{(weekday_of(day) - std::chrono::Monday).count()}; }

}  // namespace

LocalDay add_calendar(LocalDay day, std::chrono::months months, days more) {
  year_month_day date = fields(day) + months;
  if (!date.ok()) date = date.year() / date.month() / std::chrono::last;
  return joined(date) + more;
}

std::optional<CalendarUnit> parse_calendar_unit(std::string_view name) {
  return parse_word<CalendarUnit>(unit_words, name);
}

LocalDay first_day(CalendarUnit unit, LocalDay day) {
  const year_month_day date = fields(day);
  switch (unit) {
    case CalendarUnit::day:
      return day;
    case CalendarUnit::week:
      return day - since_monday(day);
    case CalendarUnit::month:
      return joined(date.year() / date.month() / 1);
    case CalendarUnit::year:
      return joined(date.year() / std::chrono::January / 1);
  }
  return day;
}

LocalDay next_first_day(CalendarUnit unit, LocalDay day) {
  const LocalDay first = first_day(unit, day);
  switch (unit) {
    case CalendarUnit::day:
      return first + days{1};
    case CalendarUnit::week:
      return first + days{7};
    case CalendarUnit::month:
      return add_calendar(first, std::chrono::months{1}, days{0});
    case CalendarUnit::year:
      return add_calendar(first, std::chrono::months{12}, days{0});
  }
  return first;
}

std::optional<std::chrono::weekday> parse_weekday(std::string_view name) {
  static constexpr std::array<std::string_view, 7> names{"sunday",   "monday", "tuesday", "wednesday",
                                                         "thursday", "friday", "saturday"};
  for (unsigned i = 0; i < names.size(); ++i)
    if (names[i] == name) return std::chrono::weekday{i};
  return std::nullopt;
}

LocalDay next_weekday(LocalDay day, std::chrono::weekday wanted) {
  const days ahead{(wanted - weekday_of(day)).count()};
  return day + (ahead.count() == 0 ? days{7} : ahead);
}

bool in_calendar_range(LocalDay day) {
  const std::chrono::year year = fields(day).year();
  return year >= std::chrono::year{1970} && year <= std::chrono::year{2199};
}

namespace {

enum class Operation { now, convert, add, diff, weekday, next_weekday, start_of, end_of };
constexpr std::array<std::string_view, 8> operation_words{"now",     "convert",      "add",      "diff",
                                                          "weekday", "next_weekday", "start_of", "end_of"};
static_assert(covers(operation_words, Operation::end_of));

// Limits of the numbers keep every sum inside an int64; in_calendar_range then judges the result.
constexpr std::string_view schema_text = R"json({
  "type": "object",
  "properties": {
    "operation": {"type": "string", "enum": ["now", "convert", "add", "diff", "weekday", "next_weekday", "start_of", "end_of"],
      "description": "now: the true time. convert: `time` in `to_zone`. add: `time` plus years, months, days, hours, minutes (negative to subtract; a day past the month's end becomes its last day). diff: from `time` to `until`. weekday: weekday and ISO week of `time`. next_weekday: the first `weekday` after the date of `time`. start_of, end_of: of the `unit` that holds `time`; the end is exclusive, weeks begin on Monday."},
    "time": {"type": "string", "description": "RFC 3339 (2026-06-01T09:00:00+02:00), or a date or local time in `zone` (2026-06-01, 2026-06-01T09:00). Default: as_of."},
    "until": {"type": "string", "description": "diff only: the other time, written like `time`."},
    "zone": {"type": "string", "description": "IANA zone in which local times are read and answers are given. Default: the job's."},
    "to_zone": {"type": "string", "description": "convert only: IANA zone."},
    "years": {"type": "integer", "minimum": -230, "maximum": 230},
    "months": {"type": "integer", "minimum": -2760, "maximum": 2760},
    "days": {"type": "integer", "minimum": -84000, "maximum": 84000},
    "hours": {"type": "integer", "minimum": -2000000, "maximum": 2000000},
    "minutes": {"type": "integer", "minimum": -120000000, "maximum": 120000000},
    "weekday": {"type": "string", "enum": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]},
    "unit": {"type": "string", "enum": ["day", "week", "month", "year"]}
  },
  "required": ["operation"],
  "additionalProperties": false
})json";

const Json& schema() {
  static const Json parsed = Json::parse(schema_text);
  return parsed;
}

/// A time in the question. Keeps the local reading, because calendar units are added to it.
struct Asked {
  LocalTime local;
  Instant at;
  std::string note;
};

std::string text_of(const Json& arguments, const char* key) {
  return arguments.contains(key) ? arguments[key].get<std::string>() : std::string();
}

std::string show(const Zone& zone, Instant at) { return rfc3339(zone.local(at), zone.offset(at)); }

Result<Asked> resolved(const Zone& zone, LocalTime local) {
  if (!in_calendar_range(day_of(local)))
    return invalid(iso_date(day_of(local)) + " is out of range; dates from 1970 to 2199 are answered");
  const Resolution found = zone.resolve(local);
  switch (found.what) {
    case Resolution::Case::unique:
      return Asked{local, found.first, ""};
    case Resolution::Case::nonexistent:
      return Asked{zone.local(found.first), found.first,
                   iso(local) + " does not exist in " + zone.name() + " (the clocks change); " +
                       show(zone, found.first) + " is taken"};
    case Resolution::Case::ambiguous:
      return Asked{local, found.first,
                   iso(local) + " happens twice in " + zone.name() + "; the first is taken, the second is " +
                       rfc3339(local, found.offset_after)};
  }
  return invalid("no such time");
}

Result<Asked> at_instant(const Zone& zone, Instant at) {
  const LocalTime local = zone.local(at);
  if (!in_calendar_range(day_of(local))) return invalid("that is out of range; dates from 1970 to 2199 are answered");
  return Asked{local, at, ""};
}

Result<Asked> read_time(const std::string& key, const std::string& text, const Zone& zone, Instant otherwise) {
  if (text.empty()) return at_instant(zone, otherwise);
  if (const auto at = parse_rfc3339(text)) return at_instant(zone, *at);
  if (const auto local = parse_local(text)) return resolved(zone, *local);
  return invalid("argument '" + key + "' is '" + text +
                 "', wanted a time such as 2026-06-01T09:00:00+02:00, or a local 2026-06-01T09:00 or 2026-06-01");
}

void add_moment(Json& answer, const Zone& zone, const Asked& asked) {
  const LocalDay day = day_of(zone.local(asked.at));
  answer["time"] = show(zone, asked.at);
  answer["utc"] = rfc3339(std::chrono::floor<seconds>(asked.at));
  answer["date"] = iso_date(day);
  answer["weekday"] = std::string(weekday_name(day));
  answer["iso_week"] = iso_week(day);
  answer["zone"] = zone.name();
  if (!asked.note.empty()) answer["note"] = asked.note;
}

Result<Json> moment(const Zone& zone, const Result<Asked>& asked) {
  if (!asked) return asked.error();
  Json answer = Json::object();
  add_moment(answer, zone, *asked);
  return answer;
}

/// Years, months and days move the local date and keep the local time. Then hours and minutes of elapsed time are
/// added.
Result<Json> add(const Json& arguments, const Zone& zone, const Asked& from) {
  const auto number = [&](const char* key) {
    return arguments.contains(key) ? arguments[key].get<std::int64_t>() : std::int64_t{0};
  };
  const std::chrono::months months{static_cast<int>(number("years") * 12 + number("months"))};
  const days more{number("days")};
  const LocalDay day = day_of(from.local);
  Asked sum = from;
  if (months.count() != 0 || more.count() != 0) {
    auto moved = resolved(zone, LocalTime{add_calendar(day, months, more)} + (from.local - LocalTime{day}));
    if (!moved) return moved.error();
    sum = *moved;
  }
  const auto elapsed = hours{number("hours")} + minutes{number("minutes")};
  const auto reached = at_instant(zone, sum.at + elapsed);
  return reached ? moment(zone, Asked{reached->local, reached->at, sum.note}) : reached.error();
}

Result<Json> diff(const Zone& zone, const Asked& from, const Result<Asked>& until) {
  if (!until) return until.error();
  const auto between = until->at - from.at;
  Json answer = Json::object();
  answer["from"] = show(zone, from.at);
  answer["until"] = show(zone, until->at);
  answer["days"] = (day_of(zone.local(until->at)) - day_of(zone.local(from.at))).count();  // calendar days, in the zone
  answer["seconds"] = std::chrono::floor<seconds>(between).count();
  answer["human"] = human(between);
  answer["zone"] = zone.name();
  for (const Asked& asked : {from, *until})
    if (!asked.note.empty()) answer["note"] = asked.note;
  return answer;
}

Result<Json> next_named_weekday(const Json& arguments, const Zone& zone, const Asked& from) {
  const LocalDay day = day_of(from.local);
  const LocalDay next = next_weekday(day, parse_weekday(text_of(arguments, "weekday")).value_or(std::chrono::Monday));
  auto answer = moment(zone, resolved(zone, LocalTime{next}));
  if (answer) (*answer)["days"] = (next - day).count();
  return answer;
}

Result<Json> border(const Json& arguments, const Zone& zone, const Asked& inside, bool end) {
  const CalendarUnit unit = parse_calendar_unit(text_of(arguments, "unit")).value_or(CalendarUnit::day);
  const LocalDay day = day_of(inside.local);
  const LocalDay first = end ? next_first_day(unit, day) : first_day(unit, day);
  auto answer = moment(zone, resolved(zone, LocalTime{first}));
  if (answer && end) (*answer)["last_date"] = iso_date(first - days{1});  // the end itself is exclusive
  return answer;
}

/// The arguments of an operation besides `operation` and `zone`.
struct Takes {
  std::set<std::string_view> required;
  std::set<std::string_view> optional;
};

Takes takes(Operation operation) {
  switch (operation) {
    case Operation::now:
      return {{}, {}};
    case Operation::convert:
      return {{"to_zone"}, {"time"}};
    case Operation::add:
      return {{}, {"time", "years", "months", "days", "hours", "minutes"}};
    case Operation::diff:
      return {{"until"}, {"time"}};
    case Operation::weekday:
      return {{}, {"time"}};
    case Operation::next_weekday:
      return {{"weekday"}, {"time"}};
    case Operation::start_of:
    case Operation::end_of:
      return {{"unit"}, {"time"}};
  }
  return {};
}

std::optional<Error> misplaced(Operation operation, const Json& arguments) {
  const Takes known = takes(operation);
  const std::string subject = "operation '" + std::string(word_of(operation_words, operation)) + "'";
  for (const std::string_view key : known.required)
    if (!arguments.contains(key)) return invalid(subject + " needs '" + std::string(key) + "'");
  for (const auto& [key, value] : arguments.items())
    if (key != "operation" && key != "zone" && !known.required.contains(key) && !known.optional.contains(key))
      return invalid(subject + " takes no '" + key + "'");
  if (operation == Operation::add && arguments.size() == 1u + arguments.contains("time") + arguments.contains("zone"))
    return invalid(subject + " needs at least one of years, months, days, hours, minutes");
  return std::nullopt;
}

Result<Zone> zone_named(const Json& arguments, const char* key, const Zone& otherwise) {
  const std::string name = text_of(arguments, key);
  return name.empty() ? Result<Zone>(otherwise) : Zone::find(name);
}

Result<Json> answer(Operation operation, const Json& arguments, const RunTime& run, Now now, const Zone& zone) {
  if (operation == Operation::now) return moment(zone, at_instant(zone, now.wall));
  const auto asked = read_time("time", text_of(arguments, "time"), zone, run.as_of);
  if (!asked) return asked.error();
  switch (operation) {
    case Operation::now:
    case Operation::weekday:
      break;
    case Operation::convert: {
      const auto target = zone_named(arguments, "to_zone", zone);
      return target ? moment(*target, *asked) : target.error();
    }
    case Operation::add:
      return add(arguments, zone, *asked);
    case Operation::diff:
      return diff(zone, *asked, read_time("until", text_of(arguments, "until"), zone, run.as_of));
    case Operation::next_weekday:
      return next_named_weekday(arguments, zone, *asked);
    case Operation::start_of:
      return border(arguments, zone, *asked, false);
    case Operation::end_of:
      return border(arguments, zone, *asked, true);
  }
  return moment(zone, *asked);
}

}  // namespace

ToolOffer clock_tool_offer() {
  return {"clock", "Date and time arithmetic and zone conversion. Use it instead of counting days yourself.", schema()};
}

Result<Json> clock_tool(const Json& arguments, const RunTime& run, Now now) {
  const auto checked = check_arguments(schema(), dump_json(arguments));
  if (!checked) return checked.error();
  const std::string word = text_of(*checked, "operation");
  const auto operation = parse_word<Operation>(operation_words, word);
  if (!operation) return invalid("operation '" + word + "' is not known");
  if (auto fault = misplaced(*operation, *checked)) return std::move(*fault);
  const auto zone = zone_named(*checked, "zone", run.zone);
  if (!zone) return zone.error();
  auto out = answer(*operation, *checked, run, now, *zone);
  if (!out) return out;
  (*out)["operation"] = word;
  (*out)["as_of"] = show(*zone, run.as_of);
  (*out)["now"] = show(*zone, now.wall);
  return out;
}

}  // namespace nowd
