#include "config/canonical/schedule_text.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

#include "foundation/text/words.hpp"

namespace nowd {
namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  while (true) {
    const std::size_t start = text.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos) return out;
    text.remove_prefix(start);
    const std::size_t end = std::min(text.find_first_of(" \t\r\n"), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

bool is_cron_name(std::string_view word) {
  for (std::string_view name : {"sun", "mon", "tue", "wed", "thu", "fri", "sat", "jan", "feb", "mar", "apr", "may",
                                "jun", "jul", "aug", "sep", "oct", "nov", "dec"})
    if (equal_without_case(word, name)) return true;
  return false;
}

/// "Europe/Berlin", "UTC", "utc", "EST5EDT"; not "mon-fri", "MON", "mon/2", "L", "5L", "1,15".
bool looks_like_zone(std::string_view word) {
  if (word.empty() || !is_letter(word.front())) return false;
  if (const std::size_t slash = word.find('/'); slash != std::string_view::npos)
    return slash + 1 < word.size() && is_letter(word[slash + 1]);
  const std::size_t letters =
      static_cast<std::size_t>(std::find_if_not(word.begin(), word.end(), is_letter) - word.begin());
  return letters >= 3 && !is_cron_name(word.substr(0, letters));
}

/// "h" of "hour" and "hours"; empty for every other word.
std::string_view unit_letter(std::string_view word) {
  struct Unit {
    std::string_view name, letter;
  };
  constexpr Unit units[] = {{"second", "s"}, {"sec", "s"}, {"minute", "m"}, {"min", "m"},
                            {"hour", "h"},   {"day", "d"}, {"week", "w"}};
  if (word.ends_with('s')) word.remove_suffix(1);
  for (const Unit& unit : units)
    if (word == unit.name) return unit.letter;
  return {};
}

std::string period_text(seconds period) {
  for (const auto& [unit, suffix] : {std::pair{seconds{86400}, "d"}, {seconds{3600}, "h"}, {seconds{60}, "m"}})
    if (period % unit == seconds{0}) return std::to_string(period / unit) + suffix;
  return std::to_string(period.count()) + "s";
}

/// Without seconds that are zero: "2026-12-01T09:00".
std::string slot_text(LocalTime slot) {
  std::string out = iso(slot);
  if (out.ends_with(":00")) out.resize(out.size() - 3);
  return out;
}

std::string at_text(const At& at) {
  std::string out = "at " + slot_text(at.slots.front());
  if (at.slots.size() > 1) out += " and " + std::to_string(at.slots.size() - 1) + " more";
  return out;
}

}  // namespace

std::string in_unit_letters(std::string_view text) {
  std::string out;
  for (const std::string& word : words_of(text)) {
    const std::string_view letter = unit_letter(word);
    const bool counts = std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (letter.empty() && !counts) return std::string(text);
    out += letter.empty() ? word : out.empty() ? "1" + std::string(letter) : std::string(letter);  // "every hour"
  }
  return out;
}

namespace {

bool is_stepped(const std::string& field) { return field.starts_with("*/") && field != "*/1"; }
bool is_open(const std::string& field) { return field == "?" || (field.starts_with('*') && !is_stepped(field)); }

void write_range(std::string& field, std::string_view range) {
  if (is_stepped(field)) field.replace(0, 1, range);
}

}  // namespace

bool has_stepped_days(std::string_view expression) {
  const std::vector<std::string> fields = words_of(expression);
  if (fields.size() < 5) return false;
  const std::string &days = fields[fields.size() - 3], &weekdays = fields.back();
  return (is_stepped(days) && !is_open(weekdays)) || (is_stepped(weekdays) && !is_open(days));
}

std::string with_restricted_days(std::string_view expression) {
  std::vector<std::string> fields = words_of(expression);
  if (!has_stepped_days(expression)) return std::string(expression);
  write_range(fields[fields.size() - 3], "1-31");
  write_range(fields.back(), "0-6");
  return join(fields);
}

std::optional<std::string> zone_prefix_remedy(std::string_view expression) {
  const std::vector<std::string> words = words_of(expression);
  if (words.empty()) return std::nullopt;
  for (const std::string_view prefix : {"TZ=", "CRON_TZ="})
    if (words.front().starts_with(prefix))
      return "begins with a zone, which belongs behind the fields: write " + join({words.begin() + 1, words.end()}) +
             " " + words.front().substr(prefix.size()) +
             ", or in a mapping timezone: " + words.front().substr(prefix.size());
  return std::nullopt;
}

ScheduleWords split_schedule(std::string_view text) {
  std::vector<std::string> words = words_of(text);
  ScheduleWords out;
  if (words.empty()) return out;
  if (words.front() == "manual") out.kind = ScheduleWords::Kind::manual;
  if (words.front() == "every") out.kind = ScheduleWords::Kind::every;
  if (out.kind != ScheduleWords::Kind::cron) words.erase(words.begin());
  const bool is_unit = out.kind == ScheduleWords::Kind::every && !words.empty() && !unit_letter(words.back()).empty();
  if (!words.empty() && !is_unit && looks_like_zone(words.back())) {
    out.zone = words.back();
    words.pop_back();
  }
  out.value = join(words);
  return out;
}

std::string schedule_text(const Schedule& schedule) {
  const std::string zone = " " + schedule.zone.name();
  if (const auto* cron = std::get_if<Cron>(&schedule.kind)) return cron->text() + zone;
  if (const auto* every = std::get_if<Every>(&schedule.kind)) return "every " + period_text(every->period);
  if (const auto* at = std::get_if<At>(&schedule.kind)) return at_text(*at) + zone;
  return "manual";
}

}  // namespace nowd
