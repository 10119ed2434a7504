#include "surface/terminal/story_calls.hpp"

#include "surface/moment.hpp"
#include "surface/text.hpp"

namespace nowd {
namespace {

constexpr std::size_t margin_width = 16;  // "  09:00:00.012  "
constexpr std::size_t excerpt_lines = 2;
constexpr std::size_t key_digits = 16;  // enough to find it by, short enough to read out

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

/// What kind of failure it was, for whoever asks the provider about it.
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

}  // namespace

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

void tell_call(StoryPage& page, const ModelCallRecord& call, bool live, bool followed) {
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

void tell_call(StoryPage& page, const ToolCallRecord& call, bool live) {
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

void tell_delivery(StoryPage& page, const DeliveryRecord& delivery) {
  const bool good = delivery.state == "delivered" || delivery.state == "pending" || delivery.state == "sending";
  page.line(delivery.settled ? delivery.settled : delivery.created,
            delivery.purpose + " to " + delivery.sink + ": " + fate_of(delivery),
            good                        ? Ink::plain
            : delivery.state == "shown" ? Ink::warn
                                        : Ink::bad);
  if (!delivery.reason.empty() && delivery.state != "delivered") page.more(delivery.reason, Ink::warn);
  if (!delivery.text.empty()) page.whole(delivery.text);
}

}  // namespace nowd
