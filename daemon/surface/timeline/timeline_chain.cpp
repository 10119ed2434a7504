// The readings of the timeline, one below the other, with the gaps between them.
#include <algorithm>

#include "foundation/text/words.hpp"
#include "surface/moment.hpp"
#include "surface/text.hpp"
#include "surface/timeline/timeline.hpp"

namespace nowd {
namespace {

using Kind = TimelineStep::Kind;

constexpr std::size_t min_label_width = 17;
constexpr std::size_t max_steps = 16;  ///< more are elided in the middle
constexpr std::size_t kept_first = 8, kept_last = 5;

bool is_finding(const RunRecord& run, std::string_view verdict) {
  return std::any_of(run.findings.begin(), run.findings.end(), [&](const auto& f) { return f.verdict == verdict; });
}

bool is_plain(const TimelineStep& step) {
  if (step.model != nullptr) return step.model->state == "answered" && step.model->stop_action != "fail";
  return step.tool != nullptr && step.tool->state == "confirmed";
}

class Chain {
 public:
  Chain(const RunRecord& run, const std::vector<TimelineStep>& steps, const Style& style)
      : run_(run), steps_(steps), style_(style), digits_(digits_for(steps)) {
    time_width_ = digits_ == 3 ? 12 : 15;
    // Names are cut only where there is no room for them.
    const std::size_t spare = static_cast<std::size_t>(std::max(0, fitted_width(style) - 80));
    for (const TimelineStep& step : steps)
      label_width_ = std::max(label_width_, std::min(display_width(step.label), min_label_width + spare));
  }

  Lines write() {
    lines_.push_back(paint(style_, Ink::dim, row("", "local", "UTC", "", "")));
    std::size_t elided = 0;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (is_elided(i)) {
        ++elided;
        continue;
      }
      if (elided > 0) {
        lines_.push_back("  ┊ " + std::to_string(elided) + " more calls, all of them good: nowctl show " +
                         std::to_string(run_.run));
      } else if (i > 0) {
        marks_between(steps_[i - 1].begin, steps_[i].begin);
        gap(steps_[i - 1], steps_[i]);
      }
      elided = 0;
      reading(steps_[i]);
    }
    return std::move(lines_);
  }

 private:
  bool is_elided(std::size_t i) const {
    return steps_.size() > max_steps && i >= kept_first && i + kept_last < steps_.size() && is_plain(steps_[i]);
  }

  std::string row(std::string_view label, std::string_view local, std::string_view utc, std::string_view uncertainty,
                  std::string_view remark) const {
    std::string line = "  " + pad(clip(label, label_width_), label_width_ + 1) +
                       pad(clip(local, time_width_), time_width_ + 2) + pad(utc, time_width_ + 6) +
                       pad(uncertainty, 10);
    line += remark;
    while (line.ends_with(' ')) line.pop_back();
    return line;
  }

  void reading(const TimelineStep& step) {
    std::string line =
        row(step.label, time_of_day(run_.zone, step.begin, digits_), utc(step.begin), uncertainty(step), "");
    const std::size_t remark_column = 2 + label_width_ + 1 + time_width_ + 2 + time_width_ + 6 + 10;
    const auto [remark, ink] = remark_of(step);
    const bool fits = remark_column + display_width(remark) <= static_cast<std::size_t>(fitted_width(style_));
    lines_.push_back(fits && !remark.empty() ? pad(line, remark_column) + paint(style_, ink, remark) : line);
    if (!fits) detail(remark, ink);
    if (step.model != nullptr) model_details(*step.model);
  }

  void detail(std::string_view text, Ink ink = Ink::plain) {
    const auto width = static_cast<std::size_t>(fitted_width(style_)) - 6;
    for (const std::string& part : wrap(text, width)) lines_.push_back("  │   " + paint(style_, ink, part));
  }

  /// Times of another UTC day than the local one say so.
  std::string utc(Instant at) const {
    const auto apart = (day_of(Zone::utc().local(at)) - day_of(run_.zone.local(at))).count();
    return time_of_day(Zone::utc(), at, digits_) + "Z" + (apart < 0 ? "-1d" : apart > 0 ? "+1d" : "");
  }

  std::string uncertainty(const TimelineStep& step) const {
    switch (step.kind) {
      case Kind::scheduled:
        return "computed";
      case Kind::requested:
        return "±unknown";
      case Kind::dispatch:
        return plus_minus("start");
      case Kind::model:
        return plus_minus("sent:" + std::to_string(step.model->seq));
      case Kind::tool:
        return plus_minus("start:" + std::to_string(step.tool->seq));
      case Kind::end:
        return run_.is_live() ? "" : plus_minus("end");
    }
    return "";
  }

  /// Of the reading at that point; the host's at dispatch where none was kept.
  std::string plus_minus(const std::string& point) const {
    std::optional<nanoseconds> width = run_.host_uncertainty;
    for (const ReadingRecord& reading : run_.readings)
      if (reading.point == point && reading.clock != "data") width = reading.uncertainty;
    return width ? "±" + precise(*width) : "±unknown";
  }

  std::pair<std::string, Ink> remark_of(const TimelineStep& step) const {
    switch (step.kind) {
      case Kind::scheduled:
        return {run_.was_requested() ? "its as_of" : "", Ink::dim};
      case Kind::requested:
        return {"by " + run_.requested_by, Ink::plain};
      case Kind::dispatch:
        return {run_.host.empty() ? "" : "on " + run_.host, Ink::plain};
      case Kind::model:
        return {step.model->provider, Ink::plain};
      case Kind::tool:
        return tool_remark(step);
      case Kind::end:
        return {run_.is_live() ? "still going" : run_.state, ink_of(run_.state)};
    }
    return {};
  }

  std::pair<std::string, Ink> tool_remark(const TimelineStep& step) const {
    const ToolCallRecord& call = *step.tool;
    const std::string effect = call.is_effect() ? call.effect + ", " : "";
    if (step.open)
      return {effect + (run_.is_live() ? "under way for " + precise(step.end - step.begin) : "no outcome: in doubt"),
              run_.is_live() ? Ink::plain : Ink::bad};
    const std::string took = precise(step.end - step.begin);
    if (call.state == "confirmed")
      return {effect + (call.input || !call.is_effect() ? "read in " : "confirmed in ") + took, Ink::plain};
    return {effect + call.state + " after " + took + (call.error.empty() ? "" : ": " + call.error), Ink::bad};
  }

  void model_details(const ModelCallRecord& call) {
    std::vector<std::string> parts;
    std::optional<Instant> before = call.sent;
    const auto point = [&](const char* name, std::optional<Instant> at) {
      if (!at || !before) return;
      parts.push_back(std::string(name) + " " + signed_span(*at - *before));
      before = at;
    };
    point("headers", call.headers);
    point("first token", call.first_token);
    point("end", call.ended);
    if (parts.empty()) parts.push_back(call.state == "lost" ? "no answer: the daemon ended first" : "no answer yet");
    if (call.injected_now) parts.push_back("clock block " + time_of_day(run_.zone, *call.injected_now, 0));
    detail(joined(parts, " · "), Ink::dim);
    if (call.stop_action == "fail")
      detail("stopped: " + call.stop + (call.detail.empty() ? "" : ", " + call.detail), Ink::bad);
  }

  void marks_between(Instant from, Instant until) {
    const std::vector<LocalMark> marks = local_marks(run_.zone, from, until);
    if (marks.size() > 3)
      return lines_.push_back(paint(style_, Ink::warn, "  ┊ " + std::to_string(marks.size()) + " local midnights"));
    for (const LocalMark& mark : marks) lines_.push_back(paint(style_, Ink::warn, "  ┊ " + mark.text));
  }

  void gap(const TimelineStep& before, const TimelineStep& after) {
    if (before.open && after.kind == Kind::end) return;
    const microseconds gap = after.begin - before.end;
    if (after.begin < before.begin) return lines_.push_back(disorder(before, after));
    if (after.kind == Kind::dispatch && before.kind == Kind::scheduled) return lines_.push_back(lateness(after));
    if (gap < microseconds{0}) return lines_.push_back("  │ at the same time as the one above");
    lines_.push_back(paint(style_, Ink::dim, "  │ ") + precise(gap));
  }

  /// Lateness counts from due_at, which jitter may put later than scheduled_at.
  std::string lateness(const TimelineStep& dispatch) const {
    const microseconds late = dispatch.begin - run_.due_at;
    if (late < microseconds{0}) return paint(style_, Ink::bad, "  │ " + precise(late) + " before it was due");
    const std::string jitter = run_.due_at > run_.scheduled_at
                                   ? ", counted from due (jitter " + precise(run_.due_at - run_.scheduled_at) + ")"
                                   : "";
    return paint(style_, is_finding(run_, "late") ? Ink::warn : Ink::plain, "  │ " + precise(late) + " late" + jitter);
  }

  std::string disorder(const TimelineStep& before, const TimelineStep& after) const {
    const std::string size = precise(before.begin - after.begin);
    const bool early = after.kind == Kind::dispatch && before.kind == Kind::scheduled;
    // The request's time is the database's, the dispatch's the host's: only two of one host prove a step.
    const char* reason = early                            ? ": it started before its time"
                         : before.kind == Kind::requested ? ": the database's clock is ahead of the host's"
                                                          : ": the host's wall clock ran backwards";
    return paint(style_, Ink::bad, "  ! -" + size + reason);
  }

  const RunRecord& run_;
  const std::vector<TimelineStep>& steps_;
  const Style& style_;
  const int digits_;
  std::size_t time_width_ = 12;
  std::size_t label_width_ = min_label_width;
  Lines lines_;
};

}  // namespace

int digits_for(const std::vector<TimelineStep>& steps) {
  std::optional<Instant> first, last;
  for (const TimelineStep& step : steps) {
    if (step.kind == Kind::scheduled || step.kind == Kind::requested) continue;
    first = std::min(first.value_or(step.begin), step.begin);
    last = std::max(last.value_or(step.end), step.end);
  }
  return first && *last > *first && *last - *first < milliseconds{50} ? 6 : 3;
}

Lines chain_of_readings(const RunRecord& run, const std::vector<TimelineStep>& steps, const Style& style) {
  return Chain(run, steps, style).write();
}

}  // namespace nowd
