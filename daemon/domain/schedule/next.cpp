// When is the next occurrence? Walks a zone's stretches of constant offset in the order of real time, so that what it
// finds is ordered by instant by construction, wherever local times jump or repeat.
#include <algorithm>

#include "domain/schedule/schedule.hpp"
#include "domain/schedule/slots.hpp"

namespace nowd {
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
  /// A slot that the clocks do show within the stretch, as often as the fold rule lets it fire.
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

  /// A slot that the zone jumped over on its way into this stretch, put where the gap rule says.
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
