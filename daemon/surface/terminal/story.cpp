#include "surface/terminal/story.hpp"

#include <algorithm>

#include "surface/moment.hpp"
#include "surface/text.hpp"
#include "surface/timeline/timeline.hpp"

namespace nowd {
namespace {

constexpr std::size_t margin_width = 16;  // "  09:00:00.012  "
constexpr std::size_t excerpt_lines = 2;
constexpr std::size_t key_digits = 16;  // enough to find it by, short enough to read out
constexpr std::size_t output_lines = 20;
constexpr std::size_t output_bytes = 4000;

/// A page of a story: a time at the left, sentences at the right.
class StoryPage {
 public:
  StoryPage(Zone zone, const Style& style) : zone_(std::move(zone)), style_(style) {}

  /// A sentence at its moment; a change of the local day adds the date.
  void line(std::optional<Instant> at, const std::string& sentence, Ink ink = Ink::plain);
  /// A sentence that belongs to the line above.
  void more(const std::string& sentence, Ink ink = Ink::plain);
  /// A quotation of at most two lines; all of it with style.full.
  void excerpt(const std::string& text);
  /// A quotation of all lines, with a bar at its left.
  void whole(const std::string& text);

  const std::string& text() const { return text_; }
  const Style& style() const { return style_; }

 private:
  void write(const std::string& margin, const std::string& sentence, Ink ink);
  Zone zone_;
  const Style& style_;
  std::string text_;
  std::optional<LocalDay> day_;
};

void StoryPage::line(std::optional<Instant> at, const std::string& sentence, Ink ink) {
  std::string margin(margin_width, ' ');
  if (at) {
    const LocalDay day = day_of(zone_.local(*at));
    if (day_ && *day_ != day)
      text_ += paint(style_, Ink::warn, "  " + std::string(weekday_short(day)) + " " + iso_date(day)) + "\n";
    day_ = day;
    margin = "  " + time_of_day(zone_, *at, 3) + "  ";
  }
  write(margin, sentence, ink);
}

void StoryPage::more(const std::string& sentence, Ink ink) { write(std::string(margin_width, ' '), sentence, ink); }

void StoryPage::excerpt(const std::string& text) {
  const auto width = static_cast<std::size_t>(fitted_width(style_)) - margin_width;
  std::vector<std::string> lines = wrap(text, width);
  if (!style_.full && lines.size() > excerpt_lines) {
    lines.resize(excerpt_lines);
    lines.back() = clip(lines.back() + std::string(width, ' '), width);  // ends in "…"
  }
  for (const std::string& line : lines) text_ += std::string(margin_width, ' ') + paint(style_, Ink::dim, line) + "\n";
}

void StoryPage::whole(const std::string& text) {
  const auto width = static_cast<std::size_t>(fitted_width(style_)) - margin_width - 2;
  for (const std::string& line : wrap(text, width)) text_ += std::string(margin_width, ' ') + "│ " + line + "\n";
}

void StoryPage::write(const std::string& margin, const std::string& sentence, Ink ink) {
  const auto width = static_cast<std::size_t>(fitted_width(style_)) - margin_width;
  std::string lead = margin;
  for (const std::string& part : wrap(sentence, width)) {
    text_ += lead + paint(style_, ink, part) + "\n";
    lead.assign(margin_width, ' ');
  }
}

std::string did_about(std::string_view stop_action, bool followed) {
  if (stop_action == "fail" && followed) return "so another call was made";
  if (stop_action == "commit") return "so its text was taken as the output";
  if (stop_action == "run_tools") return "so the tools it asked for were called";
  if (stop_action == "retry_larger") return "so it was asked again with more room";
  if (stop_action == "resume") return "so it was asked to go on";
  if (stop_action == "repair_once") return "so it was asked once to mend its answer";
  if (stop_action == "fail") return "so the run failed";
  if (stop_action == "hold") return "so the run was held";
  return "nothing was done about it yet";
}

std::string asked(const ModelCallRecord& call) {
  const bool once = call.purpose.empty() || call.purpose == "plan" || call.purpose == "probe";
  return once ? "asked " : "asked again (" + call.purpose + ") ";
}

std::string tokens_text(const ModelCallRecord& call) {
  if (!call.input_tokens && !call.output_tokens) return "usage unknown";
  std::string cache;
  if (call.cached_tokens.value_or(0) > 0) cache = std::to_string(*call.cached_tokens) + " cached";
  if (call.cache_write_tokens.value_or(0) > 0)
    cache += (cache.empty() ? "" : ", ") + std::to_string(*call.cache_write_tokens) + " to the cache";
  return std::to_string(call.input_tokens.value_or(0)) + " tokens in" + (cache.empty() ? "" : " (" + cache + ")") +
         ", " + std::to_string(call.output_tokens.value_or(0)) + " out";
}

/// The kind of failure, with the data that a provider's support asks for.
std::string failure_text(const ModelCallRecord& call) {
  std::string text = "attempt " + std::to_string(call.attempt) + ", counts as " + call.retry_class;
  if (call.retry_after) text += ", the server asks to wait " + precise(*call.retry_after);
  return text + (call.request_id.empty() ? "" : "; request id " + call.request_id);
}

std::string outcome_of(const ToolCallRecord& call, bool live) {
  std::string text = call.state;
  if (call.state == "intent") text = live ? "under way" : "no outcome was recorded: in doubt";
  if (call.state == "unknown") text = "in doubt, it may have happened";
  if (call.state == "confirmed" && !call.is_effect()) text = "read";
  if (call.state == "shown") text = "not made, this is a dry run; it would have been:";
  if (call.duration) text += " in " + precise(*call.duration);
  if (call.exit_code && *call.exit_code != 0)
    text += (call.remote.empty() ? ", exit code " : ", status ") + std::to_string(*call.exit_code);
  if (call.result_bytes && call.state != "intent")
    text += ", " + bytes_text(*call.result_bytes) + (call.result_cut ? " (cut)" : "");
  if (call.data_count) text += ", " + counted(*call.data_count, "instant");
  return text;
}

Ink ink_of_call(const ToolCallRecord& call, bool live) {
  if (call.state == "confirmed" || (call.state == "intent" && live)) return Ink::plain;
  return call.state == "refused" || call.state == "shown" ? Ink::warn : Ink::bad;
}

std::string fate_of(const DeliveryRecord& delivery) {
  const std::string tries = delivery.attempts > 1 ? ", " + std::to_string(delivery.attempts) + " attempts" : "";
  if (delivery.state == "shown") return "not sent, this is a dry run; it would have been:";
  if (delivery.state == "pending") return "waiting" + tries;
  if (delivery.state == "unknown") return "may have arrived" + tries;
  return delivery.state + tries;
}

/// `followed`: it is not the run's last call.
void add_call(StoryPage& page, const ModelCallRecord& call, bool live, bool followed) {
  const std::string served =
      call.model_served.empty() || call.model_served == call.model ? "" : ", served by " + call.model_served;
  const std::string who = call.provider == "script"    ? "a script (no model)"
                          : call.provider == "command" ? "the command " + call.model
                                                       : call.provider + " (" + call.model + served + ")";
  const std::optional<Instant> began = call.sent ? call.sent : call.recorded_at;
  if (call.state != "answered") {
    const bool lost = call.state == "lost" || !live;
    page.line(began, asked(call) + who + (lost ? ": no answer, the daemon ended first" : ": no answer yet"),
              lost ? Ink::bad : Ink::plain);
    return;
  }
  const std::string took = call.sent && call.ended ? ", " + precise(*call.ended - *call.sent) : "";
  const std::string cost =
      call.cost_usd.empty() ? "" : ", $" + call.cost_usd + (call.usage_estimated ? " (estimated)" : "");
  page.line(began, asked(call) + who + ": " + tokens_text(call) + took + cost);
  const std::string raw =
      call.stop_raw.empty() || call.stop_raw == call.stop ? call.stop : "'" + call.stop_raw + "', that is " + call.stop;
  page.more("stopped with " + raw + ", " + did_about(call.stop_action, followed),
            call.stop_action == "fail" && !followed ? Ink::bad : Ink::plain);
  if (!call.detail.empty()) page.more(call.detail, Ink::warn);
  if (!call.retry_class.empty()) page.more(failure_text(call));
  if (call.purpose == "plan" && !call.cause.empty()) page.more(call.cause);
  if (!call.model_as_of.empty()) page.more("takes " + call.model_as_of + " as today");
}

void add_call(StoryPage& page, const ToolCallRecord& call, bool live) {
  const std::string what =
      (call.input ? "input " : "tool ") + call.tool + (call.is_effect() ? " (" + call.effect + ")" : "");
  const std::optional<Instant> began = call.started ? call.started : call.intent;
  page.line(began, what + ": " + outcome_of(call, live), ink_of_call(call, live));
  if (!call.error.empty()) page.more(call.error, Ink::warn);
  if (call.state == "shown")
    page.whole(call.arguments);
  else if (!call.arguments.empty() && call.arguments != "{}")
    page.excerpt(call.arguments);
  if (call.is_effect() && call.state != "refused" && !call.key.empty())
    page.more("key " + (page.style().full ? call.key : call.key.substr(0, key_digits)));
}

void add_delivery(StoryPage& page, const DeliveryRecord& delivery) {
  const bool good = delivery.state == "delivered" || delivery.state == "pending" || delivery.state == "sending";
  page.line(delivery.settled ? delivery.settled : delivery.created,
            delivery.purpose + " to " + delivery.sink + ": " + fate_of(delivery),
            good                        ? Ink::plain
            : delivery.state == "shown" ? Ink::warn
                                        : Ink::bad);
  if (!delivery.reason.empty() && delivery.state != "delivered") page.more(delivery.reason, Ink::warn);
  if (!delivery.text.empty()) page.whole(delivery.text);
}

/// Requires: the run has an output.
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

std::string headline(const RunRecord& run, Instant now, const Style& style) {
  const std::string dry = run.dry_run ? " (dry run)" : "";
  std::string text = paint(style, Ink::bold, "run " + std::to_string(run.run) + " of " + run.job) + dry + ": " +
                     paint(style, ink_of(run.state), run.state);
  if (run.duration) text += " in " + precise(*run.duration);
  if (run.is_live() && run.dispatched_at) text += " for " + precise(now - *run.dispatched_at);
  return run.verdict.empty() ? text : text + ", " + paint(style, ink_of(run.verdict), run.verdict);
}

class Story {
 public:
  Story(const RunRecord& run, Instant now, const Style& style) : run_(run), now_(now), page_(run.zone, style) {}

  std::string text() {
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
    page_.more("given: as_of " + local_moment(run_.zone, run_.as_of) +
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
      if (call.input) add_call(page_, call, run_.is_live());
    for (const ModelCallRecord& call : run_.model_calls) {
      add_call(page_, call, run_.is_live(), &call != &run_.model_calls.back());
      for (const ToolCallRecord& tool : run_.tool_calls)
        if (!tool.input && tool.inference_seq == call.seq) add_call(page_, tool, run_.is_live());
    }
  }

  void how_it_ended() {
    if (run_.is_deferred())
      return page_.line(now_, "deferred until " + local_moment(run_.zone, *run_.not_before) + ": " + run_.detail,
                        Ink::warn);
    if (run_.is_live()) return page_.line(now_, "still going");
    std::string text = run_.state;
    const bool said_twice = run_.detail.starts_with(run_.reason + ": ");  // "stale: nothing of …"
    if (!run_.reason.empty() && !said_twice) text += ": " + run_.reason;
    if (!run_.detail.empty()) text += ", " + run_.detail;
    page_.line(run_.ended_at, text, ink_of(run_.state));
    for (const DeliveryRecord& delivery : run_.deliveries) add_delivery(page_, delivery);
  }

  std::string next_command() const {
    const std::string number = std::to_string(run_.run);
    if (run_.is_deferred()) return "next: nowctl cancel " + number + "   (or wait: another attempt serves it then)\n";
    if (run_.is_live()) return "next: nowctl show " + number + "   (again: it is still going)\n";
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

/// The effects and messages that a dry run shows, with their contents.
std::string shown_of(const RunRecord& run, const Style& style) {
  StoryPage page(run.zone, style);
  for (const ToolCallRecord& call : run.tool_calls)
    if (call.state == "shown") add_call(page, call, false);
  for (const DeliveryRecord& delivery : run.deliveries) add_delivery(page, delivery);
  return page.text();
}

}  // namespace

std::string story(const RunRecord& run, Instant now, const Style& style) { return Story(run, now, style).text(); }

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
