// What only the whole schedule shows: that it never fires, that its jitter is too large, and when to expect surprises.
#pragma once

#include "config/job/schedule_section.hpp"

namespace nowd {

/// An abbreviation (CET, EST5EDT) is a zone of tzdata, but has the rules of an offset, not of a place.
void warn_of_abbreviation(const Field& field, std::string_view zone);

/// Refusals that need the whole schedule: an `at` in a gap or in the past, one that never fires, too much jitter.
void check_schedule(const Schedule& schedule, const Field& field, const ScheduleContext& context);

/// Slots that meet a clock change within two years, both day fields without day_match, slots just before midnight.
void warn_of_schedule(const Schedule& schedule, bool says_day_match, const Field& field, Instant now);

}  // namespace nowd
