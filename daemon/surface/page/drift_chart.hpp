// A gap between two clocks over a job's last runs, as a small chart (SVG) with what it says in words.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "surface/page/html.hpp"

namespace nowd {

struct DriftPoint {
  std::int64_t run = 0;
  Instant scheduled_at;
  nanoseconds gap{};
};

/// A figure. `id` is unique in the page, `name` what the gap is ("Dispatch lag"). `points`: the oldest first. The scale
/// is logarithmic, from 1 ms: a gap may be of milliseconds or of hours. Gaps below zero, which no honest clock gives,
/// lie on the floor and are marked.
Html drift_chart(const std::string& id, const std::string& name, const std::vector<DriftPoint>& points,
                 const Zone& zone);

}  // namespace nowd
