#include "domain/schedule/cron_parser.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "domain/schedule/cron.hpp"
#include "foundation/text/words.hpp"

namespace nowd {

Error CronField::wrong(std::string_view value, std::string_view why) const {
  return invalid(std::string(name) + " '" + std::string(value) + "' " + std::string(why));
}

std::vector<std::string_view> split_cron(std::string_view text, std::string_view separators, bool keep_empty) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find_first_of(separators);
    const std::string_view part = text.substr(0, end);
    if (keep_empty || !part.empty()) parts.push_back(part);
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

Result<int> take_cron_value(const CronField& field, Scanner& in, std::string_view item) {
  const std::string_view digits = in.take_while(is_digit);
  if (!digits.empty()) {
    const int value = digits.size() > 4 ? -1 : std::stoi(std::string(digits));
    if (!field.holds(value)) return field.wrong(digits, "is not in " + field.range());
    return value;
  }
  for (std::size_t i = 0; i < field.names.size(); ++i)
    if (equal_without_case(in.rest().substr(0, 3), field.names[i])) {
      in.take(in.rest().substr(0, 3));
      return field.min + static_cast<int>(i);
    }
  std::string remedy = "is not understood: write " + field.range();
  if (!field.names.empty()) remedy += " or " + std::string(field.names.front()) + "-" + std::string(field.names.back());
  return field.wrong(item, remedy + ", with , - * and /");
}

Result<int> take_cron_count(const CronField& field, Scanner& in, std::string_view item, std::string_view what,
                            int max) {
  const std::string_view digits = in.take_while(is_digit);
  const int value = digits.empty() || digits.size() > 4 ? -1 : std::stoi(std::string(digits));
  if (value >= 1 && value <= max) return value;
  return field.wrong(item, "has a " + std::string(what) + " that is not in 1-" + std::to_string(max));
}

/// A list for the field that runs from `low` over its end to `high`.
static std::string forwards(const CronField& field, int low, int high, int step) {
  const auto range = [](int first, int last) {
    return first == last ? std::to_string(first) : std::to_string(first) + "-" + std::to_string(last);
  };
  if (step == 1) return range(low, field.max) + "," + range(field.min, high);
  const int size = field.max == 7 ? 7 : field.max - field.min + 1;  // 7 is Sunday, as 0 is
  std::string list = std::to_string(low);
  for (int value = low + step; value <= high + size; value += step)
    list += "," + std::to_string(value > field.max || value >= field.min + size ? value - size : value);
  return list;
}

Result<CronValues> parse_cron_item(const CronField& field, std::string_view item) {
  Scanner in(item);
  int low = field.min, high = field.max, step = 1;
  if (!in.take("*")) {
    const auto first = take_cron_value(field, in, item);
    if (!first) return first.error();
    low = *first;
    if (in.peek() != '/') high = low;
    if (in.take("-")) {
      const bool by_name = is_letter(in.peek());
      const auto last = take_cron_value(field, in, item);
      if (!last) return last.error();
      // sun begins the week of numbers and ends the week of people: fri-sun is 5-7.
      high = by_name && *last == 0 && low > 0 && field.max == 7 ? 7 : *last;
    }
  }
  if (in.take("/")) {
    const auto count = take_cron_count(field, in, item, "step", field.max - field.min + 1);
    if (!count) return count.error();
    step = *count;
  }
  if (!in.done()) return field.wrong(item, "is not understood at '" + std::string(in.rest()) + "'");
  if (low > high) return field.wrong(item, "runs backwards: write " + forwards(field, low, high, step));
  CronValues values = 0;
  for (int value = low; value <= high; value += step) values |= CronValues{1} << value;
  return values;
}

// Reads cron expressions. Refuses expressions that Vixie's cron silently misreads: an error costs a person a minute, a
// wrong guess is a run at the wrong time.

namespace {

constexpr std::array<std::string_view, 12> month_names{"jan", "feb", "mar", "apr", "may", "jun",
                                                       "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> weekday_names{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

constexpr CronField second_field{"second", 0, 59, {}};
constexpr CronField minute_field{"minute", 0, 59, {}};
constexpr CronField hour_field{"hour", 0, 23, {}};
constexpr CronField day_of_month_field{"day-of-month", 1, 31, {}};
constexpr CronField month_field{"month", 1, 12, month_names};
constexpr CronField day_of_week_field{"day-of-week", 0, 7, weekday_names};

struct Macro {
  std::string_view name, fields;
};
constexpr std::array<Macro, 7> macros{{{"@hourly", "0 * * * *"},
                                       {"@daily", "0 0 * * *"},
                                       {"@midnight", "0 0 * * *"},
                                       {"@weekly", "0 0 * * 0"},
                                       {"@monthly", "0 0 1 * *"},
                                       {"@yearly", "0 0 1 1 *"},
                                       {"@annually", "0 0 1 1 *"}}};

bool is_open(std::string_view field) { return field.front() == '*' || field == "?"; }

}  // namespace

/// Fills a Cron field by field. Each step gives the error that it met, or nothing.
class CronParser {
 public:
  static Result<Cron> parse(std::string_view expression);

 private:
  using Failure = std::optional<Error>;
  using Fields = std::span<const std::string_view>;

  Failure read(Fields fields);
  template <std::size_t Size>
  static Failure plain(const CronField& field, std::string_view text, std::bitset<Size>& out);
  template <class Item>
  static Failure for_each_item(const CronField& field, std::string_view text, Item&& item);
  Failure days_of_month(std::string_view text);
  Failure day_of_month_item(std::string_view item);
  Failure days_of_week(std::string_view text);
  Failure day_of_week_item(std::string_view item);
  Failure never(Fields days) const;

  Cron cron_;
};

template <class Item>
CronParser::Failure CronParser::for_each_item(const CronField& field, std::string_view text, Item&& item) {
  for (const std::string_view part : split_cron(text, ",", true)) {
    if (part.empty()) return field.wrong(text, "has an empty part");
    if (auto failure = item(part)) return failure;
  }
  return std::nullopt;
}

template <std::size_t Size>
CronParser::Failure CronParser::plain(const CronField& field, std::string_view text, std::bitset<Size>& out) {
  return for_each_item(field, text, [&](std::string_view item) -> Failure {
    const auto values = parse_cron_item(field, item);
    if (!values) return values.error();
    out |= std::bitset<Size>(*values);
    return std::nullopt;
  });
}

CronParser::Failure CronParser::days_of_month(std::string_view text) {
  cron_.day_of_month_is_open_ = is_open(text);
  if (text == "?") return plain(day_of_month_field, "*", cron_.days_);
  return for_each_item(day_of_month_field, text, [&](std::string_view item) { return day_of_month_item(item); });
}

CronParser::Failure CronParser::day_of_month_item(std::string_view item) {
  Scanner in(item);
  if (in.take_one_of("Ll")) {
    if (in.done()) {
      cron_.days_before_last_.set(0);
    } else if (in.take("-")) {
      const auto count = take_cron_count(day_of_month_field, in, item, "distance from the last day", 30);
      if (!count) return count.error();
      cron_.days_before_last_.set(static_cast<std::size_t>(*count));
    } else if (in.take_one_of("Ww")) {
      cron_.last_weekday_ = true;
    }
    if (!in.done()) return day_of_month_field.wrong(item, "is not understood: write L, L-3 or LW");
    return std::nullopt;
  }
  if (item.back() != 'W' && item.back() != 'w') return plain(day_of_month_field, item, cron_.days_);
  const auto day = take_cron_value(day_of_month_field, in, item);
  if (!day) return day.error();
  if (!in.take_one_of("Ww") || !in.done()) return day_of_month_field.wrong(item, "is not understood: write 15W or LW");
  cron_.nearest_weekdays_.set(static_cast<std::size_t>(*day));
  return std::nullopt;
}

CronParser::Failure CronParser::days_of_week(std::string_view text) {
  cron_.day_of_week_is_open_ = is_open(text);
  if (text == "?") text = "*";
  return for_each_item(day_of_week_field, text, [&](std::string_view item) { return day_of_week_item(item); });
}

CronParser::Failure CronParser::day_of_week_item(std::string_view item) {
  if (equal_without_case(item, "l"))
    return day_of_week_field.wrong(item, "needs a weekday: write friL for the last Friday");
  const bool nth = item.find('#') != std::string_view::npos;
  if (!nth && item.back() != 'L' && item.back() != 'l') {
    const auto values = parse_cron_item(day_of_week_field, item);
    if (!values) return values.error();
    cron_.weekdays_ |= std::bitset<7>((*values | *values >> 7) & 0x7f);  // 7 is Sunday too
    return std::nullopt;
  }
  Scanner in(item);
  const auto value = take_cron_value(day_of_week_field, in, item);
  if (!value) return value.error();
  const auto weekday = static_cast<std::size_t>(*value % 7);
  if (in.take_one_of("Ll")) {
    cron_.last_weekdays_.set(weekday);
  } else if (in.take("#")) {
    const auto k = take_cron_count(day_of_week_field, in, item, "week", 5);
    if (!k) return k.error();
    cron_.nth_weekdays_.set(weekday * 6 + static_cast<std::size_t>(*k));
  }
  if (!in.done()) return day_of_week_field.wrong(item, "is not understood: write friL or mon#2");
  return std::nullopt;
}

CronParser::Failure CronParser::never(Fields days) const {
  if (cron_.can_fire(DayMatch::any)) return std::nullopt;
  if (days[2] == "*" || days[2] == "?")
    return day_of_month_field.wrong(days[0], "never comes in month '" + std::string(days[1]) + "'");
  return day_of_month_field.wrong(days[0], "and day-of-week '" + std::string(days[2]) +
                                               "' never fall on the same day in month '" + std::string(days[1]) + "'");
}

CronParser::Failure CronParser::read(Fields fields) {
  if (fields.size() == 6) {
    if (auto failure = plain(second_field, fields.front(), cron_.seconds_)) return failure;
    fields = fields.subspan(1);
  } else {
    cron_.seconds_.set(0);
  }
  if (auto failure = plain(minute_field, fields[0], cron_.minutes_)) return failure;
  if (auto failure = plain(hour_field, fields[1], cron_.hours_)) return failure;
  if (auto failure = days_of_month(fields[2])) return failure;
  if (auto failure = plain(month_field, fields[3], cron_.months_)) return failure;
  if (auto failure = days_of_week(fields[4])) return failure;
  return never(fields.subspan(2));
}

Result<Cron> CronParser::parse(std::string_view expression) {
  CronParser parser;
  std::vector<std::string_view> fields = split_cron(expression, " \t\r\n", false);
  for (const std::string_view field : fields) {
    if (!parser.cron_.text_.empty()) parser.cron_.text_ += ' ';
    parser.cron_.text_ += field;
  }
  if (fields.size() == 1 && fields[0].front() == '@') {
    const auto macro = std::find_if(macros.begin(), macros.end(),
                                    [&](const Macro& known) { return equal_without_case(fields[0], known.name); });
    if (macro == macros.end())
      return invalid("'" + std::string(fields[0]) +
                     "' is not known: write @hourly, @daily, @weekly, @monthly or @yearly, or five fields");
    fields = split_cron(macro->fields, " ", false);
  }
  if (!fields.empty() && (fields[0].starts_with("TZ=") || fields[0].starts_with("CRON_TZ=")))
    return invalid("'" + std::string(fields[0]) + "' is no field: a zone is named behind them, as in 0 9 * * * " +
                   std::string(fields[0].substr(fields[0].find('=') + 1)));
  if (fields.size() != 5 && fields.size() != 6)
    return invalid("'" + parser.cron_.text_ + "' has " + std::to_string(fields.size()) +
                   " fields: write 5 (minute hour day-of-month month day-of-week), or 6 with "
                   "leading seconds");
  if (auto failure = parser.read(fields)) return *std::move(failure);
  return std::move(parser.cron_);
}

Result<Cron> Cron::parse(std::string_view expression) { return CronParser::parse(expression); }

}  // namespace nowd
