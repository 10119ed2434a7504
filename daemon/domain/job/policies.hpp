// Rules for occurrences that cannot start when they are due, missed and overlapping ones: see docs/schedules.md.
#pragma once

#include <optional>

#include "foundation/time/time.hpp"

namespace nowd {

struct MissedRules {
  enum class Policy {
    latest,  ///< the newest missed one runs, for the windows of all of them
    all,     ///< oldest first, at most `max` of them
    skip
  };
  Policy policy = Policy::latest;
  milliseconds grace{90'000};          ///< lateness up to here is on time
  std::optional<milliseconds> window;  ///< how late a start may be; nothing = the greater of grace and 2 h
  std::optional<seconds> not_after;    ///< a late start must be before this local time on the slot's day
  int max = 10;

  milliseconds reach() const { return window.value_or(std::max<milliseconds>(grace, hours{2})); }
  bool operator==(const MissedRules&) const = default;
};

struct OverlapRules {
  enum class Policy {
    skip,
    buffer_one,      ///< the newest one waits; an older one that waited is superseded
    buffer_all,      ///< at most `max` wait
    cancel_running,  ///< the running one is ended, then the newest starts
    allow
  };
  Policy policy = Policy::skip;
  int max = 5;
  bool operator==(const OverlapRules&) const = default;
};

}  // namespace nowd
