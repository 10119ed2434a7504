// What only the whole schedule shows: that it never fires, that its jitter is too large, and when to expect surprises.
#pragma once

#include "config/schedule_section.hpp"

namespace nowd {

/// The zone of this name. Reports one that is not known, and warns of an abbreviation (CET, EST5EDT): it has the rules
/// of an offset, not of a place.
std::optional<Zone> check_zone_name(const Field& field, const std::string& name);

/// Refusals that need the whole schedule: an `at` in a gap or in the past, one that never fires, too much jitter.
void check_schedule(const Schedule& schedule, const Field& field, const ScheduleContext& context);

/// Slots that meet a clock change within two years, both day fields without day_match, slots just before midnight.
void warn_of_schedule(const Schedule& schedule, bool says_day_match, const Field& field, Instant now);

}  // namespace nowd
