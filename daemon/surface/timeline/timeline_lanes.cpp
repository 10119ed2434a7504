// The drawing of the timeline.
#include <algorithm>

#include "foundation/text/utf8.hpp"
#include "surface/moment.hpp"
#include "surface/text.hpp"
#include "surface/timeline/axis.hpp"
#include "surface/timeline/timeline.hpp"

namespace nowd {
namespace {

/// A grid of terminal cells, each one glyph of one column.
class Canvas {
 public:
  Canvas(int rows, int columns);

  /// Puts one glyph; outside the grid nothing happens.
  void put(int row, int column, std::string_view glyph, Ink ink = Ink::plain);
  /// The same in columns from..until, both included.
  void fill(int row, int from, int until, std::string_view glyph, Ink ink = Ink::plain);
  /// Puts a text, one glyph a column; cut at the right edge. Requires: printable, no wide or combining characters.
  void write(int row, int column, std::string_view text, Ink ink = Ink::plain);
  /// Only where nothing has been put yet.
  void put_behind(int row, int column, std::string_view glyph, Ink ink = Ink::plain);
  bool is_free(int row, int from, int until) const;

  /// One row, without spaces at its end.
  std::string row(int row, const Style& style) const;

 private:
  struct Cell {
    std::string glyph;
    Ink ink = Ink::plain;
  };
  Cell* cell(int row, int column);
  int columns_;
  std::vector<std::vector<Cell>> rows_;
};

Canvas::Canvas(int rows, int columns)
    : columns_(columns), rows_(static_cast<std::size_t>(rows), std::vector<Cell>(static_cast<std::size_t>(columns))) {}

Canvas::Cell* Canvas::cell(int row, int column) {
  if (row < 0 || row >= static_cast<int>(rows_.size()) || column < 0 || column >= columns_) return nullptr;
  return &rows_[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)];
}

void Canvas::put(int row, int column, std::string_view glyph, Ink ink) {
  if (Cell* at = cell(row, column)) *at = {std::string(glyph), ink};
}

void Canvas::fill(int row, int from, int until, std::string_view glyph, Ink ink) {
  for (int column = from; column <= until; ++column) put(row, column, glyph, ink);
}

void Canvas::write(int row, int column, std::string_view text, Ink ink) {
  while (!text.empty()) {
    const std::string_view character = first_character(text);
    put(row, column++, character, ink);
    text.remove_prefix(character.size());
  }
}

void Canvas::put_behind(int row, int column, std::string_view glyph, Ink ink) {
  if (is_free(row, column, column)) put(row, column, glyph, ink);
}

bool Canvas::is_free(int row, int from, int until) const {
  if (row < 0 || row >= static_cast<int>(rows_.size()) || from < 0 || until >= columns_) return false;
  const auto& cells = rows_[static_cast<std::size_t>(row)];
  return std::all_of(cells.begin() + from, cells.begin() + until + 1, [](const Cell& c) { return c.glyph.empty(); });
}

std::string Canvas::row(int row, const Style& style) const {
  const auto& cells = rows_[static_cast<std::size_t>(row)];
  std::string out;
  std::size_t end = cells.size();
  while (end > 0 && (cells[end - 1].glyph.empty() || cells[end - 1].glyph == " ")) --end;
  for (std::size_t i = 0; i < end;) {
    std::string stretch;  // of one ink, so that colours are written once
    const Ink ink = cells[i].ink;
    for (; i < end && cells[i].ink == ink; ++i) stretch += cells[i].glyph.empty() ? " " : cells[i].glyph;
    out += paint(style, ink, stretch);
  }
  return out;
}

using Kind = TimelineStep::Kind;

enum Row {
  marks,
  local_labels,
  upper_ticks,
  scheduled,
  dispatch,
  inference,
  tool,
  data,
  lower_ticks,
  utc_labels,
  rows
};
constexpr const char* row_names[rows] = {"", "", "", "scheduled", "dispatch", "inference", "tool", "data", "", "UTC"};
constexpr int label_width = 12;

class Lanes {
 public:
  Lanes(const RunRecord& run, const std::vector<TimelineStep>& steps, const Axis& axis)
      : run_(run), steps_(steps), axis_(axis), canvas_(rows, axis.width()) {}

  Canvas draw() {
    draw_scheduled();
    draw_cuts();
    draw_dispatch();
    draw_calls();
    draw_data();
    draw_ticks();
    draw_marks();
    return std::move(canvas_);
  }

 private:
  void draw_scheduled() {
    canvas_.put(scheduled, axis_.column(run_.scheduled_at), "◆", Ink::bold);
    if (run_.due_at == run_.scheduled_at) return;
    const int due = axis_.column(run_.due_at);
    canvas_.put(scheduled, due, "◇");
    const std::string text = "due " + precise(run_.due_at - run_.scheduled_at) + " after it (jitter)";
    canvas_.write(scheduled, due + 2, text, Ink::dim);
  }

  /// The length of a cut stands in the lane of the run.
  void draw_cuts() {
    for (const Stretch& stretch : axis_.stretches()) {
      if (!stretch.cut) continue;
      const std::string length = " " + precise(stretch.span.end - stretch.span.begin) + " ";
      const int room = stretch.width - 1 - static_cast<int>(display_width(length));
      canvas_.fill(dispatch, stretch.column, stretch.column + stretch.width - 2, "┄", Ink::dim);
      canvas_.write(dispatch, stretch.column + std::max(0, room / 2), length);
      canvas_.put(dispatch, stretch.column + stretch.width - 1, "▸", Ink::dim);
    }
  }

  void draw_dispatch() {
    const TimelineStep* begin = find(Kind::dispatch);
    const TimelineStep* end = find(Kind::end);
    if (begin == nullptr) {
      canvas_.write(dispatch, 2, run_.is_live() ? "not dispatched yet" : "never dispatched", Ink::dim);
      return;
    }
    const int column = axis_.column(begin->begin);
    if (end != nullptr) {
      const int last = axis_.column(end->begin);
      for (int c = column + 1; c < last; ++c) canvas_.put_behind(dispatch, c, "─", Ink::dim);
      canvas_.put(dispatch, last, run_.is_live() ? "▸" : "┤", run_.is_live() ? Ink::plain : ink_of(run_.state));
    }
    draw_uncertainty(*begin);
    canvas_.put(dispatch, column, "◆", Ink::bold);
  }

  /// Where it is wide enough to be seen.
  void draw_uncertainty(const TimelineStep& begin) {
    if (!run_.host_uncertainty || *run_.host_uncertainty < axis_.resolution()) return;
    const auto width = std::chrono::ceil<microseconds>(*run_.host_uncertainty);
    canvas_.fill(dispatch, axis_.column(begin.begin - width), axis_.column(begin.begin + width), "░", Ink::warn);
  }

  /// Good calls first, so that they never hide a failed one.
  void draw_calls() {
    for (bool trouble : {false, true})
      for (const TimelineStep& step : steps_)
        if ((step.model != nullptr || step.tool != nullptr) && in_trouble(step) == trouble) draw_call(step);
    if (find(Kind::model) == nullptr)
      canvas_.write(inference, 0, run_.is_live() ? "none yet" : "no model call", Ink::dim);
    if (find(Kind::tool) == nullptr) canvas_.write(tool, 0, run_.is_live() ? "none yet" : no_tool_text(), Ink::dim);
  }

  std::string no_tool_text() const {
    if (run_.tool_calls.empty()) return "no tool call";
    return "no tool call was made: " + counted(static_cast<long long>(run_.tool_calls.size()), "call") + " refused";
  }

  bool in_trouble(const TimelineStep& step) const {
    if (step.model != nullptr) return step.model->state == "lost" || step.model->stop_action == "fail";
    return step.tool->state != "confirmed";
  }

  void draw_call(const TimelineStep& step) {
    const bool is_model = step.model != nullptr;
    const int row = is_model ? inference : tool;
    const int from = axis_.column(step.begin), until = axis_.column(step.end);
    const bool quiet = !is_model && !step.tool->is_effect();
    canvas_.fill(row, from, until, quiet ? "─" : "━");
    if (is_model) {
      const Instant answering = step.model->first_token.value_or(step.end);
      if (const int first = axis_.column(answering); first > from) canvas_.fill(row, from, first - 1, "╌");
    }
    if (until > from) canvas_.put(row, from, "┝");
    canvas_.put(row, until, end_glyph(step), in_trouble(step) ? Ink::bad : Ink::plain);
  }

  const char* end_glyph(const TimelineStep& step) const {
    if (step.open) return run_.is_live() ? "▸" : "?";
    if (step.model != nullptr) return in_trouble(step) ? "✗" : "●";
    if (step.tool->state == "unknown") return "?";
    if (step.tool->state == "failed") return "✗";
    return step.tool->is_effect() ? "●" : "○";
  }

  void draw_data() {
    std::optional<Instant> oldest, newest;
    bool declared = false;
    for (const ToolCallRecord& call : run_.tool_calls) {
      declared = declared || call.data_count;
      if (call.data_oldest) oldest = std::min(oldest.value_or(*call.data_oldest), *call.data_oldest);
      if (call.data_newest) newest = std::max(newest.value_or(*call.data_newest), *call.data_newest);
    }
    if (!oldest || !newest) {
      canvas_.write(data, 0, declared ? "nothing with a time was read" : "no data time is declared", Ink::dim);
      return;
    }
    const int from = axis_.column(*oldest), until = axis_.column(*newest);
    canvas_.fill(data, from, until, "─");
    canvas_.put(data, from, *oldest < axis_.begin() ? "◂" : "•");
    if (*newest >= axis_.begin()) canvas_.put(data, until, "•");
    const std::string text = data_text(*oldest, *newest);
    const int length = static_cast<int>(display_width(text));
    if (until + 2 + length <= axis_.width())
      canvas_.write(data, until + 2, text);
    else
      canvas_.write(data, std::max(from + 2, until - 2 - length), " " + text + " ");
  }

  std::string data_text(Instant oldest, Instant newest) const {
    const auto relative = [&](Instant at) {
      return precise(at - run_.scheduled_at) + (at <= run_.scheduled_at ? " before" : " after");
    };
    if (oldest == newest) return relative(newest) + " scheduled";
    return "newest " + relative(newest) + ", oldest " + relative(oldest) + " scheduled";
  }

  void draw_ticks() {
    for (const AxisTick& tick : axis_ticks(axis_, run_.zone, 1)) {
      canvas_.write(local_labels, tick.column, time_of_day(run_.zone, tick.at, tick.digits), Ink::dim);
      canvas_.put(upper_ticks, tick.column, "╷", Ink::dim);
      canvas_.put(lower_ticks, tick.column, "╵", Ink::dim);
      canvas_.write(utc_labels, tick.column, time_of_day(Zone::utc(), tick.at, tick.digits) + "Z", Ink::dim);
    }
  }

  void draw_marks() {
    int free_from = 0;
    for (const LocalMark& mark : drawn_marks()) {
      const int column = axis_.column(mark.at);
      for (int row = upper_ticks; row <= lower_ticks; ++row) canvas_.put_behind(row, column, "┊", Ink::warn);
      const int width = static_cast<int>(display_width(mark.short_text));
      const int at = std::min(column, axis_.width() - width);
      if (at < free_from) continue;
      canvas_.write(marks, at, mark.short_text, Ink::warn);
      free_from = at + width + 1;
    }
  }

  /// A cut of many days is not littered with its midnights.
  std::vector<LocalMark> drawn_marks() const {
    constexpr std::size_t most = 2;
    std::vector<LocalMark> drawn;
    for (const Stretch& stretch : axis_.stretches()) {
      const std::vector<LocalMark> within = local_marks(run_.zone, stretch.span.begin, stretch.span.end);
      if (!stretch.cut || within.size() <= most) drawn.insert(drawn.end(), within.begin(), within.end());
    }
    return drawn;
  }

  const TimelineStep* find(Kind kind) const {
    const auto found = std::find_if(steps_.begin(), steps_.end(), [&](const auto& step) { return step.kind == kind; });
    return found == steps_.end() ? nullptr : &*found;
  }

  const RunRecord& run_;
  const std::vector<TimelineStep>& steps_;
  const Axis& axis_;
  Canvas canvas_;
};

}  // namespace

Lines draw_lanes(const RunRecord& run, const std::vector<TimelineStep>& steps, const Style& style) {
  std::vector<Span> activity{{run.due_at, run.due_at}};
  for (const TimelineStep& step : steps) activity.push_back({step.begin, step.end});
  const Axis axis(std::move(activity), std::min(fitted_width(style), 160) - label_width - 2);
  const Canvas canvas = Lanes(run, steps, axis).draw();
  Lines lines;
  for (int row = 0; row < rows; ++row) {
    const std::string cells = canvas.row(row, style);
    if (row == marks && cells.empty()) continue;
    const std::string name = row == local_labels ? "local" : row_names[row];
    lines.push_back("  " + (cells.empty() ? name : paint(style, Ink::bold, pad(name, label_width)) + cells));
  }
  lines.push_back(paint(style, Ink::dim, "  ╌ waiting  ━ answering, acting  ● done  ○ read  ✗ failed  ? in doubt"));
  return lines;
}

}  // namespace nowd
