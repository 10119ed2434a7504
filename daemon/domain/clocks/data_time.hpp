// Data time, the fifth witness: the newest and oldest instant of what a run has read.
#pragma once

#include <optional>
#include <string_view>

#include "foundation/json.hpp"
#include "foundation/time/civil.hpp"

namespace nowd {

/// The instants [start, end) that a run's data may be from; none, unless they are given.
struct DataWindow {
  Instant start = Instant::max();
  Instant end = Instant::min();
  bool operator==(const DataWindow&) const = default;
};

struct DataTimes {
  std::optional<Instant> oldest;
  std::optional<Instant> newest;
  std::int64_t count = 0;       ///< instants found
  std::int64_t unreadable = 0;  ///< values at the pointer that are not times
  std::int64_t inside = 0;      ///< of the instants, in the window; a date counts where a part of its day does
  bool operator==(const DataTimes&) const = default;
};

/// Collects the instants at a JSON pointer (RFC 6901) whose segments may be `*` (every element or member).
/// Readable: RFC 3339; a local date or time (taken in `zone`); unix seconds or milliseconds as a number.
DataTimes data_times(const Json& document, std::string_view pointer, const Zone& zone, DataWindow window = {});

/// One value, as from a response header: an HTTP date or any of the forms above.
DataTimes data_time_of(std::string_view text, const Zone& zone, DataWindow window = {});

DataTimes merge(const DataTimes& a, const DataTimes& b);

/// Whether `pointer` is "/a/*/b" or "header:NAME"; a message naming the fault if not.
std::optional<std::string> check_data_time(std::string_view pointer);

}  // namespace nowd
