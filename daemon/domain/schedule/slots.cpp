#include "domain/schedule/slots.hpp"

#include <algorithm>

namespace nowd {

LocalGap LocalGap::at(const OffsetChange& change) {
  const LocalTime utc{std::chrono::floor<seconds>(change.at.time_since_epoch())};
  return {utc + change.before, utc + change.after};
}

Slots::Slots(const Schedule& schedule)
    : schedule_(schedule), cron_(std::get_if<Cron>(&schedule.kind)), at_(std::get_if<At>(&schedule.kind)) {}

std::optional<LocalTime> Slots::first_named(LocalTime from, LocalTime before) const {
  if (cron_ != nullptr) return cron_->first_match(from, before, schedule_.day_match);
  if (at_ == nullptr) return std::nullopt;
  const auto found = std::lower_bound(at_->slots.begin(), at_->slots.end(), from);
  if (found == at_->slots.end() || *found >= before) return std::nullopt;
  return *found;
}

std::optional<LocalTime> Slots::first(LocalTime from, LocalTime before) const {
  if (schedule_.from) from = std::max(from, LocalTime{*schedule_.from});
  if (schedule_.until) before = std::min(before, LocalTime{*schedule_.until});
  const auto& except = schedule_.except;
  while (const auto slot = first_named(from, before)) {
    const LocalDay day = day_of(*slot);
    if (std::find(except.begin(), except.end(), day) == except.end()) return slot;
    from = day + days{1};
  }
  return std::nullopt;
}

std::optional<LocalTime> Slots::first_in_gap(LocalTime from, const LocalGap& gap) const {
  from = std::max(from, gap.begin);
  while (const auto slot = first(from, gap.end)) {
    const LocalDay day = day_of(*slot);
    if (!gap.swallows(day)) return slot;
    from = day + days{1};
  }
  return std::nullopt;
}

}  // namespace nowd
