#include "domain/schedule/schedule.hpp"

#include <algorithm>

#include "domain/schedule/slots.hpp"
#include "foundation/random.hpp"
#include "foundation/text/enum_words.hpp"

namespace nowd {
namespace {

constexpr std::array<std::string_view, 4> slot_kind_words{"plain", "gap", "fold_first", "fold_second"};
static_assert(covers(slot_kind_words, SlotKind::fold_second));

/// "02:30"; seconds only if not zero, the date only if it is not `usual`.
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
  // Go back in growing steps until an occurrence lies ahead, then halve the time between it and `before`.
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

std::string_view to_string(SlotKind kind) { return word_of(slot_kind_words, kind); }

// The next occurrence: the search walks a zone's stretches of constant offset in the order of real time, so its results
// are ordered by instant by construction, even where local times jump or repeat.

namespace {

constexpr Instant end_of_promise{std::chrono::sys_days{std::chrono::year{2200} / 1 / 1}};
/// More than any offset from UTC and than any gap: how far apart a slot and its instant can be, read as numbers.
constexpr hours widest{26};

LocalTime as_local(Instant at) { return LocalTime{std::chrono::floor<seconds>(at.time_since_epoch())}; }
Instant as_utc(LocalTime local) { return Instant{local.time_since_epoch()}; }

/// Looks for the first occurrence in one stretch of constant offset.
class Stretch {
 public:
  Stretch(const Schedule& schedule, const Slots& slots, const OffsetPeriod& period)
      : schedule_(schedule), slots_(slots), period_(period), end_(std::min(period.end, end_of_promise)) {}

  std::optional<Occurrence> first(Instant from) const {
    auto displaced = first_displaced(from);
    auto shown = first_shown(from, displaced ? displaced->at + seconds{1} : end_);
    if (!displaced || (shown && shown->at < displaced->at)) return shown;
    if (shown) displaced->merged.push_back(shown->slot);  // rule 5
    return displaced;
  }

 private:
  /// A slot whose local time exists in the stretch and that the fold rule allows.
  std::optional<Occurrence> first_shown(Instant from, Instant before) const {
    LocalTime cursor = as_local(from) + period_.offset;
    while (const auto slot = slots_.first(cursor, as_local(before) + period_.offset)) {
      const Instant at = as_utc(*slot - period_.offset);
      const Resolution meaning = schedule_.zone.resolve(*slot);
      if (fires(meaning, at)) return Occurrence{at, *slot, period_.offset, kind(meaning, at), {}};
      cursor = *slot + seconds{1};
    }
    return std::nullopt;
  }

  bool fires(const Resolution& meaning, Instant at) const {
    if (meaning.what != Resolution::Case::ambiguous || slots_.follow_real_time()) return true;
    switch (schedule_.fold) {
      case Fold::first:
        return at == meaning.first;
      case Fold::second:
        return at == meaning.second;
      case Fold::both:
        return true;
    }
    return true;
  }

  static SlotKind kind(const Resolution& meaning, Instant at) {
    switch (meaning.what) {
      case Resolution::Case::unique:
        return SlotKind::plain;
      case Resolution::Case::nonexistent:
        return SlotKind::gap;
      case Resolution::Case::ambiguous:
        return at == meaning.first ? SlotKind::fold_first : SlotKind::fold_second;
    }
    return SlotKind::plain;
  }

  /// A slot in the gap at the start of this stretch, moved by the gap rule.
  std::optional<Occurrence> first_displaced(Instant from) const {
    if (slots_.follow_real_time() || period_.begin <= from - widest) return std::nullopt;
    const seconds before = schedule_.zone.offset(period_.begin - microseconds{1});
    const LocalGap gap = LocalGap::at({period_.begin, before, period_.offset});
    if (gap.empty()) return std::nullopt;
    switch (schedule_.gap) {
      case Gap::next:
        return from <= period_.begin ? all_at_begin(gap) : std::nullopt;
      case Gap::shift:
        return first_shifted(from, gap, before);
      case Gap::skip:
        return std::nullopt;
    }
    return std::nullopt;
  }

  std::optional<Occurrence> all_at_begin(const LocalGap& gap) const {
    auto slot = slots_.first_in_gap(gap.begin, gap);
    if (!slot) return std::nullopt;
    Occurrence found{period_.begin, *slot, period_.offset, SlotKind::gap, {}};
    while ((slot = slots_.first_in_gap(*slot + seconds{1}, gap))) found.merged.push_back(*slot);
    return found;
  }

  std::optional<Occurrence> first_shifted(Instant from, const LocalGap& gap, seconds before) const {
    // Later by the length of the gap is the instant that the old offset would have given.
    const auto slot = slots_.first_in_gap(as_local(from) + before, gap);
    if (!slot) return std::nullopt;
    return Occurrence{as_utc(*slot - before), *slot, period_.offset, SlotKind::gap, {}};
  }

  const Schedule& schedule_;
  const Slots& slots_;
  const OffsetPeriod& period_;
  Instant end_;
};

std::optional<Occurrence> next_slot(const Schedule& schedule, Instant from) {
  const Slots slots(schedule);
  while (from < end_of_promise) {
    const OffsetPeriod period = schedule.zone.period(from);
    if (auto found = Stretch(schedule, slots, period).first(from)) return found;
    // Stretches without a slot are skipped: nothing happens before the next slot could be shown anywhere on earth.
    const auto slot =
        slots.first(as_local(std::min(period.end, end_of_promise)) - widest, as_local(end_of_promise) + widest);
    if (!slot) return std::nullopt;
    from = std::max(period.end, as_utc(*slot - widest));
  }
  return std::nullopt;
}

Instant midnight(const Zone& zone, LocalDay day) { return zone.resolve(LocalTime{day}).first; }

/// The first anchor + k * period at or after `from`.
Instant on_beat(const Every& every, Instant from) {
  const microseconds period = every.period;
  const microseconds past = (from - every.anchor) % period;
  if (past == microseconds{0}) return from;
  return from - past + (past > microseconds{0} ? period : microseconds{0});
}

std::optional<Occurrence> next_beat(const Schedule& schedule, const Every& every, Instant after) {
  const Zone& zone = schedule.zone;
  Instant from = after + microseconds{1};
  if (schedule.from) from = std::max(from, midnight(zone, *schedule.from));
  const Instant end = schedule.until ? std::min(end_of_promise, midnight(zone, *schedule.until)) : end_of_promise;
  for (Instant at = on_beat(every, from); at < end; at = on_beat(every, from)) {
    const LocalTime local = zone.local(at);
    const LocalDay day = day_of(local);
    if (std::find(schedule.except.begin(), schedule.except.end(), day) == schedule.except.end())
      return Occurrence{at, local, zone.offset(at), SlotKind::plain, {}};
    // Past midnight, unless a fold brought the old date back.
    from = std::max(at + microseconds{1}, midnight(zone, day + days{1}));
  }
  return std::nullopt;
}

}  // namespace

std::optional<Occurrence> next_occurrence(const Schedule& schedule, Instant after) {
  if (std::holds_alternative<Manual>(schedule.kind)) return std::nullopt;
  if (const auto* every = std::get_if<Every>(&schedule.kind)) return next_beat(schedule, *every, after);
  return next_slot(schedule, std::chrono::floor<seconds>(after) + seconds{1});
}

}  // namespace nowd
