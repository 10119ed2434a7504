// The schedule of a job: its short text forms and its mapping (time.md 1), read and checked.
#pragma once

#include <optional>
#include <string>

#include "config/yaml/field.hpp"
#include "domain/schedule/schedule.hpp"

namespace nowd {

/// What a schedule is read against.
struct ScheduleContext {
  std::optional<std::string> default_zone;
  bool has_config = false;  ///< whether defaults.timezone could be looked up at all
  Instant now;
  bool past_at_known = false;      ///< an `at` in the past is an old one, not a new one
  bool past_at_is_warned = false;  ///< a new one is no error, only a warning
};

/// Nothing if anything is wrong with it; what it is, is in the report. Warnings are reported too.
std::optional<Schedule> read_schedule(const Field& field, const ScheduleContext& context);

}  // namespace nowd
