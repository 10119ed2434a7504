#include "domain/schedule/schedule.hpp"

#include <algorithm>

#include "domain/schedule/slots.hpp"
#include "foundation/random.hpp"

namespace nowd {
namespace {

/// "02:30", with seconds and the date only where they tell something.
std::string clock_face(LocalTime local, LocalDay usual) {
  std::string text = iso(local);
  text[10] = ' ';
  if (text.ends_with(":00")) text.resize(text.size() - 3);
  return day_of(local) == usual ? text.substr(11) : text;
}

std::string merged_slots(const Occurrence& occurrence) {
  constexpr std::size_t shown = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(shown, occurrence.merged.size()); ++i)
    text += (i == 0 ? " (also for " : ", ") + clock_face(occurrence.merged[i], day_of(occurrence.slot));
  if (occurrence.merged.size() > shown) text += " and " + std::to_string(occurrence.merged.size() - shown) + " more";
  return text.empty() ? text : text + ")";
}

}  // namespace

std::vector<Occurrence> occurrences(const Schedule& schedule, Instant after, Instant until, std::size_t limit) {
  std::vector<Occurrence> out;
  while (out.size() < limit) {
    auto found = next_occurrence(schedule, after);
    if (!found || found->at > until) break;
    after = found->at;
    out.push_back(*std::move(found));
  }
  return out;
}

std::optional<Occurrence> previous_occurrence(const Schedule& schedule, Instant before, days horizon) {
  const auto earlier = [&](Instant after) {
    auto found = next_occurrence(schedule, after);
    return found && found->at < before ? found : std::nullopt;
  };
  // Back in growing strides until something lies ahead, then halve what lies between it and `before`.
  std::optional<Occurrence> newest;
  for (microseconds back = minutes{1}; !newest; back *= 8) {
    newest = earlier(before - std::min<microseconds>(back, horizon) - microseconds{1});
    if (back >= horizon) break;
  }
  Instant high = before;
  while (newest) {
    auto next = earlier(newest->at);
    if (!next) break;
    newest = std::move(next);
    const Instant middle = newest->at + (high - newest->at) / 2;
    if (auto later = earlier(middle))
      newest = std::move(later);
    else
      high = middle;
  }
  return newest;
}

std::vector<DroppedSlot> dropped_slots(const Schedule& schedule, Instant after, Instant until) {
  std::vector<DroppedSlot> out;
  const Slots slots(schedule);
  if (schedule.gap != Gap::skip || slots.follow_real_time()) return out;
  for (const OffsetChange& change : schedule.zone.changes(after, until)) {
    const LocalGap gap = LocalGap::at(change);
    for (auto slot = slots.first_in_gap(gap.begin, gap); slot; slot = slots.first_in_gap(*slot + seconds{1}, gap))
      out.push_back({*slot, change.at});
  }
  return out;
}

bool has_occurrence(const Schedule& schedule, Instant at) {
  const auto found = next_occurrence(schedule, at - microseconds{1});
  return found && found->at == at;
}

Instant due_at(const Schedule& schedule, std::string_view job, Instant at) {
  if (schedule.jitter <= seconds{0}) return at;
  const auto choices = static_cast<std::uint64_t>(milliseconds{schedule.jitter}.count()) + 1;
  const std::uint64_t delay = stable_hash(std::string(job) + " " + rfc3339(at)) % choices;
  return at + milliseconds{static_cast<std::int64_t>(delay)};
}

LocalDay slot_day(const Schedule& schedule, Instant at) {
  // Only just after a change of the zone's offset a slot may be of another date than its instant.
  constexpr hours near_change{26};
  const LocalDay day = day_of(schedule.zone.local(at));
  const Instant changed = schedule.zone.period(at).begin;
  if (changed == Instant::min() || at - changed > near_change) return day;
  const auto found = next_occurrence(schedule, at - microseconds{1});
  return found && found->at == at && found->kind == SlotKind::gap ? day_of(found->slot) : day;
}

std::string note(const Occurrence& occurrence, const Zone& zone) {
  const LocalDay day = day_of(occurrence.slot);
  const std::string slot = clock_face(occurrence.slot, day);
  switch (occurrence.kind) {
    case SlotKind::plain:
      return {};
    case SlotKind::gap:
      return "gap: " + slot + " was skipped by the clock change, runs at " +
             clock_face(zone.local(occurrence.at), day) + merged_slots(occurrence);
    case SlotKind::fold_first:
      return "fold: " + slot + " comes twice, this is the first";
    case SlotKind::fold_second:
      return "fold: " + slot + " comes twice, this is the second";
  }
  return {};
}

std::string_view to_string(SlotKind kind) {
  switch (kind) {
    case SlotKind::plain:
      return "plain";
    case SlotKind::gap:
      return "gap";
    case SlotKind::fold_first:
      return "fold_first";
    case SlotKind::fold_second:
      return "fold_second";
  }
  return "plain";
}

}  // namespace nowd
