#include "surface/page/charts.hpp"

#include <algorithm>
#include <cmath>

#include "surface/moment.hpp"
#include "surface/text.hpp"
#include "surface/timeline/axis.hpp"
#include "surface/timeline/timeline_steps.hpp"

namespace nowd {
namespace {

using Kind = TimelineStep::Kind;

constexpr int axis_left = 112, axis_width = 820, lane_height = 30, first_lane = 44;
constexpr int label_room = 84;  ///< of a tick's label, in units of the axis, beyond its characters

struct RemoteDate {
  const char* lane;
  std::string remote;
  Instant at;
};

/// A Date is cut to the second: the clock stood within the second that it names.
std::vector<RemoteDate> remote_dates(const RunRecord& run) {
  std::vector<RemoteDate> dates;
  for (const ModelCallRecord& call : run.model_calls)
    if (call.provider_date) dates.push_back({"provider's Date", call.remote, *call.provider_date});
  for (const ToolCallRecord& call : run.tool_calls)
    if (call.remote_date) dates.push_back({"tool's Date", call.remote, *call.remote_date});
  return dates;
}

bool in_trouble(const TimelineStep& step) {
  if (step.model != nullptr) return step.model->state == "lost" || step.model->stop_action == "fail";
  return step.tool->state != "confirmed";
}

class Drawing {
 public:
  Drawing(const RunRecord& run, Instant now)
      : run_(run), steps_(timeline_steps(run, now)), dates_(remote_dates(run)), axis_(activity(), axis_width) {}

  Html draw() {
    ticks();
    lane("scheduled");
    scheduled();
    lane("dispatch");
    dispatch();
    lane("inference");
    calls(true);
    lane("tool");
    calls(false);
    data();
    if (!run_.gates.empty()) guard();
    for (const char* name : {"provider's Date", "tool's Date"}) dates_of(name);
    return std::move(body_);
  }
  int height() const { return first_lane + lanes_ * lane_height + 24; }
  /// Lines and labels reach down to the last lane: they are drawn when it is known.
  Html axis_lines() const {
    Html out;
    const int foot = first_lane + lanes_ * lane_height - 8;
    for (const AxisTick& tick : axis_ticks(axis_, run_.zone, label_room)) {
      const Html x = Html::number(std::int64_t{axis_left + tick.column});
      out += Html("<line class=\"line\" x1=\"") + x + "\" x2=\"" + x + "\" y1=\"24\" y2=\"" +
             Html::number(std::int64_t{foot}) + "\"/><text class=\"dim\" x=\"" + x + "\" y=\"18\">" +
             Html::text(time_of_day(run_.zone, tick.at, tick.digits)) + "</text><text class=\"dim\" x=\"" + x +
             "\" y=\"" + Html::number(std::int64_t{foot + 18}) + "\">" +
             Html::text(time_of_day(Zone::utc(), tick.at, tick.digits) + "Z") + "</text>\n";
    }
    return out + "<text class=\"dim\" x=\"0\" y=\"18\">local</text><text class=\"dim\" x=\"0\" y=\"" +
           Html::number(std::int64_t{foot + 18}) + "\">UTC</text>\n";
  }

 private:
  std::vector<Span> activity() const {
    std::vector<Span> out{{run_.due_at, run_.due_at}};
    for (const TimelineStep& step : steps_) out.push_back({step.begin, step.end});
    for (const GateRecord& gate : run_.gates) out.push_back({gate.at, gate.at});
    // A Date has a resolution of one second: it must not set the scale of a run of 40 ms.
    if (run_.effect_at) out.push_back({*run_.effect_at, *run_.effect_at});
    return out;
  }

  Html x(Instant at) const { return Html::number(std::int64_t{axis_left + axis_.column(at)}); }
  Html y(int within) const { return Html::number(std::int64_t{first_lane + (lanes_ - 1) * lane_height + within}); }

  void ticks() {
    for (const Stretch& stretch : axis_.stretches())
      if (stretch.cut) cuts_.push_back(stretch);
  }

  void lane(const char* name) {
    ++lanes_;
    body_ += Html("<text x=\"0\" y=\"") + y(14) + "\">" + Html::text(name) + "</text>\n";
  }

  void diamond(Instant at, const Html& what, const Html& classes) {
    body_ += Html("<path class=\"") + classes + "\" transform=\"translate(" + x(at) + " " + y(10) +
             ")\" d=\"M0-7 6 0 0 7-6 0Z\"><title>" + what + "</title></path>\n";
  }

  void bar(Instant from, Instant until, int top, int thick, const Html& classes, const Html& what) {
    const int begin = axis_.column(from), end = std::max(begin + 2, axis_.column(until));
    body_ += Html("<rect class=\"") + classes + "\" x=\"" + x(from) + "\" y=\"" + y(top) + "\" width=\"" +
             Html::number(std::int64_t{end - begin}) + "\" height=\"" + Html::number(std::int64_t{thick}) +
             "\"><title>" + what + "</title></rect>\n";
  }

  Html at_and(const Html& what, Instant at) const {
    return what + " at " + Html::text(time_of_day(run_.zone, at, 3)) + ", " +
           Html::text(signed_span(at - run_.scheduled_at)) + " from scheduled";
  }

  void scheduled() {
    if (run_.due_at != run_.scheduled_at) diamond(run_.due_at, at_and("due (jitter)", run_.due_at), "doubt");
    diamond(run_.scheduled_at, at_and("scheduled", run_.scheduled_at), "mark");
  }

  void dispatch() {
    for (const Stretch& stretch : cuts_) {
      const std::int64_t begin = axis_left + stretch.column, end = begin + stretch.width;
      body_ += Html("<line class=\"cut\" x1=\"") + Html::number(begin) + "\" x2=\"" + Html::number(end) + "\" y1=\"" +
               y(10) + "\" y2=\"" + y(10) + "\"/><text class=\"dim\" x=\"" + Html::number(begin + 6) + "\" y=\"" +
               y(4) + "\">" + Html::text(precise(stretch.span.end - stretch.span.begin)) + "</text>\n";
    }
    if (!run_.dispatched_at) return;
    for (const TimelineStep& step : steps_)
      if (step.kind == Kind::end)
        bar(*run_.dispatched_at, step.begin, 8, 4, "quiet", at_and(Html::text(step.label), step.begin));
    if (run_.host_uncertainty) {
      const auto width = std::chrono::ceil<microseconds>(*run_.host_uncertainty);
      bar(*run_.dispatched_at - width, *run_.dispatched_at + width, 1, 18, "doubt",
          Html("uncertainty of the host's clock: ±") + Html::text(precise(*run_.host_uncertainty)));
    }
    diamond(*run_.dispatched_at, at_and("dispatch", *run_.dispatched_at), "mark");
  }

  void calls(bool model) {
    for (const TimelineStep& step : steps_) {
      if ((model ? step.kind != Kind::model : step.kind != Kind::tool)) continue;
      const Html what = at_and(Html::text(step.label), step.begin) + (step.open ? Html(", no end known") : Html());
      const Instant answering =
          model ? std::clamp(step.model->first_token.value_or(step.end), step.begin, std::max(step.begin, step.end))
                : step.begin;
      if (answering > step.begin) bar(step.begin, answering, 5, 10, "wait", what + ": waiting");
      const bool quiet = !model && !step.tool->is_effect();
      bar(answering, step.end, 4, 12, in_trouble(step) ? Html("fault") : quiet ? Html("quiet") : Html("bar"), what);
      made_ = made_ || (!model && step.tool->is_effect());
    }
    if (!model && !made_ && run_.effect_at)
      bar(*run_.effect_at, *run_.effect_at, 4, 12, "bar", at_and("delivery", *run_.effect_at));
  }

  /// Data is mostly older than everything else: it is drawn up to the edge, with its age as text.
  void data() {
    std::optional<Instant> oldest, newest;
    for (const ToolCallRecord& call : run_.tool_calls) {
      if (call.data_oldest) oldest = std::min(oldest.value_or(*call.data_oldest), *call.data_oldest);
      if (call.data_newest) newest = std::max(newest.value_or(*call.data_newest), *call.data_newest);
    }
    if (!oldest || !newest) return;
    lane("data");
    const Html words = Html("newest ") + Html::text(signed_span(*newest - run_.scheduled_at)) + ", oldest " +
                       Html::text(signed_span(*oldest - run_.scheduled_at)) + " from scheduled";
    bar(*oldest, *newest, 8, 4, "quiet", Html("data read: ") + words);
    const int end = axis_left + axis_.column(*newest);
    const bool left_of_it = end > axis_left + axis_width / 2;
    body_ += Html("<text class=\"dim\" x=\"") + Html::number(std::int64_t{left_of_it ? end - 8 : end + 12}) +
             "\" y=\"" + y(left_of_it ? 4 : 14) + (left_of_it ? Html("\" text-anchor=\"end\">") : Html("\">")) + words +
             "</text>\n";
  }

  void guard() {
    lane("guard");
    for (const GateRecord& gate : run_.gates) {
      Html what = at_and(Html::text(gate.verdict + " " + gate.subject), gate.at);
      for (const auto& each : gate.objections)
        what += Html("; ") + Html::text(each.detail.empty() ? each.rule : each.detail);
      const bool denied = gate.verdict == "deny";
      body_ += Html("<path class=\"") + (denied ? Html("cross") : Html("dot")) + "\" transform=\"translate(" +
               x(gate.at) + " " + y(10) + ")\" d=\"" + (denied ? Html("M-6-6 6 6M-6 6 6-6") : Html("M0-6 6 6-6 6Z")) +
               "\"><title>" + what + "</title></path>\n";
    }
  }

  void dates_of(const char* name) {
    const auto is_in = [&](const RemoteDate& date) { return date.lane == std::string_view(name); };
    if (std::none_of(dates_.begin(), dates_.end(), is_in)) return;
    lane(name);
    for (const RemoteDate& date : dates_)
      if (is_in(date))
        bar(date.at, date.at + seconds{1}, 4, 12, "doubt",
            Html::text(date.remote) + " says " + Html::text(time_of_day(Zone::utc(), date.at, 0)) + "Z");
  }

  const RunRecord& run_;
  const std::vector<TimelineStep> steps_;
  const std::vector<RemoteDate> dates_;
  const Axis axis_;
  std::vector<Stretch> cuts_;
  Html body_;
  int lanes_ = 0;
  bool made_ = false;  ///< an effect by a tool was drawn
};

}  // namespace

std::string distances_in_words(const RunRecord& run) {
  std::string out = "scheduled " + zoned_moment(run.zone, run.scheduled_at);
  std::optional<Instant> inferred;
  for (const ModelCallRecord& call : run.model_calls)
    if (call.sent && !inferred) inferred = call.sent;
  Instant before = run.scheduled_at;
  const auto add = [&](const char* clock, std::optional<Instant> at) {
    if (!at) return;
    out += "; " + std::string(clock) + " " + signed_span(*at - before);
    before = *at;
  };
  add("dispatch", run.dispatched_at);
  add("inference", inferred);
  add("effect", first_effect(run));
  if (!run.is_live()) add("end", run.ended_at);
  if (!first_effect(run)) add("delivery", run.effect_at);
  return out;
}

Html timeline_chart(const RunRecord& run, Instant now) {
  Drawing drawing(run, now);
  const Html body = drawing.draw();
  const Html words = Html::text("From one clock to the next: " + distances_in_words(run) + ".");
  return Html(
             "<figure>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Timeline\"><svg role=\"img\" "
             "aria-labelledby=\"timeline-title timeline-desc\" viewBox=\"0 0 ") +
         Html::number(std::int64_t{axis_left + axis_width + 20}) + " " + Html::number(std::int64_t{drawing.height()}) +
         "\">\n<title id=\"timeline-title\">Timeline of the run's clocks</title>\n<desc id=\"timeline-desc\">" + words +
         " The table below has the same numbers.</desc>\n" + drawing.axis_lines() + body +
         "</svg></div>\n<figcaption>" + words +
         "</figcaption>\n</figure>\n<p class=\"dim\">◆ a moment, dashed box: waiting for an answer, bar: answering or "
         "acting, red: failed or in doubt, amber "
         "box: uncertain (a server's Date is cut to the second), ▲ let out by the guard, red cross: kept in. A dotted "
         "line stands for time in which nothing happened.</p>\n";
}

namespace {

constexpr double left = 64, right = 704, top = 12, bottom = 132;

struct Step {
  nanoseconds at;
  const char* label;
};
constexpr Step axis_steps[] = {{milliseconds{1}, "1 ms"}, {milliseconds{10}, "10 ms"}, {milliseconds{100}, "100 ms"},
                               {seconds{1}, "1 s"},       {seconds{10}, "10 s"},       {minutes{1}, "1 m"},
                               {minutes{10}, "10 m"},     {hours{1}, "1 h"},           {hours{10}, "10 h"},
                               {days{4}, "4 d"},          {days{40}, "40 d"}};

double height_of(nanoseconds gap) { return std::log10(std::max(1e6, static_cast<double>(gap.count())) / 1e6); }

nanoseconds worst_of(const std::vector<DriftPoint>& points) {
  return std::max_element(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.gap < b.gap; })
      ->gap;
}

nanoseconds median_of(const std::vector<DriftPoint>& points) {
  std::vector<nanoseconds> gaps;
  for (const DriftPoint& point : points) gaps.push_back(point.gap);
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::nth_element(gaps.begin(), middle, gaps.end());
  return *middle;
}

std::string in_words(const std::string& name, const std::vector<DriftPoint>& points) {
  const auto size = [](nanoseconds gap) { return (gap < nanoseconds{0} ? "-" : "") + precise(gap); };
  return name + " of the last " + counted(static_cast<long long>(points.size()), "run") + ": median " +
         size(median_of(points)) + ", greatest " + size(worst_of(points)) + ", newest " + size(points.back().gap) + ".";
}

/// The smallest step that is at least `worst`.
double ceiling_of(nanoseconds worst) {
  for (const Step& step : axis_steps)
    if (step.at > milliseconds{1} && step.at >= worst) return height_of(step.at);
  return height_of(worst);
}

Html grid(double ceiling) {
  Html out;
  for (const Step& step : axis_steps) {
    if (height_of(step.at) > ceiling + 1e-9) break;
    const double y = bottom - (bottom - top) * height_of(step.at) / ceiling;
    out += Html("<line class=\"line\" x1=\"") + Html::number(left) + "\" x2=\"" + Html::number(right) + "\" y1=\"" +
           Html::number(y) + "\" y2=\"" + Html::number(y) + "\"/><text class=\"dim\" text-anchor=\"end\" x=\"" +
           Html::number(left - 8) + "\" y=\"" + Html::number(y + 4) + "\">" + Html::text(step.label) + "</text>\n";
  }
  return out;
}

}  // namespace

Html drift_chart(const std::string& id, const std::string& name, const std::vector<DriftPoint>& points,
                 const Zone& zone) {
  if (points.empty()) return Html("<p>") + Html::text(name) + ": none of the last runs has both clocks.</p>\n";
  const double ceiling = ceiling_of(worst_of(points));
  const Html words = Html::text(in_words(name, points)), of = Html::text(id);
  const Html label = Html::text(name);
  Html out = Html("<figure>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"") + label +
             "\"><svg role=\"img\" viewBox=\"0 0 720 140\" aria-labelledby=\"" + of + "-title " + of +
             "-desc\">\n<title id=\"" + of + "-title\">" + Html::text(name) + "</title>\n<desc id=\"" + of +
             "-desc\">" + words + " The scale is logarithmic.</desc>\n" + grid(ceiling);
  const double apart = (right - left - 16) / static_cast<double>(std::max<std::size_t>(1, points.size() - 1));
  double x = points.size() == 1 ? (left + right) / 2 : left + 8;
  for (const DriftPoint& point : points) {
    out += Html(point.gap < nanoseconds{0} ? Html("<circle class=\"dot fault\"") : Html("<circle class=\"dot\"")) +
           " r=\"3\" cx=\"" + Html::number(x) + "\" cy=\"" +
           Html::number(bottom - (bottom - top) * height_of(point.gap) / ceiling) + "\"><title>run " +
           Html::number(point.run) + ", " + Html::text(short_moment(zone, point.scheduled_at)) + ": " +
           span(point.gap) + "</title></circle>\n";
    x += apart;
  }
  return out + "</svg></div>\n<figcaption>" + words + "</figcaption>\n</figure>\n";
}

}  // namespace nowd
