#include "surface/terminal/story.hpp"

#include <algorithm>

#include "surface/moment.hpp"
#include "surface/terminal/story_calls.hpp"
#include "surface/text.hpp"
#include "surface/timeline/timeline.hpp"

namespace nowd {
namespace {

constexpr std::size_t output_lines = 20;
constexpr std::size_t output_bytes = 4000;

std::string headline(const RunRecord& run, Instant now, const Style& style) {
  const std::string dry = run.dry_run ? " (dry run)" : "";
  std::string text = paint(style, Ink::bold, "run " + std::to_string(run.run) + " of " + run.job) + dry + ": " +
                     paint(style, ink_of(run.state), run.state);
  if (run.duration) text += " in " + precise(*run.duration);
  if (run.live() && run.dispatched_at) text += " for " + precise(now - *run.dispatched_at);
  return run.verdict.empty() ? text : text + ", " + paint(style, ink_of(run.verdict), run.verdict);
}

class Story {
 public:
  Story(const RunRecord& run, Instant now, const Style& style) : run_(run), now_(now), page_(run.zone, style) {}

  std::string tell() {
    why_it_ran();
    how_it_started();
    what_happened();
    how_it_ended();
    std::string out = headline(run_, now_, page_.style()) + "\n\n" + page_.text();
    if (run_.output) out += "\n" + output_text(run_, page_.style());
    if (run_.texts_hidden)
      out += "\ntexts are left out: you may not read them (a superuser grants it: grant nowd_operator to ROLE)\n";
    out += "\n";
    for (const std::string& line : verdict_lines(run_, page_.style())) out += line + "\n";
    return out + "\n" + next_command();
  }

 private:
  void why_it_ran() {
    const std::string moment = zoned_moment(run_.zone, run_.scheduled_at);
    if (run_.was_requested()) {
      page_.line(run_.requested_at, "asked for by " + run_.requested_by + " (request " + std::to_string(*run_.request) +
                                        "), for " + moment);
      return;
    }
    const std::string schedule = run_.schedule.empty() ? "" : " by " + run_.schedule + ",";
    if (run_.kind == "catch_up")
      page_.line(run_.scheduled_at, "was scheduled" + schedule + " for " + moment + ", and is made up for later");
    else if (run_.kind == "backfill")
      page_.line(run_.scheduled_at, "a backfill of " + moment);
    else
      page_.line(run_.scheduled_at, "scheduled" + schedule + " for " + moment);
    if (run_.slot_kind == "gap") page_.more("its slot does not exist on that day: the clocks jumped over it");
    if (run_.slot_kind == "fold_first") page_.more("its slot comes twice on that day: this is the first");
    if (run_.slot_kind == "fold_second") page_.more("its slot comes twice on that day: this is the second");
  }

  void how_it_started() {
    if (!run_.dispatched_at) {
      page_.line(run_.claimed_at, "claimed by " + run_.host + ", by the database's clock; not dispatched");
      return;
    }
    page_.line(run_.dispatched_at, "dispatched" + lateness() + " on " + run_.host + " (nowd " + run_.nowd_version +
                                       ")" + (run_.attempt > 1 ? ", attempt " + std::to_string(run_.attempt) : ""));
    page_.more("its clock: " +
               (run_.host_uncertainty ? "±" + precise(*run_.host_uncertainty) : std::string("uncertainty unknown")) +
               ", " + run_.host_sync);
    page_.more("told: as_of " + local_moment(run_.zone, run_.as_of) +
               (run_.authority == "dispatch" ? " (the dispatch)" : "") + ", about [" +
               short_moment(run_.zone, run_.window_start) + ", " + short_moment(run_.zone, run_.window_end) + ")");
    if (run_.dry_run) page_.more("a dry run: effects and deliveries are shown, not made");
    if (!run_.effects) page_.more("effects beyond reading were not allowed");
  }

  std::string lateness() const {
    if (run_.was_requested()) return "";
    const microseconds late = *run_.dispatched_at - run_.due_at;
    if (late < microseconds{0}) return " " + precise(late) + " before it was due";
    return " " + precise(late) + " late";
  }

  void what_happened() {
    for (const ToolCallRecord& call : run_.tool_calls)
      if (call.input) tell_call(page_, call, run_.live());
    for (const ModelCallRecord& call : run_.model_calls) {
      tell_call(page_, call, run_.live(), &call != &run_.model_calls.back());
      for (const ToolCallRecord& tool : run_.tool_calls)
        if (!tool.input && tool.inference_seq == call.seq) tell_call(page_, tool, run_.live());
    }
  }

  void how_it_ended() {
    if (run_.put_aside())
      return page_.line(now_, "put aside until " + local_moment(run_.zone, *run_.not_before) + ": " + run_.detail,
                        Ink::warn);
    if (run_.live()) return page_.line(now_, "still going");
    std::string text = run_.state;
    const bool said_twice = run_.detail.starts_with(run_.reason + ": ");  // "stale: nothing of …"
    if (!run_.reason.empty() && !said_twice) text += ": " + run_.reason;
    if (!run_.detail.empty()) text += ", " + run_.detail;
    page_.line(run_.ended_at, text, ink_of(run_.state));
    for (const DeliveryRecord& delivery : run_.deliveries) tell_delivery(page_, delivery);
  }

  std::string next_command() const {
    const std::string number = std::to_string(run_.run);
    if (run_.put_aside()) return "next: nowctl cancel " + number + "   (or wait: another attempt serves it then)\n";
    if (run_.live()) return "next: nowctl show " + number + "   (again: it is still going)\n";
    const bool in_doubt = std::any_of(run_.tool_calls.begin(), run_.tool_calls.end(), [](const ToolCallRecord& call) {
      return call.is_effect() && (call.state == "unknown" || call.state == "intent");
    });
    if (in_doubt)
      return "next: look up the effect in doubt where it would have landed, by its key; nowd does not repeat it\n"
             "      (psql: select * from nowd.effects_in_doubt)\n";
    if (run_.state != "succeeded" && run_.reason != "nothing_to_do")
      return "next: nowctl run " + run_.job + " --as-of " + rfc3339(run_.scheduled_at) +
             (run_.effects ? " --effects" : "") + (run_.dry_run ? " --dry-run" : "") + " --wait   (runs it again)\n";
    return "next: nowctl clocks " + number + "   (its clocks, drawn)\n";
  }

  const RunRecord& run_;
  Instant now_;
  StoryPage page_;
};

/// A dry run's point: the effects and messages with what they would have carried.
std::string shown_of(const RunRecord& run, const Style& style) {
  StoryPage page(run.zone, style);
  for (const ToolCallRecord& call : run.tool_calls)
    if (call.state == "shown") tell_call(page, call, false);
  for (const DeliveryRecord& delivery : run.deliveries) tell_delivery(page, delivery);
  return page.text();
}

}  // namespace

std::string output_text(const RunRecord& run, const Style& style) {
  std::string text = *run.output;
  while (text.ends_with('\n')) text.pop_back();
  if (text.empty()) return "output: empty\n";
  const auto width = static_cast<std::size_t>(fitted_width(style)) - 4;
  std::vector<std::string> lines = wrap(style.full ? text : text.substr(0, output_bytes), width);
  const bool cut = !style.full && (text.size() > output_bytes || lines.size() > output_lines);
  if (cut) lines.resize(std::min(lines.size(), output_lines));
  std::string out = "output, " + bytes_text(static_cast<long long>(run.output->size())) + ":\n";
  for (const std::string& line : lines) out += line.empty() ? "  │\n" : "  │ " + line + "\n";
  return cut ? out + "  ┊ cut here: nowctl show " + std::to_string(run.run) + " --full\n" : out;
}

std::string story(const RunRecord& run, Instant now, const Style& style) { return Story(run, now, style).tell(); }

std::string short_story(const RunRecord& run, const Style& style) {
  std::string out = headline(run, run.ended_at.value_or(run.scheduled_at), style) + "\n";
  if (!run.reason.empty()) out += "  " + run.reason + (run.detail.empty() ? "" : ": " + run.detail) + "\n";
  for (const FindingRecord& finding : run.findings)
    out += "  " + (finding.detail.empty() ? finding.verdict : finding.detail) + "\n";
  for (const ToolCallRecord& call : run.tool_calls)
    if (call.state == "refused") out += "  refused: " + call.error + "\n";
  if (run.dry_run) out += shown_of(run, style);
  return run.output ? out + output_text(run, style) : out;
}

}  // namespace nowd
