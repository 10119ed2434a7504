// The local times of a schedule, before its zone turns them into instants.
#pragma once

#include <optional>

#include "domain/schedule/schedule.hpp"

namespace nowd {

/// Local times that do not exist, because the zone jumped over them: [begin, end).
struct LocalGap {
  LocalTime begin, end;

  static LocalGap at(const OffsetChange& change);
  bool empty() const { return begin >= end; }  ///< the clocks were set back, not forward
  /// A date that lies wholly inside never existed (docs/schedules.md).
  bool swallows(LocalDay day) const { return begin <= day && day + days{1} <= end; }
};

/// A view of a schedule. Requires: it outlives the view, and its kind is Cron or At.
class Slots {
 public:
  explicit Slots(const Schedule& schedule);

  /// The first slot in [from, before) that neither `from`, `until` nor `except` take away.
  std::optional<LocalTime> first(LocalTime from, LocalTime before) const;
  /// The first slot at or after `from` inside a gap, on a date that existed.
  std::optional<LocalTime> first_in_gap(LocalTime from, const LocalGap& gap) const;
  /// Every instant with matching local fields is an occurrence: gap and fold do not apply (docs/schedules.md).
  bool follow_real_time() const { return cron_ != nullptr && cron_->is_cadence(); }

 private:
  std::optional<LocalTime> first_named(LocalTime from, LocalTime before) const;

  const Schedule& schedule_;
  const Cron* cron_;
  const At* at_;
};

}  // namespace nowd
