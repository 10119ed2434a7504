#include "delivery/webhook/webhook_body.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "delivery/cut_text.hpp"
#include "delivery/mail/mail_text.hpp"
#include "domain/delivery/outbox.hpp"
#include "foundation/json.hpp"
#include "foundation/text/words.hpp"

namespace nowd {
namespace {

// https://docs.slack.dev/reference/methods/chat.postMessage (40 000 characters), Teams' webhooks (28 KB for the whole
// request), https://docs.discord.com/developers/resources/webhook (2000), https://docs.ntfy.sh/publish (4096 bytes;
// more becomes an attachment).
constexpr std::size_t slack_limit = 39'000;
constexpr std::size_t teams_limit = 24'000;
constexpr std::size_t teams_subject_limit = 1'000;
constexpr std::size_t discord_limit = 2'000;
constexpr std::size_t ntfy_limit = 4'000;

std::string whole_text(const Delivery& delivery) {
  return delivery.run ? "nowctl show " + to_string(delivery.run->run) : std::string();
}

/// ", 2026-06-01 09:00, run 1234": the local time that the run is scheduled for.
std::string which_run(const RunTime& run) {
  const std::string slot = iso(run.zone.local(run.scheduled_at));  // 2026-06-01T09:00:00
  return ", " + slot.substr(0, 10) + " " + slot.substr(11, 5) + ", run " + to_string(run.run);
}

/// Alerts have their job and run in the text.
bool has_heading(const Delivery& delivery) { return delivery.purpose == Purpose::output && delivery.run; }

std::string heading(const Delivery& delivery) {
  return has_heading(delivery) ? delivery.run->job + which_run(*delivery.run) : on_one_line(delivery.subject);
}

/// The heading, its job between two marks, and the text, cut as a whole.
std::string headed(const Delivery& delivery, std::string_view mark, std::string_view text, std::size_t limit,
                   CharacterSize size) {
  std::string all;
  if (has_heading(delivery))
    all = std::string(mark) + delivery.run->job + std::string(mark) + which_run(*delivery.run) + "\n";
  all += text;
  return cut_text(all, limit, size, whole_text(delivery));
}

/// "https://…", "mailto:…" or "<…", after blanks.
bool begins_with_address(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(" \t\r\n"));
  const std::size_t colon = word.find(':');
  return word.starts_with('<') || (colon != word.npos && colon + 1 < word.size());
}

/// Inserts a blank into "](" and "]: https://…": in Markdown they form links with a hidden address.
std::string with_open_links(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    out += text[at];
    if (text[at] != ']' || at + 1 == text.size()) continue;
    const bool is_definition = text[at + 1] == ':' && begins_with_address(text.substr(at + 2));
    if (text[at + 1] == '(' || is_definition) out += ' ';
  }
  return out;
}

Json text_block(std::string text) { return {{"type", "TextBlock"}, {"text", std::move(text)}, {"wrap", true}}; }

Json teams_message(const Delivery& delivery) {
  std::string text = cut_text(with_open_links(delivery.text), teams_limit, in_json, whole_text(delivery));
  Json title = text_block(with_open_links(cut_text(heading(delivery), teams_subject_limit, in_json, "")));
  title["weight"] = "Bolder";
  const Json card = {{"$schema", "http://adaptivecards.io/schemas/adaptive-card.json"},
                     {"type", "AdaptiveCard"},
                     {"version", "1.4"},
                     {"body", Json::array({std::move(title), text_block(std::move(text))})}};
  const Json attachment = {
      {"contentType", "application/vnd.microsoft.card.adaptive"}, {"contentUrl", nullptr}, {"content", card}};
  return {{"type", "message"}, {"attachments", Json::array({attachment})}};
}

Json discord_message(const Delivery& delivery) {
  const std::string text = headed(delivery, "**", with_open_links(delivery.text), discord_limit, in_utf16);
  return {{"content", text}, {"allowed_mentions", {{"parse", Json::array()}}}};
}

Json whole_message(const Delivery& delivery) {
  Json out = {{"job", nullptr},
              {"run", nullptr},
              {"scheduled_at", nullptr},
              {"as_of", nullptr},
              {"window", nullptr},
              {"purpose", to_string(delivery.purpose)},
              {"key", delivery.key},
              {"subject", delivery.subject},
              {"text", delivery.text},
              {"state", delivery.run_state},
              {"verdict", delivery.verdict}};
  if (!delivery.run) return out;
  const RunTime& run = *delivery.run;
  const auto local = [&](Instant at) { return rfc3339(run.zone.local(at), run.zone.offset(at)); };
  out["job"] = run.job;
  out["run"] = run.run.value;
  out["scheduled_at"] = local(run.scheduled_at);
  out["as_of"] = local(run.as_of);
  out["window"] = {{"start", local(run.window_start)}, {"end", local(run.window_end)}};
  return out;
}

WebhookContent json_content(const Json& body) { return {dump_json(body), {{"Content-Type", "application/json"}}}; }

}  // namespace

Result<WebhookContent> webhook_content(const WebhookSink& sink, const Delivery& delivery, Now now) {
  switch (sink.form) {
    case WebhookSink::Form::slack:
      return json_content(
          {{"text", escape_markup(headed(delivery, "*", delivery.text, slack_limit, in_escaped_markup), "")}});
    case WebhookSink::Form::teams:
      return json_content(teams_message(delivery));
    case WebhookSink::Form::discord:
      return json_content(discord_message(delivery));
    case WebhookSink::Form::ntfy:
      return WebhookContent{
          cut_text(delivery.text, ntfy_limit, in_bytes, whole_text(delivery)),
          {{"Content-Type", "text/plain; charset=utf-8"}, {"Title", encoded_words(heading(delivery), " ")}}};
    case WebhookSink::Form::json:
      break;
  }
  if (sink.body.is_null()) return json_content(whole_message(delivery));
  const auto body = render_json(sink.body, message_values(delivery, now), unchanged_value);
  if (!body) return body.error();
  return json_content(*body);
}

}  // namespace nowd
