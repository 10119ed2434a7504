#include "config/job/schedule_parts.hpp"

#include <algorithm>

#include "config/yaml/mapping.hpp"

namespace nowd {
namespace {

/// A list's items, or the one value that stands for a list of one.
std::vector<Field> one_or_more(const Field& field) {
  return field.is(Node::Kind::sequence) ? field.items() : std::vector{field};
}

template <class T>
void sort_unique(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

std::string clock_change(const Zone& zone, const Resolution& resolved) {
  const LocalTime after = zone.local(resolved.first);
  return "the clocks of " + zone.name() + " go forward over it, to " + iso(after).substr(11, 5);
}

void check_slot(const Field& field, LocalTime slot, const Zone& zone, const ScheduleContext& context) {
  const Resolution resolved = zone.resolve(slot);
  const std::string text = in_quotes(field.node().text);
  if (resolved.what == Resolution::Case::nonexistent)
    field.error(text + " does not exist: " + clock_change(zone, resolved) + "; choose another time");
  else if (resolved.second <= context.now && !context.past_at_known && context.past_at_is_warned)
    field.warning(text +
                  " is in the past: it does not run any more, and a ledger that has never had this job refuses it");
  else if (resolved.second <= context.now && !context.past_at_known)
    field.error(text + " is in the past; a new or edited `at` must lie in the future");
}

std::optional<LocalTime> read_slot(const Field& field) {
  const auto text = field.filled_text();
  if (!text) return std::nullopt;
  if (auto local = parse_local(*text)) return *local;
  field.error(in_quotes(*text) +
              " is not a local time; write it like 2026-12-01T09:00, without an offset: timezone says it");
  return std::nullopt;
}

}  // namespace

std::optional<At> read_at(const Field& field, const Zone& zone, const ScheduleContext& context) {
  At at;
  const std::vector<Field> slots = one_or_more(field);
  for (const Field& slot : slots)
    if (auto local = read_slot(slot)) {
      check_slot(slot, *local, zone, context);
      at.slots.push_back(*local);
    }
  if (slots.empty()) field.error("the list is empty; name a local time such as 2026-12-01T09:00");
  if (at.slots.empty()) return std::nullopt;
  sort_unique(at.slots);
  return at;
}

std::optional<Instant> read_anchor(const Field& field, const Zone& zone) {
  const auto text = field.filled_text();
  if (!text) return std::nullopt;
  if (const auto instant = parse_rfc3339(*text)) return *instant;
  const auto local = parse_local(*text);
  if (!local) {
    field.error(in_quotes(*text) + " is not a time; write it like 2026-01-01T00:00:00Z, or local: 2026-01-01T00:00");
    return std::nullopt;
  }
  const Resolution resolved = zone.resolve(*local);
  if (resolved.what != Resolution::Case::nonexistent) return resolved.first;
  field.error(in_quotes(*text) + " does not exist: " + clock_change(zone, resolved) + "; choose another time");
  return std::nullopt;
}

std::optional<LocalDay> read_day(const Field& field) {
  const auto text = field.filled_text();
  if (!text) return std::nullopt;
  if (auto day = parse_local_day(*text)) return *day;
  field.error(in_quotes(*text) + " is not a date; write it like 2026-12-25");
  return std::nullopt;
}

std::vector<LocalDay> read_days(const Field& field) {
  std::vector<LocalDay> out;
  if (!field.present()) return out;
  for (const Field& item : one_or_more(field))
    if (auto day = read_day(item)) out.push_back(*day);
  sort_unique(out);
  return out;
}

}  // namespace nowd
