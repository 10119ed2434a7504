// The lower part of the timeline: other clocks compared with this host's, and the verdict.
#include <algorithm>
#include <map>

#include "surface/moment.hpp"
#include "surface/text.hpp"
#include "surface/timeline/timeline.hpp"

namespace nowd {
namespace {

constexpr std::size_t name_width = 11;
constexpr milliseconds min_step{500};  // as ClockWatch: docs/clocks.md

struct Statement {
  std::string text;
  Ink ink = Ink::plain;
};

/// The bounds of "their clock minus ours".
struct Offset {
  std::optional<nanoseconds> low, high;
  int exchanges = 0;
  bool fits = true;  ///< some one offset explains every exchange
  std::optional<Instant> last_date;

  void add(nanoseconds least, nanoseconds most, Instant date) {
    const nanoseconds lower = std::max(low.value_or(least), least), upper = std::min(high.value_or(most), most);
    fits = fits && lower <= upper;
    low = fits ? lower : std::min(low.value_or(least), least);
    high = fits ? upper : std::max(high.value_or(most), most);
    last_date = date;
    ++exchanges;
  }
};

/// A Date proves a clock ahead. That it is behind may also mean that the server hands out an old Date (docs/clocks.md).
Statement offset_statement(const Offset& offset) {
  const nanoseconds half = (*offset.high - *offset.low) / 2, middle = *offset.low + half;
  const std::string count = offset.exchanges > 1 ? " (" + std::to_string(offset.exchanges) + " exchanges)" : "";
  if (!offset.fits)
    return {"its Dates do not fit one offset (from " + signed_span(*offset.low) + " to " + signed_span(*offset.high) +
                "): cached, or a clock moved" + count,
            Ink::warn};
  if (*offset.low > nanoseconds{0})
    return {"its clock is " + precise(middle) + " ahead of ours, within " + precise(half) + count, Ink::bad};
  if (*offset.high < nanoseconds{0})
    return {"its clock is " + precise(middle) + " behind ours, within " + precise(half) +
                ", unless its Date is cached" + count,
            Ink::warn};
  return {"agrees within " + precise(std::max(-*offset.low, *offset.high)) + count};
}

class Witnesses {
 public:
  Witnesses(const RunRecord& run, const Style& style) : run_(run), style_(style) {}

  Lines write() {
    host_steps();
    database();
    remotes();
    model();
    data();
    return std::move(lines_);
  }

 private:
  void say(std::string_view clock, const Statement& statement) {
    const auto width = static_cast<std::size_t>(fitted_width(style_)) - name_width - 3;
    bool first = true;
    for (const std::string& line : wrap(statement.text, width)) {
      lines_.push_back("  " + pad(first ? clock : "", name_width + 1) + paint(style_, statement.ink, line));
      first = false;
    }
  }

  /// Wall and boot clock advance together, unless the wall clock is set.
  void host_steps() {
    const ReadingRecord* before = nullptr;
    bool found = false;
    for (const ReadingRecord& reading : run_.readings) {
      if (!reading.boot_ns) continue;
      if (before != nullptr && before->boot_id == reading.boot_id) found = step_between(*before, reading) || found;
      before = &reading;
    }
    if (found || !run_.duration || !run_.dispatched_at || !run_.ended_at) return;
    const nanoseconds step = (*run_.ended_at - *run_.dispatched_at) - *run_.duration;
    if (is_step(step))
      say("host", {step_text(step) + " during the run, which lasted " + precise(*run_.duration) + " by its boot clock",
                   Ink::bad});
  }

  static bool is_step(nanoseconds size) { return size > min_step || size < -min_step; }
  static std::string step_text(nanoseconds size) {
    return "its wall clock was set " + std::string(size < nanoseconds{0} ? "back" : "forward") + " by " + precise(size);
  }

  bool step_between(const ReadingRecord& before, const ReadingRecord& after) {
    const nanoseconds step = (after.at - before.at) - nanoseconds{*after.boot_ns - *before.boot_ns};
    if (!is_step(step)) return false;
    say("host", {step_text(step) + " between " + before.point + " and " + after.point, Ink::bad});
    return true;
  }

  void database() {
    if (!run_.claimed_at || !run_.dispatched_at) return;
    const microseconds apart = *run_.dispatched_at - *run_.claimed_at;
    const std::string at = "claimed the run at " + time_of_day(run_.zone, *run_.claimed_at, 3);
    if (apart >= microseconds{0})
      return say("database", {at + " by its clock, " + precise(apart) + " before dispatch"});
    say("database",
        {at + " by its clock, after dispatch by ours: its clock is at least " + precise(apart) + " ahead", Ink::bad});
  }

  void remotes() {
    std::map<std::string, Offset> offsets;
    for (const ModelCallRecord& call : run_.model_calls)
      if (call.provider_date && call.offset_low && call.offset_high)
        offsets[call.remote].add(*call.offset_low, *call.offset_high, *call.provider_date);
    for (const ToolCallRecord& call : run_.tool_calls)
      if (call.remote_date && call.started && call.ended)
        offsets[call.remote].add(*call.remote_date - *call.ended, *call.remote_date + seconds{2} - *call.started,
                                 *call.remote_date);
    for (const auto& [remote, offset] : offsets) {
      Statement statement = offset_statement(offset);
      statement.text =
          remote_name(remote) + ", Date " + time_of_day(Zone::utc(), *offset.last_date, 0) + "Z: " + statement.text;
      say(is_provider(remote) ? "provider" : "tool host", statement);
    }
    if (offsets.empty()) say("remote", {"no Date was received: no remote clock is known", Ink::dim});
  }

  bool is_provider(const std::string& remote) const {
    return std::any_of(run_.model_calls.begin(), run_.model_calls.end(),
                       [&](const auto& call) { return call.remote == remote; });
  }

  /// Without the usual scheme and port.
  static std::string remote_name(std::string_view remote) {
    constexpr std::string_view scheme = "https://", port = ":443";
    if (!remote.starts_with(scheme)) return remote.empty() ? "unnamed" : std::string(remote);
    remote.remove_prefix(scheme.size());
    if (remote.ends_with(port)) remote.remove_suffix(port.size());
    return std::string(remote);
  }

  void model() {
    const ModelCallRecord* stated = nullptr;
    std::optional<Instant> given;
    for (const ModelCallRecord& call : run_.model_calls) {
      if (!call.model_as_of.empty()) stated = &call;
      if (call.injected_now) given = call.injected_now;
    }
    if (!given && stated == nullptr) return;
    const std::string was_given =
        given ? "given " + short_moment(run_.zone, std::chrono::floor<seconds>(*given)) : "given no time";
    if (stated == nullptr) return say("model", {was_given + "; stated no date"});
    const std::string right = iso_date(day_of(run_.zone.local(run_.as_of)));
    const auto day = stated_day(stated->model_as_of);
    if (day == right) return say("model", {was_given + "; takes " + right + " as today: right"});
    say("model", {was_given + "; takes " + stated->model_as_of + " as today, but as_of is " + right, Ink::bad});
  }

  /// A date, or the local date of an RFC 3339 time; nothing if it is neither.
  std::optional<std::string> stated_day(const std::string& text) const {
    if (const auto day = parse_local_day(text)) return iso_date(*day);
    if (const auto at = parse_rfc3339(text)) return iso_date(day_of(run_.zone.local(*at)));
    return std::nullopt;
  }

  void data() {
    std::optional<Instant> oldest, newest;
    long long count = 0;
    for (const ToolCallRecord& call : run_.tool_calls) {
      if (call.data_oldest) oldest = std::min(oldest.value_or(*call.data_oldest), *call.data_oldest);
      if (call.data_newest) newest = std::max(newest.value_or(*call.data_newest), *call.data_newest);
      count += call.data_count.value_or(0);
    }
    if (!oldest || !newest) return;
    const std::string moments =
        *oldest == *newest ? ", " + short_moment(run_.zone, *newest)
                           : " from " + short_moment(run_.zone, *oldest) + " to " + short_moment(run_.zone, *newest);
    const std::string span = counted(count, "instant") + moments;
    say("data", {span, Ink::plain});
    const bool all = *oldest >= run_.window_start && *newest < run_.window_end;
    const bool none = *newest < run_.window_start || *oldest >= run_.window_end;
    const std::string window =
        "[" + short_moment(run_.zone, run_.window_start) + ", " + short_moment(run_.zone, run_.window_end) + ")";
    say("", {(all    ? "all inside the window "
              : none ? "none of it inside the window "
                     : "not all inside the window ") +
                 window,
             all    ? Ink::plain
             : none ? Ink::bad
                    : Ink::warn});
  }

  const RunRecord& run_;
  const Style& style_;
  Lines lines_;
};

}  // namespace

Lines other_clocks(const RunRecord& run, const Style& style) { return Witnesses(run, style).write(); }

Lines verdict_lines(const RunRecord& run, const Style& style) {
  if (run.verdict.empty())
    return {run.is_live() ? "verdict: none yet, the run is going" : "verdict: none, the run was ended from outside"};
  Lines lines{"verdict: " + paint(style, ink_of(run.verdict), run.verdict)};
  if (run.findings.empty()) lines.back() += ", nothing that was read contradicts";
  for (const FindingRecord& finding : run.findings)
    for (const std::string& line : wrap(finding.detail.empty() ? finding.verdict : finding.detail,
                                        static_cast<std::size_t>(fitted_width(style)) - 2))
      lines.push_back("  " + line);
  return lines;
}

}  // namespace nowd
