// Cron expressions by chance: the text, and beside it what the text must mean, in the plainest words.
#include <algorithm>
#include <array>

#include "domain/schedule/oracle.hpp"

namespace nowd::oracle {
namespace {

constexpr std::array<const char*, 13> month_names{"",    "jan", "feb", "MAR", "apr", "may", "jun",
                                                  "jul", "aug", "Sep", "oct", "nov", "dec"};
constexpr std::array<const char*, 8> weekday_names{"sun", "mon", "TUE", "wed", "thu", "Fri", "sat", "7"};

struct Part {
  std::string text;
  std::set<int> values;
  bool open = false;
};

int pick(Random& random, int least, int most) {
  return least + static_cast<int>(random() % static_cast<std::uint64_t>(most - least + 1));
}

bool chance(Random& random, int percent) { return pick(random, 1, 100) <= percent; }

Part stepped(const std::string& prefix, int from, int to, int step) {
  Part part;
  part.text = prefix + (step > 1 ? "/" + std::to_string(step) : "");
  for (int value = from; value <= to; value += step) part.values.insert(value);
  return part;
}

Part star(int least, int most, int step = 1) {
  Part part = stepped("*", least, most, step);
  part.open = true;
  return part;
}

Part hours_around(Random& random, int hour) {
  Part part;
  for (int value = std::max(0, hour - 1); value <= std::min(23, hour + 1); ++value) {
    if (value != hour && chance(random, 40)) continue;
    part.text += (part.text.empty() ? "" : ",") + std::to_string(value);
    part.values.insert(value);
  }
  return part;
}

Part random_part(Random& random, int least, int most) {
  const int kind = pick(random, 1, 5);
  if (kind == 1) return star(least, most, pick(random, 1, std::min(30, most - least + 1)));
  if (kind == 2) {
    const int from = pick(random, least, most), to = pick(random, from, most);
    return stepped(std::to_string(from) + "-" + std::to_string(to), from, to, pick(random, 1, 3));
  }
  Part list;
  for (int count = pick(random, 1, kind == 3 ? 4 : 1); count > 0; --count) {
    const int value = pick(random, least, most);
    list.text += (list.text.empty() ? "" : ",") + std::to_string(value);
    list.values.insert(value);
  }
  return list;
}

template <class Names>
Part named(Random& random, int least, int most, const Names& names) {
  const int value = pick(random, least, most);
  return {names[static_cast<std::size_t>(value)], {value}, false};
}

unsigned length_of(Date date) { return unsigned{(date.year() / date.month() / std::chrono::last).day()}; }
unsigned day_of(Date date) { return unsigned{date.day()}; }
int weekday_of(Date date) { return static_cast<int>(std::chrono::weekday{std::chrono::local_days{date}}.c_encoding()); }
bool is_workday(Date date) { return weekday_of(date) >= 1 && weekday_of(date) <= 5; }

/// Of the workdays in the month, the one nearest to the wanted day; a tie cannot happen, for weekends have two days.
bool is_nearest_workday(Date date, unsigned wanted) {
  if (!is_workday(date) || wanted > length_of(date)) return false;
  for (const int distance : {0, -1, 1, -2, 2}) {
    const int day = static_cast<int>(wanted) + distance;
    const Date candidate = date.year() / date.month() / day;
    if (day >= 1 && candidate.ok() && is_workday(candidate)) return candidate == date;
  }
  return false;
}

bool is_last_workday(Date date) {
  if (!is_workday(date)) return false;
  for (unsigned day = day_of(date) + 1; day <= length_of(date); ++day)
    if (is_workday(date.year() / date.month() / static_cast<int>(day))) return false;
  return true;
}

void special_day_of_month(Random& random, Expression& out, std::string& text) {
  const unsigned n = static_cast<unsigned>(pick(random, 1, 28));
  switch (pick(random, 1, 4)) {
    case 1:
      text = "L";
      out.day_of_month = [](Date date) { return day_of(date) == length_of(date); };
      break;
    case 2:
      text = "L-" + std::to_string(n);
      out.day_of_month = [n](Date date) { return day_of(date) + n == length_of(date); };
      break;
    case 3:
      text = "LW";
      out.day_of_month = is_last_workday;
      break;
    default:
      text = std::to_string(n + 3) + "W";
      out.day_of_month = [n](Date date) { return is_nearest_workday(date, n + 3); };
  }
}

void special_day_of_week(Random& random, Expression& out, std::string& text) {
  const int weekday = pick(random, 0, 7);
  const unsigned k = static_cast<unsigned>(pick(random, 1, 5));
  text = weekday_names[static_cast<std::size_t>(weekday)];
  const bool last = chance(random, 50);
  text += last ? "L" : "#" + std::to_string(k);
  out.day_of_week = [=](Date date) {
    if (weekday_of(date) != weekday % 7) return false;
    return last ? day_of(date) + 7 > length_of(date) : (day_of(date) - 1) / 7 + 1 == k;
  };
}

}  // namespace

Expression random_expression(Random& random, int busy_hour) {
  Expression out;
  std::string day_of_month, day_of_week;
  const bool with_seconds = chance(random, 10);
  const Part second = with_seconds ? Part{"7,45", {7, 45}} : Part{"", {0}};
  const Part minute = chance(random, 20) ? star(0, 59, pick(random, 3, 30)) : random_part(random, 0, 59);
  const Part hour = chance(random, 65)   ? hours_around(random, busy_hour)
                    : chance(random, 50) ? star(0, 23)
                                         : random_part(random, 0, 23);
  const Part month = chance(random, 92) ? star(1, 12) : named(random, 1, 12, month_names);
  if (chance(random, 10)) {
    special_day_of_month(random, out, day_of_month);
  } else {
    const Part part = chance(random, 85) ? star(1, 31) : random_part(random, 1, 31);
    day_of_month = part.text;
    out.day_of_month_open = part.open;
    out.day_of_month = [=](Date date) { return part.values.contains(static_cast<int>(day_of(date))); };
  }
  if (chance(random, 7)) {
    special_day_of_week(random, out, day_of_week);
  } else {
    const Part part = chance(random, 80)   ? star(0, 7)
                      : chance(random, 30) ? named(random, 0, 7, weekday_names)
                                           : random_part(random, 0, 7);
    day_of_week = part.text;
    out.day_of_week_open = part.open;
    out.day_of_week = [=](Date date) {
      return part.values.contains(weekday_of(date)) || (weekday_of(date) == 0 && part.values.contains(7));
    };
  }
  out.seconds = second.values;
  out.minutes = minute.values;
  out.hours = hour.values;
  out.months = month.values;
  out.text = (with_seconds ? second.text + " " : "") + minute.text + " " + hour.text + " " + day_of_month + " " +
             month.text + " " + day_of_week;
  return out;
}

}  // namespace nowd::oracle
