// The parts of a schedule's mapping that stand for themselves: times and dates.
#pragma once

#include <optional>
#include <vector>

#include "config/job/schedule_section.hpp"

namespace nowd {

/// One local time or a list. Refuses a slot that the zone jumps over, and a new one in the past.
std::optional<At> read_at(const Field& field, const Zone& zone, const ScheduleContext& context);

/// An instant (RFC 3339), or a local time in the zone.
std::optional<Instant> read_anchor(const Field& field, const Zone& zone);

std::optional<LocalDay> read_day(const Field& field);
std::vector<LocalDay> read_days(const Field& field);  ///< one or a list; ascending, without repeats

}  // namespace nowd
