// Data time, the fifth clock of a run: the oldest and the newest instant in the data that the run read.
#pragma once

#include <optional>
#include <string_view>

#include "foundation/json.hpp"
#include "foundation/time/civil.hpp"

namespace nowd {

/// The instants [start, end) that a run's data may have; empty by default.
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
  std::int64_t inside = 0;      ///< instants in the window; a date counts if a part of its day is inside
  bool operator==(const DataTimes&) const = default;
};

/// Collects the instants at a JSON pointer (RFC 6901). A segment `*` stands for every element or member.
/// Readable: RFC 3339; a local date or time (taken in `zone`); unix seconds or milliseconds as a number.
DataTimes data_times(const Json& document, std::string_view pointer, const Zone& zone, DataWindow window = {});

/// One value, as from a response header: an HTTP date or any of the forms above.
DataTimes data_time_of(std::string_view text, const Zone& zone, DataWindow window = {});

DataTimes merge(const DataTimes& a, const DataTimes& b);

/// Nothing if `pointer` is "/a/*/b" or "header:NAME"; else a message with the fault.
std::optional<std::string> check_data_time(std::string_view pointer);

}  // namespace nowd
