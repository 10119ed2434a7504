// A time axis in columns of a terminal: linear, except for long idle stretches, which are cut and show their length.
#pragma once

#include <string>
#include <vector>

#include "foundation/time/civil.hpp"

namespace nowd {

struct Span {
  Instant begin, end;
  bool operator==(const Span&) const = default;
};

/// A part of the axis. A cut one is not to scale: nothing happened in it.
struct Stretch {
  Span span;
  int column = 0;
  int width = 1;
  bool cut = false;
  bool operator==(const Stretch&) const = default;
};

class Axis {
 public:
  /// `activity`: the spans to draw (a moment is a span of no length); the axis runs from the first to the last. An idle
  /// stretch that takes more than half of the axis is cut, at most three of them, so that a run of 5 s that was 3 h
  /// late shows its 5 s. Requires: not empty; width >= 40.
  Axis(std::vector<Span> activity, int width);

  /// Column of an instant; an instant outside the axis has the column of the edge.
  int column(Instant at) const;
  const std::vector<Stretch>& stretches() const { return stretches_; }
  Instant begin() const { return stretches_.front().span.begin; }
  Instant end() const { return stretches_.back().span.end; }
  int width() const { return width_; }
  /// Time that one column stands for, outside cuts.
  microseconds resolution() const { return resolution_; }

 private:
  void lay_out(const std::vector<Span>& linear);
  int width_;
  microseconds resolution_{1};
  std::vector<Stretch> stretches_;
};

struct AxisTick {
  int column = 0;
  Instant at;
  int digits = 0;  ///< behind the seconds' point, for its label
  bool operator==(const AxisTick&) const = default;
};

/// Round moments of the zone's local time, and the start of each stretch; far enough apart for labels of `time_of_day`
/// with `suffix` more columns.
std::vector<AxisTick> axis_ticks(const Axis& axis, const Zone& zone, int suffix);

}  // namespace nowd
