#include "surface/timeline/axis.hpp"

#include <algorithm>
#include <cmath>

namespace nowd {
namespace {

constexpr std::size_t max_cuts = 3;
constexpr int cut_width = 14;  // holds "┄┄ 2d 14h ┄┄▸"

/// Overlapping and touching spans become one; ascending.
std::vector<Span> merged(std::vector<Span> spans) {
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.begin < b.begin; });
  std::vector<Span> out;
  for (const Span& span : spans) {
    const Span forward{span.begin, std::max(span.begin, span.end)};
    if (!out.empty() && forward.begin <= out.back().end)
      out.back().end = std::max(out.back().end, forward.end);
    else
      out.push_back(forward);
  }
  return out;
}

microseconds idle_before(const std::vector<Span>& activity, std::size_t i) {
  return activity[i].begin - activity[i - 1].end;
}

/// The idle gaps to cut: for each the index in `activity` of the span after it, ascending.
std::vector<std::size_t> choose_cuts(const std::vector<Span>& activity) {
  microseconds drawn = activity.back().end - activity.front().begin;
  std::vector<std::size_t> gaps;
  for (std::size_t i = 1; i < activity.size(); ++i) gaps.push_back(i);
  std::sort(gaps.begin(), gaps.end(),
            [&](auto a, auto b) { return idle_before(activity, a) > idle_before(activity, b); });
  std::vector<std::size_t> cuts;
  for (std::size_t i : gaps) {
    const microseconds idle = idle_before(activity, i);
    const bool something_remains = drawn > idle;
    if (cuts.size() == max_cuts || !something_remains || idle * 2 <= drawn) break;
    cuts.push_back(i);
    drawn -= idle;
  }
  std::sort(cuts.begin(), cuts.end());
  return cuts;
}

}  // namespace

Axis::Axis(std::vector<Span> activity, int width) : width_(width) {
  activity = merged(std::move(activity));
  std::vector<Span> linear;
  std::size_t from = 0;
  for (std::size_t cut : choose_cuts(activity)) {
    linear.push_back({activity[from].begin, activity[cut - 1].end});
    from = cut;
  }
  linear.push_back({activity[from].begin, activity.back().end});
  lay_out(linear);
}

void Axis::lay_out(const std::vector<Span>& linear) {
  microseconds drawn{0};
  for (const Span& span : linear) drawn += span.end - span.begin;
  // Each linear stretch has one column for its first moment; the rest of the width is shared by duration.
  const int count = static_cast<int>(linear.size());
  const int shared = width_ - count - (count - 1) * cut_width;
  resolution_ = std::max(microseconds{1}, drawn / std::max(1, shared));
  int column = 0;
  microseconds done{0};
  int used = 0;
  for (std::size_t i = 0; i < linear.size(); ++i) {
    done += linear[i].end - linear[i].begin;
    const double share =
        drawn.count() == 0 ? 0 : static_cast<double>(done.count()) / static_cast<double>(drawn.count());
    const int extra = static_cast<int>(std::lround(share * shared)) - used;
    stretches_.push_back({linear[i], column, 1 + extra, false});
    column += 1 + extra;
    used += extra;
    if (i + 1 == linear.size()) break;
    stretches_.push_back({{linear[i].end, linear[i + 1].begin}, column, cut_width, true});
    column += cut_width;
  }
}

int Axis::column(Instant at) const {
  for (const Stretch& stretch : stretches_) {
    if (stretch.cut ? at >= stretch.span.end : at > stretch.span.end) continue;
    if (at <= stretch.span.begin) return stretch.cut ? stretch.column - 1 : stretch.column;
    const double length = static_cast<double>((stretch.span.end - stretch.span.begin).count());
    const double share = static_cast<double>((at - stretch.span.begin).count()) / length;
    return stretch.column + static_cast<int>(std::lround(share * (stretch.width - 1)));
  }
  const Stretch& last = stretches_.back();
  return last.column + last.width - 1;
}

namespace {

// Steps that people read easily; from a day on, whole days.
constexpr std::int64_t round_steps_us[] = {1,
                                           2,
                                           5,
                                           10,
                                           20,
                                           50,
                                           100,
                                           200,
                                           500,
                                           1'000,
                                           2'000,
                                           5'000,
                                           10'000,
                                           20'000,
                                           50'000,
                                           100'000,
                                           200'000,
                                           500'000,
                                           1'000'000,
                                           2'000'000,
                                           5'000'000,
                                           10'000'000,
                                           15'000'000,
                                           30'000'000,
                                           60'000'000,
                                           120'000'000,
                                           300'000'000,
                                           600'000'000,
                                           900'000'000,
                                           1'800'000'000,
                                           3'600'000'000,
                                           7'200'000'000,
                                           10'800'000'000,
                                           21'600'000'000,
                                           43'200'000'000};

std::int64_t round_step(double min_us) {
  for (std::int64_t step : round_steps_us)
    if (static_cast<double>(step) >= min_us) return step;
  constexpr std::int64_t day = 86'400'000'000;
  return day * static_cast<std::int64_t>(std::ceil(min_us / static_cast<double>(day)));
}

int digits_for(double step_us) {
  if (step_us >= 1e6) return 0;
  return step_us >= 1e3 ? 3 : 6;
}

/// The first instant after `at` with a local time that is a multiple of `step`.
Instant next_round(const Zone& zone, Instant at, std::int64_t step) {
  const microseconds local = at.time_since_epoch() + zone.offset(at);
  const std::int64_t next = (local.count() / step + 1) * step;
  return at + (microseconds{next} - local);
}

}  // namespace

std::vector<AxisTick> axis_ticks(const Axis& axis, const Zone& zone, int suffix) {
  std::vector<AxisTick> ticks;
  int free_from = 0;  // columns before it are taken by a label
  const auto place = [&](Instant at, int column, int digits) {
    const int label = 8 + (digits == 0 ? 0 : digits + 1) + suffix;
    if (column < free_from || column + label > axis.width()) return;
    ticks.push_back({column, at, digits});
    free_from = column + label + 2;
  };
  for (const Stretch& stretch : axis.stretches()) {
    if (stretch.cut) continue;
    const double per_column =
        static_cast<double>((stretch.span.end - stretch.span.begin).count()) / std::max(1, stretch.width - 1);
    const int digits = stretch.width == 1 ? 0 : digits_for(per_column * 16);
    place(stretch.span.begin, stretch.column, digits);
    if (stretch.width < 2 || per_column <= 0) continue;
    const std::int64_t step = round_step(per_column * (10 + (digits == 0 ? 0 : digits + 1) + suffix));
    for (Instant at = next_round(zone, stretch.span.begin, step); at <= stretch.span.end;
         at = next_round(zone, at, step))
      place(at, axis.column(at), digits);
  }
  return ticks;
}

}  // namespace nowd
