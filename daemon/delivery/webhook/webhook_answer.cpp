#include "delivery/webhook/webhook_answer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "foundation/json.hpp"
#include "foundation/text/words.hpp"
#include "net/http/http_rules.hpp"

namespace nowd {
namespace {

using What = SendOutcome::What;
using Server = AnswerRule::Server;

/// Slack's words for a temporary refusal. All other words mean that Slack will never accept this message.
constexpr std::array<std::string_view, 8> passing_words{"ratelimited",  "rate_limited",        "internal_error",
                                                        "fatal_error",  "service_unavailable", "request_timeout",
                                                        "rollup_error", "accesslimited"};

bool passes(std::string_view word) { return std::ranges::find(passing_words, word) != passing_words.end(); }

bool passes(int status) { return status >= 500 || status == 408 || status == 425 || status == 429; }

const Json* member(const Json& object, std::string_view name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found == object.end() ? nullptr : &*found;
}

bool is_true(const Json& object, std::string_view name) {
  const Json* found = member(object, name);
  return found != nullptr && found->is_boolean() && found->get<bool>();
}

bool is_false(const Json& object, std::string_view name) {
  const Json* found = member(object, name);
  return found != nullptr && found->is_boolean() && !found->get<bool>();
}

/// {"error": …} with anything in it, or {"errors": […]}.
bool has_error(const Json& object) {
  for (const char* name : {"error", "errors"})
    if (const Json* found = member(object, name); found != nullptr && !found->is_null() && !found->empty())
      if (!found->is_string() || !found->get_ref<const std::string&>().empty())
        if (!found->is_boolean() || found->get<bool>()) return true;
  return false;
}

std::string text_of(const Json& object, std::string_view name) {
  const Json* found = member(object, name);
  return found != nullptr && found->is_string() ? found->get<std::string>() : "";
}

/// {"http": 429, …} of ntfy; {"status": 503}.
int status_in(const Json& object) {
  for (const char* name : {"http", "status", "status_code", "statusCode"})
    if (const Json* found = member(object, name); found != nullptr && found->is_number_integer())
      return static_cast<int>(std::clamp<std::int64_t>(found->get<std::int64_t>(), 0, 999));
  return 0;
}

bool is_web_page(std::string_view lower_text) {
  return lower_text.starts_with("<!doctype") || lower_text.starts_with("<html");
}

/// The number after the last "error" of "… returned HTTP error 429 with …".
int status_in_words(std::string_view lower_text) {
  const std::size_t at = lower_text.find("http error ");
  int status = 0;
  if (at != lower_text.npos)
    std::from_chars(lower_text.data() + at + 11, lower_text.data() + lower_text.size(), status);
  return status;
}

NotTaken not_taken(std::string_view body, bool passing) {
  return {passing ? What::again : What::failed, std::string(body)};
}

std::optional<NotTaken> of_slack(std::string_view body, const std::string& lower_text, const Json& json) {
  if (lower_text == "ok" || is_true(json, "ok") || is_true(json, "success") || text_of(json, "result") == "success")
    return std::nullopt;
  return not_taken(body, passes(json.is_object() ? lower(text_of(json, "error")) : lower_text));
}

std::optional<NotTaken> of_teams(std::string_view body, const std::string& lower_text, const Json& json) {
  const bool failed =
      lower_text.find("delivery failed") != lower_text.npos || lower_text.find("http error ") != lower_text.npos;
  if (!failed && !has_error(json)) return std::nullopt;
  return not_taken(body, passes(status_in_words(lower_text)) || passes(status_in(json)));
}

/// Servers that return an accepted message with its id.
std::optional<NotTaken> of_id_giver(std::string_view body, const Json& json) {
  const bool has_code = member(json, "code") != nullptr && member(json, "id") == nullptr;
  const bool limited = member(json, "retry_after") != nullptr;
  if (!has_error(json) && !has_code && !limited) return std::nullopt;
  return not_taken(body, limited || passes(status_in(json)));
}

std::optional<NotTaken> of_heartbeat(std::string_view body, const std::string& lower_text, const Json& json) {
  const bool limited = lower_text.find("(rate limited)") != lower_text.npos;
  const bool unknown = lower_text.find("(not found)") != lower_text.npos;
  if (!limited && !unknown && !is_false(json, "ok")) return std::nullopt;
  return not_taken(body, limited);
}

std::optional<NotTaken> of_rule(const SuccessRule& rule, std::string_view body, const Json& json) {
  const Json::json_pointer pointer(rule.pointer);
  if (json.contains(pointer) && json.at(pointer) == rule.value) return std::nullopt;
  const std::string text = body.empty() ? "nothing" : std::string(body);
  return NotTaken{passes(lower(text_of(json, "error"))) || passes(status_in(json)) ? What::again : What::failed, text};
}

}  // namespace

AnswerRule answer_rule(const WebhookSink& sink) {
  switch (sink.form) {
    case WebhookSink::Form::slack:
      return {Server::slack, {}};
    case WebhookSink::Form::teams:
      return {Server::teams, {}};
    case WebhookSink::Form::discord:
      return {Server::discord, {}};
    case WebhookSink::Form::ntfy:
      return {Server::ntfy, {}};
    case WebhookSink::Form::json:
      break;
  }
  return {Server::any, sink.success};
}

std::optional<NotTaken> objection_in(const AnswerRule& rule, std::string_view body) {
  const std::string_view text = trimmed(body);
  const auto parsed = parse_json(text);
  const Json json = parsed ? *parsed : Json();
  if (rule.success) return of_rule(*rule.success, text, json);
  if (text.empty() || rule.server == Server::any) return std::nullopt;
  const std::string lower_text = lower(text);
  if (rule.server != Server::heartbeat && is_web_page(lower_text)) return not_taken(text, false);
  switch (rule.server) {
    case Server::slack:
      return of_slack(text, lower_text, json);
    case Server::teams:
      return of_teams(text, lower_text, json);
    case Server::discord:
    case Server::ntfy:
      return of_id_giver(text, json);
    case Server::heartbeat:
      return of_heartbeat(text, lower_text, json);
    case Server::any:
      break;
  }
  return std::nullopt;
}

}  // namespace nowd
