#include "domain/schedule/cron_field.hpp"

#include <algorithm>

namespace nowd {

Error CronField::wrong(std::string_view value, std::string_view why) const {
  return invalid(std::string(name) + " '" + std::string(value) + "' " + std::string(why));
}

bool is_cron_word(std::string_view text, std::string_view lower) {
  const auto equal = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), equal);
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
    if (is_cron_word(in.rest().substr(0, 3), field.names[i])) {
      in.take(in.rest().substr(0, 3));
      return field.least + static_cast<int>(i);
    }
  std::string remedy = "is not understood: write " + field.range();
  if (!field.names.empty()) remedy += " or " + std::string(field.names.front()) + "-" + std::string(field.names.back());
  return field.wrong(item, remedy + ", with , - * and /");
}

Result<int> take_cron_count(const CronField& field, Scanner& in, std::string_view item, std::string_view what,
                            int most) {
  const std::string_view digits = in.take_while(is_digit);
  const int value = digits.empty() || digits.size() > 4 ? -1 : std::stoi(std::string(digits));
  if (value >= 1 && value <= most) return value;
  return field.wrong(item, "has a " + std::string(what) + " that is not in 1-" + std::to_string(most));
}

/// The values from `low` over the end of the field to `high`, as the field may say them.
static std::string forwards(const CronField& field, int low, int high, int step) {
  const auto range = [](int first, int last) {
    return first == last ? std::to_string(first) : std::to_string(first) + "-" + std::to_string(last);
  };
  if (step == 1) return range(low, field.most) + "," + range(field.least, high);
  const int size = field.most == 7 ? 7 : field.most - field.least + 1;  // 7 is Sunday, as 0 is
  std::string list = std::to_string(low);
  for (int value = low + step; value <= high + size; value += step)
    list += "," + std::to_string(value > field.most || value >= field.least + size ? value - size : value);
  return list;
}

Result<CronValues> parse_cron_item(const CronField& field, std::string_view item) {
  Scanner in(item);
  int low = field.least, high = field.most, step = 1;
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
      high = by_name && *last == 0 && low > 0 && field.most == 7 ? 7 : *last;
    }
  }
  if (in.take("/")) {
    const auto count = take_cron_count(field, in, item, "step", field.most - field.least + 1);
    if (!count) return count.error();
    step = *count;
  }
  if (!in.done()) return field.wrong(item, "is not understood at '" + std::string(in.rest()) + "'");
  if (low > high) return field.wrong(item, "runs backwards: write " + forwards(field, low, high, step));
  CronValues values = 0;
  for (int value = low; value <= high; value += step) values |= CronValues{1} << value;
  return values;
}

}  // namespace nowd
